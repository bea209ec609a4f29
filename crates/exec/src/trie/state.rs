//! The state trie: sixteen shards under one root.

use std::{
    sync::atomic::{AtomicU8, Ordering},
    thread,
};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256, map::AddressMap};
use alloy_rlp::EMPTY_STRING_CODE;
use alloy_trie::EMPTY_ROOT_HASH;

use super::{
    account::AccountLeaf,
    hash::{BranchChildren, root_hash},
    proof::{AccountProof, SlotProof},
    radix::Trie,
    shard::Shard,
    source::SortedState,
};
use crate::store::StateDiff;

/// A shard is picked by the first nibble of the hashed address.
const SHARDS: u8 = 16;

/// The whole state as Ethereum's state trie, in memory. A pure cache: see the module's text.
#[derive(Clone, Debug)]
pub struct StateTrie {
    shards: [Shard; SHARDS as usize],
}

impl Default for StateTrie {
    fn default() -> Self {
        Self::new()
    }
}

impl StateTrie {
    /// The trie of the empty state.
    pub fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Shard::default()),
        }
    }

    /// Reads a whole state and hashes it, on up to `threads` threads (at least one, at most 16 are used).
    ///
    /// # Errors
    /// The first error the source gave.
    pub fn build<S: SortedState>(state: &S, threads: usize) -> Result<Self, S::Error> {
        let next = AtomicU8::new(0);
        // Each thread takes the next part until none is left, so one slow part doesn't hold up the others.
        let work = || -> Result<_, S::Error> {
            let mut built: Vec<(u8, Shard)> = Vec::new();
            loop {
                let nibble = next.fetch_add(1, Ordering::Relaxed);
                if nibble >= SHARDS {
                    return Ok(built);
                }
                built.push((nibble, Shard::build(state, nibble, 1)?));
            }
        };
        let mut trie = Self::new();
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads.clamp(1, usize::from(SHARDS)))
                .map(|_| scope.spawn(work))
                .collect();
            let mut parts = vec![work()];
            for other in others {
                match other.join() {
                    Ok(part) => parts.push(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            for part in parts {
                for (nibble, shard) in part? {
                    if let Some(place) = trie.shards.get_mut(usize::from(nibble)) {
                        *place = shard;
                    }
                }
            }
            Ok(trie)
        })
    }

    /// Applies the net change of one block. Of each change only `after` is read.
    ///
    /// An account that is gone after the block takes its storage with it. Slots of an address that holds no account after
    /// the block are not state, and are dropped.
    pub fn apply(&mut self, diff: &StateDiff) {
        for (address, change) in &diff.accounts {
            let key = keccak256(address);
            self.shard(&key).set_account(key, change.after.as_ref());
        }
        let mut owners = AddressMap::<B256>::default();
        for ((address, slot), change) in &diff.slots {
            let owner = *owners.entry(*address).or_insert_with(|| keccak256(address));
            self.shard(&owner)
                .set_slot(owner, keccak256(slot.to_be_bytes::<32>()), change.after);
        }
        for owner in owners.values() {
            self.shard(owner).drop_storage_without_account(owner);
        }
    }

    /// The state root; computes what changed since the last call.
    pub fn root(&mut self) -> B256 {
        match self.used_shards() {
            0 => EMPTY_ROOT_HASH,
            // One shard: nothing parts at the first nibble, so the shard's own root is the root.
            1 => {
                let only = self
                    .shards
                    .iter_mut()
                    .find(|shard| !shard.accounts.is_empty());
                only.map_or(EMPTY_ROOT_HASH, |shard| root_hash(&shard.reference_at(0)))
            }
            _ => root_hash(&self.top().encode(&mut Vec::new())),
        }
    }

    /// The root of an account's storage; the empty root if it has none or doesn't exist.
    pub fn storage_root(&mut self, address: Address) -> B256 {
        let key = keccak256(address);
        let shard = self.shard(&key);
        shard.refresh_storage_roots();
        shard
            .accounts
            .get(&key)
            .map_or(EMPTY_ROOT_HASH, AccountLeaf::storage_root)
    }

    /// The account at `address` and the given slots, with the nodes that show them under the current root.
    pub fn account_proof(&mut self, address: Address, slots: &[U256]) -> AccountProof {
        let key = keccak256(address);
        let storage_root = self.storage_root(address);
        let mut nodes = Vec::new();
        match self.used_shards() {
            0 => nodes.push(Bytes::from_static(&[EMPTY_STRING_CODE])),
            1 => {
                for shard in self
                    .shards
                    .iter_mut()
                    .filter(|shard| !shard.accounts.is_empty())
                {
                    nodes = shard.accounts.proof(&key);
                }
            }
            _ => {
                let mut top = Vec::new();
                self.top().encode(&mut top);
                nodes.push(top.into());
                self.shard(&key).accounts.proof_from(&key, 1, &mut nodes);
            }
        }
        let shard = self.shard(&key);
        let account = shard.accounts.get(&key).map(AccountLeaf::account);
        let mut no_storage = Trie::default();
        let storage = shard.storages.get_mut(&key).unwrap_or(&mut no_storage);
        let slots = slots.iter().map(|slot| {
            let hashed = keccak256(slot.to_be_bytes::<32>());
            let value = storage.get(&hashed).copied().unwrap_or_default();
            SlotProof {
                slot: *slot,
                value,
                nodes: storage.proof(&hashed),
            }
        });
        AccountProof {
            account,
            storage_root,
            nodes,
            slots: slots.collect(),
        }
    }

    /// How many accounts exist.
    pub fn account_count(&self) -> usize {
        self.shards.iter().map(|shard| shard.accounts.len()).sum()
    }

    /// Bytes of memory the trie holds. Walks the whole trie: for measurements, not for every block.
    pub fn memory_bytes(&self) -> usize {
        self.shards.iter().map(Shard::memory_bytes).sum()
    }

    fn used_shards(&self) -> usize {
        self.shards
            .iter()
            .filter(|shard| !shard.accounts.is_empty())
            .count()
    }

    /// The branch node above the shards; right only while at least two are in use.
    fn top(&mut self) -> BranchChildren {
        let mut children = BranchChildren::new();
        for (nibble, shard) in (0u8..).zip(&mut self.shards) {
            let reference = shard.reference_at(1);
            if !shard.accounts.is_empty() {
                children.push(nibble, reference);
            }
        }
        children
    }

    fn shard(&mut self, key: &B256) -> &mut Shard {
        &mut self.shards[usize::from(key.0[0] >> 4)]
    }
}
