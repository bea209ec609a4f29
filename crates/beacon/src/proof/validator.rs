use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use super::{ForkLayout, ProofError, check_header, check_state_node, merkle::hash};
use crate::containers::BeaconBlockHeader;

/// Key and withdrawal credentials of one validator, in a block's post-state. An index keeps its key for ever, so one
/// proof per validator is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorProof {
    /// The block's header.
    pub header: BeaconBlockHeader,
    /// Place in the registry.
    pub validator_index: u64,
    /// SSZ root of the compressed key. Compare keys by it or by the compressed bytes, never as affine points of which
    /// only x and a sign were proven.
    pub pubkey_root: B256,
    /// Who may withdraw: `0x01` or `0x02`, eleven zeros, an address; or `0x00` and a hash of a BLS key.
    pub withdrawal_credentials: B256,
    /// From the parent of the two leaves up to the state root, lowest sibling first: 49 nodes in Fulu.
    pub branch: Vec<B256>,
}

impl ValidatorProof {
    /// Checks the proof against a block root; its fields may be believed afterwards.
    ///
    /// # Errors
    /// Wrong block, impossible index, wrong branch length or content.
    pub fn verify(&self, layout: &ForkLayout, block_root: B256) -> Result<(), ProofError> {
        check_header(&self.header, block_root)?;
        let at = layout.validator_identity(self.validator_index)?;
        let node = hash(&self.pubkey_root, &self.withdrawal_credentials);
        check_state_node(&self.header, node, &self.branch, at)
    }

    /// The address that may withdraw, if the credentials name one.
    #[must_use]
    pub fn withdrawal_address(&self) -> Option<Address> {
        let (prefix, address) = self.withdrawal_credentials.split_at(12);
        let known = matches!(prefix, [1 | 2, zeros @ ..] if zeros.iter().all(|byte| *byte == 0));
        known.then(|| Address::from_slice(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address_in(credentials: [u8; 32]) -> Option<Address> {
        ValidatorProof {
            header: BeaconBlockHeader::default(),
            validator_index: 0,
            pubkey_root: B256::ZERO,
            withdrawal_credentials: credentials.into(),
            branch: Vec::new(),
        }
        .withdrawal_address()
    }

    #[test]
    fn only_execution_credentials_name_an_address() {
        let mut credentials = [0; 32];
        credentials[12..].copy_from_slice(&[0xab; 20]);
        for (prefix, known) in [(0, false), (1, true), (2, true), (3, false)] {
            credentials[0] = prefix;
            assert_eq!(address_in(credentials).is_some(), known, "prefix {prefix}");
        }
        credentials[0] = 1;
        assert_eq!(address_in(credentials), Some(Address::repeat_byte(0xab)));
        credentials[5] = 1;
        assert_eq!(address_in(credentials), None);
    }
}
