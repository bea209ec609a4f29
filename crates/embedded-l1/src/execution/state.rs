//! State in persistent maps: a copy is a few pointers, so every block keeps the state after it.

use std::convert::Infallible;

use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, U256,
    map::{AddressMap, DefaultHashBuilder},
};
use forebond_exec::{Account, StateDiff};
use revm::{
    database_interface::{Database, DatabaseCommit},
    state::{Account as TouchedAccount, AccountInfo, Bytecode},
};
use rpds::HashTrieMapSync;

type Map<K, V> = HashTrieMapSync<K, V, DefaultHashBuilder>;

/// Block hashes `BLOCKHASH` can reach.
const HASH_WINDOW: u64 = 256;

fn empty<K: Eq + std::hash::Hash, V>() -> Map<K, V> {
    Map::new_with_hasher_and_ptr_kind(DefaultHashBuilder::default())
}

/// An account with its storage.
#[derive(Clone)]
struct Entry {
    account: Account,
    storage: Map<U256, U256>,
}

/// A whole state. Cloning it costs four pointers; a clone and its origin never see each other's changes.
#[derive(Clone)]
pub struct ForkState {
    accounts: Map<Address, Entry>,
    codes: Map<B256, Bytecode>,
    hashes: Map<u64, B256>,
}

impl std::fmt::Debug for ForkState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForkState")
            .field("accounts", &self.accounts.size())
            .finish_non_exhaustive()
    }
}

impl Default for ForkState {
    fn default() -> Self {
        Self {
            accounts: empty(),
            codes: empty(),
            hashes: empty(),
        }
    }
}

impl ForkState {
    /// The account, if it exists.
    pub fn account(&self, address: Address) -> Option<Account> {
        self.accounts.get(&address).map(|entry| entry.account)
    }

    /// A storage word; zero when not set.
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        let entry = self.accounts.get(&address);
        let value = entry.and_then(|entry| entry.storage.get(&slot));
        value.copied().unwrap_or_default()
    }

    /// Code by its keccak-256.
    pub fn code(&self, hash: B256) -> Bytes {
        self.codes
            .get(&hash)
            .map(Bytecode::original_bytes)
            .unwrap_or_default()
    }

    /// Hash of one of the last 256 blocks.
    pub fn block_hash(&self, number: u64) -> Option<B256> {
        self.hashes.get(&number).copied()
    }

    /// Notes the hash of a block and forgets the one that leaves the window of `BLOCKHASH`.
    pub fn note_block_hash(&mut self, number: u64, hash: B256) {
        self.hashes.insert_mut(number, hash);
        if let Some(old) = number.checked_sub(HASH_WINDOW) {
            self.hashes.remove_mut(&old);
        }
    }

    /// Sets or removes an account; its storage stays with an account that exists.
    pub fn set_account(&mut self, address: Address, account: Option<Account>) {
        match account {
            None => {
                self.accounts.remove_mut(&address);
            }
            Some(account) => {
                let storage = self
                    .accounts
                    .get(&address)
                    .map_or_else(empty, |entry| entry.storage.clone());
                self.accounts
                    .insert_mut(address, Entry { account, storage });
            }
        }
    }

    /// Sets a storage word; zero removes it. An account that does not exist comes into being, empty.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        let mut entry = self.accounts.get(&address).cloned().unwrap_or(Entry {
            account: Account::default(),
            storage: empty(),
        });
        if value.is_zero() {
            entry.storage.remove_mut(&slot);
        } else {
            entry.storage.insert_mut(slot, value);
        }
        self.accounts.insert_mut(address, entry);
    }

    /// Removes the whole storage of an account.
    pub fn clear_storage(&mut self, address: Address) {
        if let Some(entry) = self.accounts.get(&address) {
            let account = entry.account;
            let storage = empty();
            self.accounts
                .insert_mut(address, Entry { account, storage });
        }
    }

    /// Keeps code for accounts that refer to it by hash.
    pub fn insert_code(&mut self, hash: B256, code: Bytecode) {
        self.codes.insert_mut(hash, code);
    }
}

/// A state being written by one block, with the net change it makes.
#[derive(Debug, Clone)]
pub struct StateWriter {
    /// The state as of now.
    pub state: ForkState,
    /// What changed since the block began.
    pub diff: StateDiff,
}

impl StateWriter {
    /// Begins a block on `state`.
    pub fn new(state: ForkState) -> Self {
        Self {
            state,
            diff: StateDiff::default(),
        }
    }
}

impl Database for StateWriter {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.state.account(address).map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            account_id: None,
            code: (!account.has_code()).then(Bytecode::default),
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.state.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.state.storage(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(self.state.block_hash(number).unwrap_or_default())
    }
}

impl DatabaseCommit for StateWriter {
    fn commit(&mut self, changes: AddressMap<TouchedAccount>) {
        for (address, touched) in changes {
            if !touched.is_touched() {
                continue;
            }
            let before = self.state.account(address);
            // Since Cancun only an account made in the same transaction is destroyed, so it had no storage before; an
            // empty account is none (EIP-161).
            let gone = touched.is_selfdestructed() || touched.info.is_empty();
            let after = (!gone).then_some(Account {
                nonce: touched.info.nonce,
                balance: touched.info.balance,
                code_hash: touched.info.code_hash,
            });
            if before != after {
                self.state.set_account(address, after);
                self.diff.set_account(address, before, after);
            }
            if gone {
                continue;
            }
            for (slot, value) in touched.changed_storage_slots() {
                let (was, is) = (value.original_value(), value.present_value());
                self.state.set_storage(address, *slot, is);
                self.diff.set_slot(address, *slot, was, is);
            }
            let has = touched.info.code_hash;
            if has != KECCAK256_EMPTY
                && before.is_none_or(|account| account.code_hash != has)
                && let Some(code) = touched.info.code
            {
                self.diff.codes.insert(has, code.original_bytes());
                self.state.insert_code(has, code);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_never_sees_what_its_origin_does_afterwards() {
        let address = Address::repeat_byte(1);
        let mut state = ForkState::default();
        state.set_storage(address, U256::from(1), U256::from(7));
        let kept = state.clone();
        state.set_storage(address, U256::from(1), U256::from(8));
        state.set_account(address, None);
        assert_eq!(kept.storage(address, U256::from(1)), U256::from(7));
        assert_eq!(state.storage(address, U256::from(1)), U256::ZERO);
    }

    #[test]
    fn block_hashes_leave_after_256_blocks() {
        let mut state = ForkState::default();
        for number in 0..300 {
            state.note_block_hash(number, B256::with_last_byte(1));
        }
        assert_eq!(state.block_hash(299 - 256), None);
        assert!(state.block_hash(299 - 255).is_some());
        assert_eq!(state.hashes.size(), 256);
    }
}
