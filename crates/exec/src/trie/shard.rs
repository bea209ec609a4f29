//! A sixteenth of the state: the accounts whose hashed address starts with the same nibble, and their storage.

use alloy_primitives::{
    B256, U256,
    map::{B256Map, B256Set},
};
use alloy_trie::{EMPTY_ROOT_HASH, nodes::RlpNode};

use super::{account::AccountLeaf, append::Appender, radix::Trie, source::SortedState};
use crate::store::Account;

/// See the module's text. Shards share nothing, so each can be built on its own thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Shard {
    pub(super) accounts: Trie<AccountLeaf>,
    pub(super) storages: B256Map<Trie<U256>>,
    /// Accounts (that exist) whose storage changed since their leaf's storage root was set.
    stale: B256Set,
}

impl Shard {
    /// Reads part `nibble` of `state` and hashes it for a parent that speaks for `depth` nibbles.
    pub(super) fn build<S: SortedState>(
        state: &S,
        nibble: u8,
        depth: u8,
    ) -> Result<Self, S::Error> {
        let mut shard = Self::default();
        shard.read_slots(state, nibble)?;
        let mut appender = Appender::new(&mut shard.accounts);
        for entry in state.accounts(nibble)? {
            let (key, account) = entry?;
            let mut leaf = AccountLeaf::default();
            leaf.set_account(&account);
            if let Some(storage) = shard.storages.get_mut(&key) {
                leaf.set_storage_root(storage.root());
            }
            appender.push(key, leaf);
        }
        shard.reference_at(depth);
        Ok(shard)
    }

    fn read_slots<S: SortedState>(&mut self, state: &S, nibble: u8) -> Result<(), S::Error> {
        let mut slots = state.slots(nibble)?.peekable();
        while let Some(first) = slots.next() {
            let (owner, slot, value) = first?;
            let mut storage = Trie::default();
            let mut appender = Appender::new(&mut storage);
            appender.push(slot, value);
            while let Some(next) =
                slots.next_if(|next| next.as_ref().map_or(true, |(other, _, _)| *other == owner))
            {
                let (_, slot, value) = next?;
                appender.push(slot, value);
            }
            self.storages.insert(owner, storage);
        }
        Ok(())
    }

    /// Writes an account; none removes it and its storage.
    pub(super) fn set_account(&mut self, key: B256, account: Option<&Account>) {
        match account {
            Some(account) => self.accounts.upsert(key, |leaf| leaf.set_account(account)),
            None => {
                self.accounts.remove(&key);
                self.storages.remove(&key);
                self.stale.remove(&key);
            }
        }
    }

    /// Writes a slot; zero removes it.
    pub(super) fn set_slot(&mut self, owner: B256, slot: B256, value: U256) {
        if value.is_zero() {
            if let Some(storage) = self.storages.get_mut(&owner) {
                storage.remove(&slot);
            }
        } else {
            self.storages.entry(owner).or_default().insert(slot, value);
        }
        self.stale.insert(owner);
    }

    /// Forgets the storage of `owner` if it is no account: storage needs an account to hang from,
    /// and must not wait here for one to appear.
    pub(super) fn drop_storage_without_account(&mut self, owner: &B256) {
        if self.accounts.get(owner).is_none() {
            self.storages.remove(owner);
            self.stale.remove(owner);
        }
    }

    /// Brings the storage roots in the account leaves up to date.
    pub(super) fn refresh_storage_roots(&mut self) {
        for owner in std::mem::take(&mut self.stale) {
            let root = self
                .storages
                .get_mut(&owner)
                .map_or(EMPTY_ROOT_HASH, Trie::root);
            if root == EMPTY_ROOT_HASH {
                self.storages.remove(&owner);
            }
            self.accounts
                .upsert(owner, |leaf| leaf.set_storage_root(root));
        }
    }

    /// How a parent that speaks for `depth` nibbles refers to the accounts here.
    pub(super) fn reference_at(&mut self, depth: u8) -> RlpNode {
        self.refresh_storage_roots();
        self.accounts.reference_at(depth)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let entry_bytes = size_of::<(B256, Trie<U256>)>() + 1;
        let storages: usize = self.storages.values().map(Trie::memory_bytes).sum();
        self.accounts.memory_bytes() + storages + self.storages.capacity() * entry_bytes
    }
}
