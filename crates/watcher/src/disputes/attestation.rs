use alloy_primitives::{Address, B256, Bytes};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolStruct, eip712_domain, sol};

sol! {
    /// What an attester signs (`AttesterResolver.sol`). The batch's hash is in it: after an L1 reorg the id may be another batch's.
    struct Attestation {
        address inbox;
        uint32 batchId;
        bytes32 batchHash;
        bool isVoid;
    }
}

/// The attesters whose keys this process has, ascending.
#[derive(Clone, Debug, Default)]
pub struct Attesters(Vec<PrivateKeySigner>);

impl Attesters {
    /// Each key once.
    pub fn new(mut keys: Vec<PrivateKeySigner>) -> Self {
        keys.sort_by_key(PrivateKeySigner::address);
        keys.dedup_by_key(|key| key.address());
        Self(keys)
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their accounts, ascending.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.0.iter().map(PrivateKeySigner::address)
    }

    /// Signatures of `who`, r ‖ s ‖ v one behind the other in ascending order of signers.
    ///
    /// # Errors
    /// A key that cannot sign.
    pub fn sign(&self, who: &[Address], digest: B256) -> Result<Bytes, alloy_signer::Error> {
        let mut all = Vec::new();
        for key in self.0.iter().filter(|key| who.contains(&key.address())) {
            all.extend(key.sign_hash_sync(&digest)?.as_bytes());
        }
        Ok(all.into())
    }
}

/// The digest of a vote.
pub(super) fn digest(l1_chain_id: u64, resolver: Address, vote: &Attestation) -> B256 {
    let domain = eip712_domain! {
        name: "Forebond Claim Resolver",
        version: "1",
        chain_id: l1_chain_id,
        verifying_contract: resolver,
    };
    vote.eip712_signing_hash(&domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PrivateKeySigner {
        PrivateKeySigner::from_slice(&[byte; 32]).unwrap()
    }

    #[test]
    fn signatures_come_in_ascending_order_of_their_signers_and_each_once() {
        let attesters = Attesters::new(vec![key(3), key(1), key(2), key(1)]);
        let who: Vec<Address> = attesters.addresses().collect();
        assert!(who.is_sorted() && who.len() == 3);
        let digest = B256::repeat_byte(7);
        let signed = attesters.sign(&who[1..], digest).unwrap();
        assert_eq!(signed.len(), 130);
        for (place, signer) in who[1..].iter().enumerate() {
            let bytes = &signed[place * 65..][..65];
            let signature = alloy_primitives::Signature::from_raw(bytes).unwrap();
            let recovered = signature.recover_address_from_prehash(&digest).unwrap();
            assert_eq!(recovered, *signer);
            assert!(bytes[64] == 27 || bytes[64] == 28);
        }
    }
}
