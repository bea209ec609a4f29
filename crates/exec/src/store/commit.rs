//! Adding a block: one transaction, whole or not at all.

use alloy_primitives::{Address, B256, U256, keccak256, map::AddressMap};
use redb::{ReadableTable, Table, WriteTransaction};

use super::{
    codec,
    error::StoreError,
    file::{Store, read_head},
    history::{self, Entry},
    tables::{
        ACCOUNT_HISTORY, ACCOUNTS, BLOCK_HASHES, BLOCK_NUMBERS, BLOCKS, CODES, HEAD, META,
        SLOT_HISTORY, SLOTS, TRANSACTIONS,
    },
    types::{Account, BlockRecord, Head, StateDiff, TxLocation},
};

/// When a committed block reaches the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Before the call returns, together with every deferred block before it.
    Durable,
    /// With the next durable one, or when the store is closed in order. A crash (`kill -9`, power) before that takes the
    /// store back to the last durable block; the promise log replays the rest.
    Deferred,
}

impl Store {
    /// Adds the block after the head with the change it makes to the state. Readers see all of it, or nothing after an error.
    ///
    /// Each change's `before` is compared with the store: a block executed on another state is refused here rather than
    /// mixed in.
    ///
    /// # Errors
    /// [`NotNext`](StoreError::NotNext), [`StaleDiff`](StoreError::StaleDiff),
    /// [`OrphanStorage`](StoreError::OrphanStorage), [`CodeMismatch`](StoreError::CodeMismatch); the database failed.
    pub fn commit_block(
        &self,
        block: &BlockRecord,
        diff: &StateDiff,
        durability: Durability,
    ) -> Result<(), StoreError> {
        let transaction = self.begin(durability)?;
        let head = read_head(&transaction.open_table(META)?)?;
        let expected = head.number.saturating_add(1);
        if block.number != expected {
            return Err(StoreError::NotNext {
                expected,
                got: block.number,
            });
        }
        write_codes(&transaction, diff)?;
        // Slots first: an account that goes takes the slots with it that the change didn't list.
        let slot_entries = write_slots(&transaction, block.number, diff)?;
        let account_entries = write_accounts(&transaction, block.number, diff)?;
        let oldest_state = head
            .oldest_state
            .max(block.number.saturating_sub(self.options.history_blocks));
        for (table, entries) in [
            (ACCOUNT_HISTORY, account_entries),
            (SLOT_HISTORY, slot_entries),
        ] {
            let mut table = transaction.open_table(table)?;
            // The state of block n needs the changes of the blocks after n.
            history::prune(
                &mut table,
                head.oldest_state.saturating_add(1),
                oldest_state.saturating_add(1),
            )?;
            if oldest_state < block.number {
                history::write(&mut table, block.number, entries)?;
            }
        }
        write_block(&transaction, block)?;
        let head = Head {
            number: block.number,
            hash: block.hash,
            state_root: block.state_root,
            log_position: block.log_position,
            oldest_state,
        };
        transaction
            .open_table(META)?
            .insert(HEAD, codec::head_row(&head).as_slice())?;
        transaction.commit()?;
        Ok(())
    }

    /// Makes all deferred blocks durable.
    ///
    /// # Errors
    /// The database failed; the deferred blocks may or may not be on disk.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.begin(Durability::Durable)?.commit()?;
        Ok(())
    }

    pub(super) fn begin(&self, durability: Durability) -> Result<WriteTransaction, StoreError> {
        let mut transaction = self.database.begin_write()?;
        match durability {
            Durability::Durable => {
                transaction.set_durability(redb::Durability::Immediate)?;
                // Also writes which pages are in use, so that opening after a crash needn't read the whole file.
                transaction.set_quick_repair(true);
            }
            Durability::Deferred => transaction.set_durability(redb::Durability::None)?,
        }
        Ok(transaction)
    }
}

/// Writes the block itself and the ways to find it.
pub(super) fn write_block(
    transaction: &WriteTransaction,
    block: &BlockRecord,
) -> Result<(), StoreError> {
    transaction
        .open_table(BLOCKS)?
        .insert(block.number, block.body.as_ref())?;
    transaction
        .open_table(BLOCK_HASHES)?
        .insert(block.number, &codec::pair(&block.hash, &block.state_root))?;
    transaction
        .open_table(BLOCK_NUMBERS)?
        .insert(&block.hash.0, block.number)?;
    let mut transactions = transaction.open_table(TRANSACTIONS)?;
    let mut rows: Vec<(&B256, u32)> = block.tx_hashes.iter().zip(0u32..).collect();
    rows.sort_unstable();
    for (hash, index) in rows {
        transactions.insert(
            &hash.0,
            &codec::location_row(TxLocation {
                block: block.number,
                index,
            }),
        )?;
    }
    Ok(())
}

