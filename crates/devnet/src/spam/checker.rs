//! Is a preconfirmation what it says? As a wallet would check it that knows the devnet's gateways.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use eyre::{Result, eyre};
use forebond_protocol::Verifier;
use forebond_types::{Base, Domain, Preconfirmation, Seal};

use super::Promise;

/// Checks objects; remembers signatures it has recovered.
#[derive(Clone, Debug)]
pub(super) struct Checker {
    domain: Domain,
    committers: Vec<Address>,
    verifiers: Vec<Verifier>,
}

impl Checker {
    /// For gateways with these keys.
    pub(super) fn new(domain: Domain, committers: Vec<Address>) -> Self {
        let verifier = |committer: &Address| Verifier::new(*committer).in_domain(domain);
        Self {
            verifiers: committers.iter().map(verifier).collect(),
            domain,
            committers,
        }
    }

    /// What the object promises about this transaction.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub(super) fn check(
        &mut self,
        object: &Preconfirmation,
        tx_hash: B256,
        sender: Address,
        received_at_ms: u64,
    ) -> Result<Promise> {
        let base = Base::from(&object.base);
        let base_hash = base.eip712_hash_struct();
        let digest = |struct_hash| Domain::digest_of(self.domain.separator(), struct_hash);
        let signer = object.base_signature.recover(digest(base_hash))?;
        let gateway = self.place(signer)?;
        let mut verifier = self
            .verifiers
            .get(gateway)
            .cloned()
            .ok_or_else(|| eyre!("no verifier of gateway {gateway}"))?;
        if let Some(seal) = &object.parent_seal {
            let struct_hash = Seal::from(&seal.seal).eip712_hash_struct();
            let predecessor = seal.signature.recover(digest(struct_hash))?;
            self.place(predecessor)?;
            verifier = verifier.after(predecessor);
        }
        // What the parent rests on shows when the block is compared with what is derived from L1.
        verifier = verifier.on_posted(base.parentBlock, base.parentBlockHash);
        let verified = verifier.verify_own(object, tx_hash, sender)?;
        if let Some(known) = self.verifiers.get_mut(gateway) {
            *known = verifier;
        }
        Ok(Promise {
            tx_hash,
            block: verified.block_number,
            index: verified.index,
            receipt_hash: object.leaf.receipt_hash,
            base: base_hash,
            window: base.window,
            gateway,
            issued_at_ms: verified.issued_at_ms,
            received_at_ms,
        })
    }

    fn place(&self, signer: Address) -> Result<usize> {
        let place = self.committers.iter().position(|one| *one == signer);
        place.ok_or_else(|| eyre!("signed by {signer}, who is no gateway of this devnet"))
    }
}
