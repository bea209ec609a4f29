//! Where a build reads the state from.

use std::convert::Infallible;

use alloy_primitives::{B256, U256};

use crate::store::Account;

/// Hashed address and account.
pub type AccountRow = (B256, Account);
/// Hashed address, hashed slot and value.
pub type SlotRow = (B256, B256, U256);

/// A whole state in ascending order of hashed keys, readable in sixteen parts: by the first nibble of the hashed address.
///
/// Contract: an implementation yields each account and each slot once, in ascending order, in the part its hashed
/// address belongs to; values are not zero; slots belong to accounts that it yields as well; every part is of the same state. `Sync`, since parts are read by several
/// threads at once.
pub trait SortedState: Sync {
    /// Why reading can fail.
    type Error: Send;

    /// Accounts by hashed address, of those whose hashed address starts with `nibble` (0..16).
    fn accounts(
        &self,
        nibble: u8,
    ) -> Result<impl Iterator<Item = Result<AccountRow, Self::Error>>, Self::Error>;

    /// Storage as (hashed address, hashed slot, value), of the accounts whose hashed address starts with `nibble`.
    fn slots(
        &self,
        nibble: u8,
    ) -> Result<impl Iterator<Item = Result<SlotRow, Self::Error>>, Self::Error>;
}

/// A state in two lists in memory, put in order when it is made.
#[derive(Clone, Debug, Default)]
pub struct SortedLists {
    accounts: Vec<AccountRow>,
    slots: Vec<SlotRow>,
}

impl SortedLists {
    /// Takes accounts by hashed address and slots by (hashed address, hashed slot), in any order; drops zero slots.
    pub fn new(mut accounts: Vec<AccountRow>, mut slots: Vec<SlotRow>) -> Self {
        accounts.sort_unstable_by_key(|(key, _)| *key);
        slots.retain(|(_, _, value)| !value.is_zero());
        slots.sort_unstable_by_key(|(account, slot, _)| (*account, *slot));
        Self { accounts, slots }
    }
}

/// The entries of a list sorted by `key` whose key starts with `nibble`.
fn part<T>(list: &[T], nibble: u8, key: impl Fn(&T) -> B256) -> &[T] {
    let from = list.partition_point(|entry| key(entry).0[0] >> 4 < nibble);
    let to = list.partition_point(|entry| key(entry).0[0] >> 4 <= nibble);
    list.get(from..to).unwrap_or_default()
}

impl SortedState for SortedLists {
    type Error = Infallible;

    fn accounts(
        &self,
        nibble: u8,
    ) -> Result<impl Iterator<Item = Result<AccountRow, Self::Error>>, Self::Error> {
        Ok(part(&self.accounts, nibble, |(key, _)| *key)
            .iter()
            .map(|entry| Ok(*entry)))
    }

    fn slots(
        &self,
        nibble: u8,
    ) -> Result<impl Iterator<Item = Result<SlotRow, Self::Error>>, Self::Error> {
        Ok(part(&self.slots, nibble, |(key, _, _)| *key)
            .iter()
            .map(|entry| Ok(*entry)))
    }
}
