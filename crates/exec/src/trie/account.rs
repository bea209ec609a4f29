//! What an account's leaf holds.

use alloy_primitives::{B256, U256};
use alloy_rlp::Encodable;
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, TrieAccount};

use super::node::LeafValue;
use crate::store::Account;

/// An account in the trie. Nearly all accounts have neither code nor storage and are spared the 64 bytes for both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountLeaf {
    nonce: u64,
    balance: U256,
    contract: Option<Box<ContractPart>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ContractPart {
    code_hash: B256,
    storage_root: B256,
}

impl AccountLeaf {
    /// Takes over nonce, balance and code; the storage root stays.
    pub(super) fn set_account(&mut self, account: &Account) {
        self.nonce = account.nonce;
        self.balance = account.balance;
        let storage_root = self.storage_root();
        self.set_contract(account.code_hash, storage_root);
    }

    /// Takes over the storage root; everything else stays.
    pub(super) fn set_storage_root(&mut self, storage_root: B256) {
        self.set_contract(self.account().code_hash, storage_root);
    }

    /// The root of the account's storage, as last set.
    pub fn storage_root(&self) -> B256 {
        self.contract
            .as_ref()
            .map_or(EMPTY_ROOT_HASH, |contract| contract.storage_root)
    }

    /// The account without its storage.
    pub fn account(&self) -> Account {
        let code_hash = self
            .contract
            .as_ref()
            .map_or(KECCAK_EMPTY, |contract| contract.code_hash);
        Account {
            nonce: self.nonce,
            balance: self.balance,
            code_hash,
        }
    }

    fn set_contract(&mut self, code_hash: B256, storage_root: B256) {
        if code_hash == KECCAK_EMPTY && storage_root == EMPTY_ROOT_HASH {
            self.contract = None;
        } else {
            self.contract = Some(Box::new(ContractPart {
                code_hash,
                storage_root,
            }));
        }
    }
}

impl LeafValue for AccountLeaf {
    fn encode_value(&self, out: &mut Vec<u8>) {
        TrieAccount::new(
            self.nonce,
            self.balance,
            self.storage_root(),
            self.account().code_hash,
        )
        .encode(out);
    }

    fn heap_bytes(&self) -> usize {
        self.contract
            .as_ref()
            .map_or(0, |_| size_of::<ContractPart>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trie::node::Leaf;

    #[test]
    fn a_plain_account_costs_no_room_for_code_and_storage() {
        let mut leaf = AccountLeaf::default();
        leaf.set_account(&Account {
            nonce: 3,
            balance: U256::MAX,
            code_hash: KECCAK_EMPTY,
        });
        assert_eq!(leaf.heap_bytes(), 0);
        assert!(
            size_of::<Leaf<AccountLeaf>>() <= 120,
            "{}",
            size_of::<Leaf<AccountLeaf>>()
        );
    }

    #[test]
    fn a_code_hash_survives_a_new_storage_root_and_the_reverse() {
        let account = Account {
            nonce: 1,
            balance: U256::from(2),
            code_hash: B256::repeat_byte(3),
        };
        let mut leaf = AccountLeaf::default();
        leaf.set_storage_root(B256::repeat_byte(4));
        leaf.set_account(&account);
        assert_eq!(
            (leaf.account(), leaf.storage_root()),
            (account, B256::repeat_byte(4))
        );
        leaf.set_storage_root(EMPTY_ROOT_HASH);
        assert_eq!(leaf.account(), account);
    }
}
