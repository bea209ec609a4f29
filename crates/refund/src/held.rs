use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use forebond_evidence::{Promise, fault_ids};
use forebond_types::{Base, Domain, Preconfirmation};

use crate::RefundError;

/// What a holder has in hand: a promise, reduced to what a refund depends on. Every field is signed, or checked against what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// L1 and Inbox.
    pub domain: Domain,
    /// Struct hash of the base it was promised under.
    pub base: B256,
    /// Last L1 slot of the base's window.
    pub window: u64,
    /// Struct hash of the frag.
    pub frag: B256,
    /// Who signed the frag.
    pub signer: Address,
    /// Rollup block it was promised in.
    pub block: u64,
    /// Index in that block.
    pub index: u64,
    /// The transaction.
    pub tx_hash: B256,
    /// Hash of the promised consensus receipt.
    pub receipt_hash: B256,
    /// Who is paid.
    pub sender: Address,
    /// Owed if it is not kept, in wei; the gateway loses twice as much.
    pub coverage_wei: u128,
}

impl Held {
    /// The promise in a preconfirmation object, checked as a judge checks it; whose signature it is, L1 says.
    ///
    /// # Errors
    /// [`RefundError::Object`], [`RefundError::OtherBase`], [`RefundError::Signature`]: damaged or invented.
    pub fn of(object: &Preconfirmation) -> Result<Self, RefundError> {
        let (promise, _) = Promise::of(object)?;
        let frag = &promise.frag.message;
        let base = Base::from(&object.base);
        let got = base.eip712_hash_struct();
        if got != frag.base {
            return Err(RefundError::OtherBase {
                expected: frag.base,
                got,
            });
        }
        let signer = object.frag_signature.recover(object.domain.digest(frag))?;
        Ok(Self {
            domain: object.domain,
            base: got,
            window: base.window,
            frag: promise.frag.struct_hash(),
            signer,
            block: frag.blockNumber,
            index: promise.leaf.index,
            tx_hash: promise.leaf.tx_hash,
            receipt_hash: promise.leaf.receipt_hash,
            sender: promise.leaf.sender,
            coverage_wei: promise.leaf.coverage,
        })
    }

    /// Identity of the fault that breaking it is, on L1 (R10). `gateway` is the signer's number.
    pub fn fault_id(&self, gateway: u32) -> B256 {
        fault_ids::of_promise(gateway, self.domain.inbox, self.base, self.frag, self.index)
    }
}
