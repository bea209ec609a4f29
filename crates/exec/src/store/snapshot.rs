//! An unchanging view of the store.

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use redb::ReadOnlyTable;

use super::{
    codec::{self, LOCATION_BYTES},
    commit::slot_key,
    error::StoreError,
    history::{self, ACCOUNT_KEY_BYTES, SLOT_KEY_BYTES},
    types::{Account, Head, StateDiff, TxLocation},
};
use crate::trie::{AccountRow, SlotRow, SortedState};

/// The store as it was when the snapshot was taken. Reads don't block the writer, nor it them; share it between threads by
/// reference or in an `Arc`.
///
/// All methods fail only if the database does, or holds a damaged row, unless they say more.
pub struct StoreSnapshot {
    pub(super) head: Head,
    pub(super) accounts: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    pub(super) slots: ReadOnlyTable<&'static [u8; 64], &'static [u8]>,
    pub(super) codes: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    pub(super) blocks: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) block_hashes: ReadOnlyTable<u64, &'static [u8; 64]>,
    pub(super) block_numbers: ReadOnlyTable<&'static [u8; 32], u64>,
    pub(super) transactions: ReadOnlyTable<&'static [u8; 32], &'static [u8; LOCATION_BYTES]>,
    pub(super) account_history: ReadOnlyTable<&'static [u8], &'static [u8]>,
    pub(super) slot_history: ReadOnlyTable<&'static [u8], &'static [u8]>,
}

impl fmt::Debug for StoreSnapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoreSnapshot")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl StoreSnapshot {
    /// The newest block in this view.
    pub fn head(&self) -> Head {
        self.head
    }

    /// An account at the head; none if it doesn't exist.
    pub fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        self.accounts
            .get(&keccak256(address).0)?
            .map(|row| read_account(row.value()))
            .transpose()
    }

    /// A storage slot at the head; zero if it was never written.
    pub fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        let key = codec::pair(&keccak256(address), &keccak256(slot.to_be_bytes::<32>()));
        self.slots
            .get(&key)?
            .map_or(Ok(U256::ZERO), |row| read_word(row.value()))
    }

    /// Code by its hash; none if no account ever had it. The empty code is not stored.
    pub fn code(&self, code_hash: B256) -> Result<Option<Bytes>, StoreError> {
        Ok(self
            .codes
            .get(&code_hash.0)?
            .map(|row| Bytes::copy_from_slice(row.value())))
    }

    /// A block in the encoding it was committed in.
    pub fn block_body(&self, number: u64) -> Result<Option<Bytes>, StoreError> {
        Ok(self
            .blocks
            .get(number)?
            .map(|row| Bytes::copy_from_slice(row.value())))
    }

    /// The hash of a block.
    pub fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        Ok(self
            .block_hashes
            .get(number)?
            .map(|row| codec::unpair(row.value()).0))
    }

    /// The root of the state after a block.
    pub fn state_root(&self, number: u64) -> Result<Option<B256>, StoreError> {
        Ok(self
            .block_hashes
            .get(number)?
            .map(|row| codec::unpair(row.value()).1))
    }

    /// The height of the block with this hash.
    pub fn block_number(&self, hash: B256) -> Result<Option<u64>, StoreError> {
        Ok(self.block_numbers.get(&hash.0)?.map(|row| row.value()))
    }

    /// The block and place of a transaction.
    pub fn tx_location(&self, hash: B256) -> Result<Option<TxLocation>, StoreError> {
        Ok(self
            .transactions
            .get(&hash.0)?
            .map(|row| codec::location(row.value())))
    }

    /// An account as it was after block `number`.
    ///
    /// # Errors
    /// [`HistoryPruned`](StoreError::HistoryPruned), [`FutureBlock`](StoreError::FutureBlock).
    pub fn account_at(&self, address: Address, number: u64) -> Result<Option<Account>, StoreError> {
        self.check_kept(number)?;
        for later in number + 1..=self.head.number {
            if let Some(before) =
                history::value_before(&self.account_history, later, address.as_slice())?
            {
                return some_bytes(&before).map(read_account).transpose();
            }
        }
        self.account(address)
    }

    /// A storage slot as it was after block `number`.
    ///
    /// # Errors
    /// [`HistoryPruned`](StoreError::HistoryPruned), [`FutureBlock`](StoreError::FutureBlock).
    pub fn storage_at(
        &self,
        address: Address,
        slot: U256,
        number: u64,
    ) -> Result<U256, StoreError> {
        self.check_kept(number)?;
        let key = slot_key(address, slot);
        for later in number + 1..=self.head.number {
            if let Some(before) = history::value_before(&self.slot_history, later, &key)? {
                return read_word(&before);
            }
        }
        self.storage(address, slot)
    }

    /// The change that block `number` made to the state, without code; none if it is not, or no longer, kept.
    pub fn block_diff(&self, number: u64) -> Result<Option<StateDiff>, StoreError> {
        if number <= self.head.oldest_state || number > self.head.number {
            return Ok(None);
        }
        let mut diff = StateDiff::default();
        history::for_each(
            &self.account_history,
            number,
            ACCOUNT_KEY_BYTES,
            |key, before, after| {
                let before = some_bytes(before).map(read_account).transpose()?;
                let after = some_bytes(after).map(read_account).transpose()?;
                diff.set_account(Address::from_slice(key), before, after);
                Ok(())
            },
        )?;
        history::for_each(
            &self.slot_history,
            number,
            SLOT_KEY_BYTES,
            |key, before, after| {
                let (address, slot) = key.split_at(ACCOUNT_KEY_BYTES);
                diff.set_slot(
                    Address::from_slice(address),
                    read_word(slot)?,
                    read_word(before)?,
                    read_word(after)?,
                );
                Ok(())
            },
        )?;
        Ok(Some(diff))
    }

    fn check_kept(&self, number: u64) -> Result<(), StoreError> {
        let Head {
            number: head,
            oldest_state: oldest,
            ..
        } = self.head;
        if number > head {
            Err(StoreError::FutureBlock {
                asked: number,
                head,
            })
        } else if number < oldest {
            Err(StoreError::HistoryPruned {
                asked: number,
                oldest,
                head,
            })
        } else {
            Ok(())
        }
    }
}