fn write_codes(transaction: &WriteTransaction, diff: &StateDiff) -> Result<(), StoreError> {
    let mut codes = transaction.open_table(CODES)?;
    for (expected, code) in &diff.codes {
        let got = keccak256(code);
        if got != *expected {
            return Err(StoreError::CodeMismatch {
                expected: *expected,
                got,
            });
        }
        if !code.is_empty() && codes.get(&got.0)?.is_none() {
            codes.insert(&got.0, code.as_ref())?;
        }
    }
    Ok(())
}

/// Writes the changed accounts; gives what history keeps of them.
pub(super) fn write_accounts(
    transaction: &WriteTransaction,
    block: u64,
    diff: &StateDiff,
) -> Result<Vec<Entry>, StoreError> {
    let mut accounts = transaction.open_table(ACCOUNTS)?;
    let mut slots = transaction.open_table(SLOTS)?;
    let mut changed: Vec<_> = diff
        .accounts
        .iter()
        .filter(|(_, change)| change.before != change.after)
        .map(|(address, change)| (keccak256(address), address, change))
        .collect();
    // In key order, neighbours share the pages they touch.
    changed.sort_unstable_by_key(|(key, _, _)| *key);
    let mut entries = Vec::with_capacity(changed.len());
    for (key, address, change) in changed {
        let (before, after) = (
            account_bytes(change.before.as_ref()),
            account_bytes(change.after.as_ref()),
        );
        replace(&mut accounts, &key.0, &before, &after, |stored| {
            StoreError::StaleDiff {
                block,
                what: format!("account {address}"),
                stored: format!("{:?}", codec::account(stored)),
                claimed: format!("{:?}", change.before),
            }
        })?;
        if change.after.is_none() {
            let (first, last) = (
                codec::pair(&key, &B256::ZERO),
                codec::pair(&key, &B256::repeat_byte(0xff)),
            );
            slots.retain_in::<&[u8; 64], _>(&first..=&last, |_, _| false)?;
        }
        entries.push(Entry {
            key: address.to_vec(),
            before,
            after,
        });
    }
    Ok(entries)
}

/// Writes the changed slots; gives what history keeps of them.
pub(super) fn write_slots(
    transaction: &WriteTransaction,
    block: u64,
    diff: &StateDiff,
) -> Result<Vec<Entry>, StoreError> {
    let accounts = transaction.open_table(ACCOUNTS)?;
    let mut slots = transaction.open_table(SLOTS)?;
    let mut owners = AddressMap::<B256>::default();
    let mut changed = Vec::with_capacity(diff.slots.len());
    for ((address, slot), change) in diff
        .slots
        .iter()
        .filter(|(_, change)| change.before != change.after)
    {
        let owner = match owners.get(address) {
            Some(known) => *known,
            None => {
                let owner = keccak256(address);
                let exists = match diff.accounts.get(address) {
                    Some(change) => change.after.is_some(),
                    None => accounts.get(&owner.0)?.is_some(),
                };
                if !exists
                    && diff
                        .slots
                        .iter()
                        .any(|((of, _), change)| of == address && !change.after.is_zero())
                {
                    return Err(StoreError::OrphanStorage {
                        block,
                        address: *address,
                    });
                }
                owners.insert(*address, owner);
                owner
            }
        };
        let key = codec::pair(&owner, &keccak256(slot.to_be_bytes::<32>()));
        changed.push((key, *address, *slot, change));
    }
    changed.sort_unstable_by_key(|(key, ..)| *key);
    let mut entries = Vec::with_capacity(changed.len());
    for (key, address, slot, change) in changed {
        let (before, after) = (word_bytes(change.before), word_bytes(change.after));
        replace(&mut slots, &key, &before, &after, |stored| {
            StoreError::StaleDiff {
                block,
                what: format!("slot {slot:#x} of {address}"),
                stored: format!("{:?}", codec::word(stored)),
                claimed: format!("{:?}", change.before),
            }
        })?;
        entries.push(Entry {
            key: slot_key(address, slot),
            before,
            after,
        });
    }
    Ok(entries)
}

/// Writes `after` (empty = no row) where `before` (likewise) is expected; `refusal` gets what was there instead.
fn replace<K: redb::Key + 'static>(
    table: &mut Table<'_, K, &'static [u8]>,
    key: K::SelfType<'_>,
    before: &[u8],
    after: &[u8],
    refusal: impl FnOnce(&[u8]) -> StoreError,
) -> Result<(), StoreError> {
    let old = if after.is_empty() {
        table.remove(&key)?
    } else {
        table.insert(&key, after)?
    };
    let stored = old.as_ref().map_or(&[][..], |row| row.value());
    if stored == before {
        Ok(())
    } else {
        Err(refusal(stored))
    }
}

/// A slot's key in the history.
pub(super) fn slot_key(address: Address, slot: U256) -> Vec<u8> {
    [address.as_slice(), &slot.to_be_bytes::<32>()].concat()
}

fn account_bytes(account: Option<&Account>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(account) = account {
        codec::put_account(account, &mut bytes);
    }
    bytes
}

fn word_bytes(word: U256) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::put_word(word, &mut bytes);
    bytes
}
