use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use serde::{Deserialize, Serialize};

/// The EIP-712 domain of all chain messages of one rollup.
///
/// Binding L1 chain and Inbox binds the chain, the deployment and the rollup at once: a promise
/// cannot be replayed onto another fork or another rollup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// Chain id of the L1 the rollup settles on.
    #[serde(with = "alloy_serde::quantity")]
    pub l1_chain_id: u64,
    /// The rollup's Inbox contract on that L1.
    pub inbox: Address,
}

impl Domain {
    /// The EIP-712 domain: name "Forebond", version "1".
    pub fn eip712(&self) -> Eip712Domain {
        alloy_sol_types::eip712_domain! {
            name: "Forebond",
            version: "1",
            chain_id: self.l1_chain_id,
            verifying_contract: self.inbox,
        }
    }

    /// The domain separator. Worth keeping: it is constant for a rollup.
    pub fn separator(&self) -> B256 {
        self.eip712().separator()
    }

    /// The digest that is signed for `message`: `keccak(0x1901 ‖ separator ‖ hashStruct)`.
    pub fn digest<M: SolStruct>(&self, message: &M) -> B256 {
        Self::digest_of(self.separator(), message.eip712_hash_struct())
    }

    /// As [`Self::digest`], from an already known separator and struct hash.
    pub fn digest_of(separator: B256, struct_hash: B256) -> B256 {
        let mut input = [0u8; 66];
        input[0] = 0x19;
        input[1] = 0x01;
        input[2..34].copy_from_slice(separator.as_slice());
        input[34..].copy_from_slice(struct_hash.as_slice());
        keccak256(input)
    }
}