/// The state at the head, for [`StateTrie::build`](crate::StateTrie::build).
impl SortedState for StoreSnapshot {
    type Error = StoreError;

    fn accounts(
        &self,
        nibble: u8,
    ) -> Result<impl Iterator<Item = Result<AccountRow, StoreError>>, StoreError> {
        let (first, last) = bounds::<32>(nibble);
        Ok(self
            .accounts
            .range::<&[u8; 32]>(&first..=&last)?
            .map(|found| {
                let (key, row) = found?;
                Ok((B256::from(key.value()), read_account(row.value())?))
            }))
    }

    fn slots(
        &self,
        nibble: u8,
    ) -> Result<impl Iterator<Item = Result<SlotRow, StoreError>>, StoreError> {
        let (first, last) = bounds::<64>(nibble);
        Ok(self.slots.range::<&[u8; 64]>(&first..=&last)?.map(|found| {
            let (key, row) = found?;
            let (owner, slot) = codec::unpair(key.value());
            Ok((owner, slot, read_word(row.value())?))
        }))
    }
}

/// The least and the greatest key that starts with `nibble`.
fn bounds<const N: usize>(nibble: u8) -> ([u8; N], [u8; N]) {
    let (mut first, mut last) = ([0; N], [0xff; N]);
    if let (Some(low), Some(high)) = (first.first_mut(), last.first_mut()) {
        *low = nibble << 4;
        *high = nibble << 4 | 0x0f;
    }
    (first, last)
}

fn some_bytes(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

fn read_account(row: &[u8]) -> Result<Account, StoreError> {
    codec::account(row).ok_or_else(|| {
        StoreError::corrupt("accounts", format!("not an account: {} bytes", row.len()))
    })
}

fn read_word(row: &[u8]) -> Result<U256, StoreError> {
    codec::word(row)
        .ok_or_else(|| StoreError::corrupt("slots", format!("a value of {} bytes", row.len())))
}
