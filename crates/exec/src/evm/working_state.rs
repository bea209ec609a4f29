use super::{BaseState, Changes, StateError};
use crate::store::{Account, StateDiff};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, map::HashMap};
use revm::{
    database_interface::Database,
    state::{AccountInfo, Bytecode},
};
use std::{collections::VecDeque, sync::Arc};

/// Block hashes `BLOCKHASH` can reach.
const HASH_WINDOW: usize = 256;
/// Analysed contracts kept in memory.
const MAX_CODES: usize = 8_192;

/// The state the one executing thread reads and writes: a flat cache in two generations over an
/// immutable base.
///
/// What was written stays cached until the base contains it, so the base may lag behind; the
/// caller says with [`Self::rebase`] how far it has come.
#[derive(Debug)]
pub struct WorkingState {
    base: Arc<dyn BaseState>,
    base_block: u64,
    young: Generation,
    old: Generation,
    capacity: usize,
    codes: HashMap<B256, Bytecode>,
    /// Code the base may lack, with the block that brought it.
    new_codes: HashMap<B256, (u64, Bytes)>,
    hashes: VecDeque<(u64, B256)>,
    pending_parent: Option<u64>,
    loaded: Option<Vec<Address>>,
}

/// One half of the cache.
#[derive(Debug, Default)]
struct Generation {
    accounts: HashMap<Address, Option<Account>>,
    slots: HashMap<(Address, U256), U256>,
    /// Newest block whose writes may be in here.
    newest_write: u64,
}

impl Generation {
    fn len(&self) -> usize {
        self.accounts.len() + self.slots.len()
    }
}

impl WorkingState {
    /// State over `base`, which is the state after `base_block`; at most about `capacity` cached
    /// accounts and slots.
    pub fn new(base: Arc<dyn BaseState>, base_block: u64, capacity: usize) -> Self {
        Self {
            base,
            base_block,
            young: Generation::default(),
            old: Generation::default(),
            capacity: capacity.max(2),
            codes: HashMap::default(),
            new_codes: HashMap::default(),
            hashes: VecDeque::new(),
            pending_parent: None,
            loaded: None,
        }
    }

    /// Replaces the base by a later one, the state after `base_block`.
    pub fn rebase(&mut self, base: Arc<dyn BaseState>, base_block: u64) {
        self.base = base;
        self.base_block = base_block;
        // Each code leaves on its own, as soon as the base has it: a base that always lags by one
        // block would otherwise let them pile up for ever.
        self.new_codes.retain(|_, (block, _)| *block > base_block);
        self.rotate();
    }

    /// Drops the older generation once the younger one is half of the capacity and everything
    /// written into the older one has reached the base. Returns it, so that freeing it can happen
    /// on another thread.
    fn rotate(&mut self) {
        if self.young.len() < self.capacity / 2 || self.old.newest_write > self.base_block {
            return;
        }
        let young = std::mem::take(&mut self.young);
        let old = std::mem::replace(&mut self.old, young);
        if self.codes.len() > MAX_CODES {
            self.codes.clear();
        }
        if old.len() > 0 {
            // Freeing hundreds of thousands of entries takes milliseconds: not on this thread.
            std::thread::spawn(move || drop(old));
        }
    }

    /// Declares that the hash of `number` will only be known later (R13).
    pub(crate) const fn parent_pending(&mut self, number: u64) {
        self.pending_parent = Some(number);
    }

    /// Takes in the hash of a sealed block.
    pub fn sealed(&mut self, number: u64, hash: B256) {
        if self.pending_parent == Some(number) {
            self.pending_parent = None;
        }
        if self.hashes.len() >= HASH_WINDOW {
            self.hashes.pop_front();
        }
        self.hashes.push_back((number, hash));
    }

    /// Number of the parent whose hash is still unknown.
    pub const fn waits_for(&self) -> Option<u64> {
        self.pending_parent
    }

    /// Starts or stops recording which accounts a transaction loads.
    pub(crate) fn record_loads(&mut self, on: bool) {
        self.loaded = on.then(Vec::new);
    }

    /// Accounts loaded since recording started.
    pub(crate) fn take_loads(&mut self) -> Vec<Address> {
        self.loaded.take().unwrap_or_default()
    }

    /// The account as of now.
    pub fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        if let Some(account) = self.young.accounts.get(&address) {
            return Ok(*account);
        }
        let account = match self.old.accounts.get(&address) {
            Some(account) => *account,
            None => self.base.account(address)?,
        };
        if self.old.newest_write > self.young.newest_write {
            self.young.newest_write = self.old.newest_write;
        }
        self.young.accounts.insert(address, account);
        Ok(account)
    }

    /// The slot as of now.
    pub fn slot(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        let key = (address, slot);
        if let Some(value) = self.young.slots.get(&key) {
            return Ok(*value);
        }
        let value = match self.old.slots.get(&key) {
            Some(value) => *value,
            None => self.base.storage(address, slot)?,
        };
        if self.old.newest_write > self.young.newest_write {
            self.young.newest_write = self.old.newest_write;
        }
        self.young.slots.insert(key, value);
        Ok(value)
    }

    /// Takes in the net change of a whole block.
    pub fn commit_diff(&mut self, block: u64, diff: &StateDiff) {
        for (address, change) in &diff.accounts {
            self.young.accounts.insert(*address, change.after);
        }
        for (key, change) in &diff.slots {
            self.young.slots.insert(*key, change.after);
        }
        for (hash, code) in &diff.codes {
            self.new_codes.insert(*hash, (block, code.clone()));
        }
        self.young.newest_write = block;
    }

    /// Takes in what a transaction or system call of `block` changed. Blocks never go back.
    pub fn commit(&mut self, block: u64, changes: &Changes) {
        for (address, change) in &changes.accounts {
            self.young.accounts.insert(*address, change.1);
        }
        for (key, change) in &changes.slots {
            self.young.slots.insert(*key, change.1);
        }
        for (hash, code) in &changes.codes {
            self.codes.insert(*hash, Bytecode::new_raw(code.clone()));
            self.new_codes.insert(*hash, (block, code.clone()));
        }
        self.young.newest_write = block;
    }
}

impl Database for WorkingState {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        if let Some(loaded) = &mut self.loaded {
            loaded.push(address);
        }
        Ok(self.account(address)?.map(|a| AccountInfo {
            balance: a.balance,
            nonce: a.nonce,
            code_hash: a.code_hash,
            account_id: None,
            code: (a.code_hash == KECCAK256_EMPTY).then(Bytecode::default),
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code.clone());
        }
        let raw = match self.new_codes.get(&hash) {
            Some((_, raw)) => raw.clone(),
            None => self.base.code(hash)?.ok_or(StateError::MissingCode(hash))?,
        };
        let code = Bytecode::new_raw_checked(raw).map_err(|_| StateError::MissingCode(hash))?;
        self.codes.insert(hash, code.clone());
        Ok(code)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        if let Some(parent) = self.pending_parent
            && address == alloy_eips::eip2935::HISTORY_STORAGE_ADDRESS
            && slot == U256::from(parent % alloy_eips::eip2935::HISTORY_SERVE_WINDOW as u64)
        {
            return Err(StateError::ParentHashPending(parent));
        }
        self.slot(address, slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        if self.pending_parent == Some(number) {
            return Err(StateError::ParentHashPending(number));
        }
        if let Some((_, hash)) = self.hashes.iter().rev().find(|(n, _)| *n == number) {
            return Ok(*hash);
        }
        Ok(self.base.block_hash(number)?.unwrap_or_default())
    }
}
