use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_trie::{
    TrieAccount,
    root::{state_root_unhashed, storage_root_unhashed},
};
use forebond_exec::{Account, BaseState, StateDiff, StateError};
use forebond_types::{InfoWrite, WriteSet};
use std::collections::BTreeMap;

/// A whole state in maps: the plainest thing that can be right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MapState {
    pub(crate) accounts: BTreeMap<Address, Account>,
    pub(crate) slots: BTreeMap<(Address, U256), U256>,
    pub(crate) codes: BTreeMap<B256, Bytes>,
    pub(crate) hashes: BTreeMap<u64, B256>,
}

impl MapState {
    pub(crate) fn insert(
        &mut self,
        address: Address,
        nonce: u64,
        balance: U256,
        code: Bytes,
        storage: impl IntoIterator<Item = (U256, U256)>,
    ) {
        let code_hash = keccak256(&code);
        self.accounts.insert(
            address,
            Account {
                nonce,
                balance,
                code_hash,
            },
        );
        if !code.is_empty() {
            self.codes.insert(code_hash, code);
        }
        for (slot, value) in storage {
            self.set_slot(address, slot, value);
        }
    }

    pub(crate) fn get(&self, address: Address) -> Option<Account> {
        self.accounts.get(&address).copied()
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.get(address).unwrap_or_default().balance
    }

    pub(crate) fn slot(&self, address: Address, slot: U256) -> U256 {
        self.slots
            .get(&(address, slot))
            .copied()
            .unwrap_or_default()
    }

    fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        if value.is_zero() {
            self.slots.remove(&(address, slot));
        } else {
            self.slots.insert((address, slot), value);
        }
    }

    fn set_account(&mut self, address: Address, account: Option<Account>) {
        if let Some(account) = account {
            self.accounts.insert(address, account);
        } else {
            self.accounts.remove(&address);
            self.slots.retain(|(owner, _), _| *owner != address);
        }
    }

    /// Applies a promised write set, refusing entries that say nothing new (R21).
    pub(crate) fn apply_writes(&mut self, writes: &WriteSet) {
        assert_eq!(
            WriteSet::decode(&writes.encode()).as_ref(),
            Ok(writes),
            "a write set is canonical"
        );
        for write in writes.accounts() {
            let address = write.address;
            let before = self.get(address);
            match write.info {
                InfoWrite::Unchanged => {}
                InfoWrite::Destroyed => {
                    assert!(before.is_some(), "{address} was not there to be destroyed");
                    assert!(write.slots.is_empty(), "{address} is gone, slots and all");
                    self.set_account(address, None);
                }
                InfoWrite::Set {
                    nonce,
                    balance,
                    code_hash,
                } => {
                    let after = Account {
                        nonce,
                        balance,
                        code_hash,
                    };
                    assert!(
                        !after.is_empty(),
                        "{address} is empty, so it does not exist"
                    );
                    assert_ne!(before, Some(after), "{address} is listed but unchanged");
                    self.set_account(address, Some(after));
                }
            }
            for (slot, value) in &write.slots {
                assert_ne!(
                    self.slot(address, *slot),
                    *value,
                    "slot {slot} of {address} is listed but unchanged"
                );
                self.set_slot(address, *slot, *value);
            }
        }
    }

    /// Applies a block's net change, which must start from this state and change something.
    pub(crate) fn apply_diff(&mut self, diff: &StateDiff) {
        for (address, change) in &diff.accounts {
            assert_eq!(self.get(*address), change.before, "{address} before");
            assert_ne!(change.before, change.after, "{address} changes nothing");
        }
        for ((address, slot), change) in &diff.slots {
            let before = self.slot(*address, *slot);
            assert_eq!(before, change.before, "slot {slot} of {address} before");
            assert_ne!(change.before, change.after, "slot {slot} of {address}");
        }
        for (address, change) in &diff.accounts {
            self.set_account(*address, change.after);
        }
        for ((address, slot), change) in &diff.slots {
            self.set_slot(*address, *slot, change.after);
        }
        self.add_codes(diff.codes.iter());
    }

    pub(crate) fn add_codes<'a>(&mut self, codes: impl Iterator<Item = (&'a B256, &'a Bytes)>) {
        for (hash, code) in codes {
            assert_eq!(keccak256(code), *hash);
            self.codes.insert(*hash, code.clone());
        }
    }

    /// The change from nothing to this state.
    pub(crate) fn as_diff(&self) -> StateDiff {
        let mut diff = StateDiff::default();
        for (address, account) in &self.accounts {
            diff.set_account(*address, None, Some(*account));
        }
        for ((address, slot), value) in &self.slots {
            diff.set_slot(*address, *slot, U256::ZERO, *value);
        }
        diff
    }

    pub(crate) fn storage_root(&self, address: Address) -> B256 {
        let from = (address, U256::ZERO);
        let slots = self.slots.range(from..=(address, U256::MAX));
        storage_root_unhashed(slots.map(|((_, slot), value)| (B256::from(*slot), *value)))
    }

    /// The state root, built from nothing.
    pub(crate) fn root(&self) -> B256 {
        state_root_unhashed(self.accounts.iter().map(|(address, account)| {
            let leaf = TrieAccount {
                nonce: account.nonce,
                balance: account.balance,
                storage_root: self.storage_root(*address),
                code_hash: account.code_hash,
            };
            (*address, leaf)
        }))
    }

    /// Fails at the first place where the two states differ; code that nobody has is left out.
    pub(crate) fn assert_same(&self, other: &Self, what: &str) {
        for address in self.accounts.keys().chain(other.accounts.keys()) {
            assert_eq!(
                self.get(*address),
                other.get(*address),
                "{what}: account {address}"
            );
        }
        for (address, slot) in self.slots.keys().chain(other.slots.keys()) {
            assert_eq!(
                self.slot(*address, *slot),
                other.slot(*address, *slot),
                "{what}: slot {slot} of {address}"
            );
        }
        for (address, account) in &self.accounts {
            if account.code_hash != KECCAK256_EMPTY {
                let code = self.codes.get(&account.code_hash);
                assert!(code.is_some(), "{what}: code of {address}");
                assert_eq!(
                    code,
                    other.codes.get(&account.code_hash),
                    "{what}: code of {address}"
                );
            }
        }
    }
}

impl BaseState for MapState {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        Ok(self.get(address))
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        Ok(self.slot(address, slot))
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        Ok(self.codes.get(&hash).cloned())
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError> {
        Ok(self.hashes.get(&number).copied())
    }
}
