use crate::{
    evm::{BaseState, Changes, StateError},
    store::Account,
};
use alloy_primitives::{Address, B256, Bytes, U256, map::DefaultHashBuilder};
use rpds::HashTrieMapSync;
use std::sync::Arc;

type Map<K, V> = HashTrieMapSync<K, V, DefaultHashBuilder>;

/// The published writes of one block, a persistent map: cloning it is a pointer copy, so every
/// frag can publish a new view while readers keep theirs.
#[derive(Clone)]
pub struct Layer {
    number: u64,
    accounts: Map<Address, Option<Account>>,
    slots: Map<(Address, U256), U256>,
    codes: Map<B256, Bytes>,
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer")
            .field("number", &self.number)
            .field("accounts", &self.accounts.size())
            .field("slots", &self.slots.size())
            .finish_non_exhaustive()
    }
}

impl Layer {
    /// An empty layer for block `number`.
    pub fn new(number: u64) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self {
            number,
            accounts: Map::new_with_hasher_and_ptr_kind(hasher.clone()),
            slots: Map::new_with_hasher_and_ptr_kind(hasher.clone()),
            codes: Map::new_with_hasher_and_ptr_kind(hasher),
        }
    }

    /// The block it belongs to.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Adds what one transaction (or the system calls) changed.
    pub fn add(&mut self, changes: &Changes) {
        for (address, (_, after)) in &changes.accounts {
            self.accounts.insert_mut(*address, *after);
        }
        for (key, (_, after)) in &changes.slots {
            self.slots.insert_mut(*key, *after);
        }
        for (hash, code) in &changes.codes {
            self.codes.insert_mut(*hash, code.clone());
        }
    }
}

/// The state as published at one moment: layers, newest first, over a stored state.
#[derive(Clone, Debug)]
pub struct StateView {
    layers: Vec<Layer>,
    hashes: Vec<(u64, B256)>,
    base: Arc<dyn BaseState>,
}

impl StateView {
    /// A view of `layers`, newest first, over `base`; `hashes` are those of sealed blocks that
    /// `base` does not know yet.
    pub const fn new(
        layers: Vec<Layer>,
        hashes: Vec<(u64, B256)>,
        base: Arc<dyn BaseState>,
    ) -> Self {
        Self {
            layers,
            hashes,
            base,
        }
    }
}

impl BaseState for StateView {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        match self
            .layers
            .iter()
            .find_map(|layer| layer.accounts.get(&address))
        {
            Some(account) => Ok(*account),
            None => self.base.account(address),
        }
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        match self
            .layers
            .iter()
            .find_map(|layer| layer.slots.get(&(address, slot)))
        {
            Some(value) => Ok(*value),
            None => self.base.storage(address, slot),
        }
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        match self.layers.iter().find_map(|layer| layer.codes.get(&hash)) {
            Some(code) => Ok(Some(code.clone())),
            None => self.base.code(hash),
        }
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError> {
        match self.hashes.iter().find(|(n, _)| *n == number) {
            Some((_, hash)) => Ok(Some(*hash)),
            None => self.base.block_hash(number),
        }
    }
}
