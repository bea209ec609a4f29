//! Accounts, the net change of a block, and what is kept of the block itself.

use alloy_primitives::{Address, B256, Bytes, U256, map::B256Map, map::HashMap};
use alloy_trie::KECCAK_EMPTY;

use super::genesis::GenesisAccount;

/// An account without its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Transactions sent, or contracts created by a contract.
    pub nonce: u64,
    /// Balance in wei.
    pub balance: U256,
    /// keccak-256 of the code; of the empty string if there is none.
    pub code_hash: B256,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            nonce: 0,
            balance: U256::ZERO,
            code_hash: KECCAK_EMPTY,
        }
    }
}

impl Account {
    /// Whether there is code (an EIP-7702 designator counts).
    pub fn has_code(&self) -> bool {
        self.code_hash != KECCAK_EMPTY
    }

    /// Whether EIP-161 calls the account empty: no nonce, no balance, no code.
    pub fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && !self.has_code()
    }
}

/// A value before and after a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change<T> {
    /// The value in the state of the parent block.
    pub before: T,
    /// The value in the state of the block.
    pub after: T,
}

/// The net change one block makes to the state.
///
/// Entries whose `before` equals `after` are allowed and mean nothing. An account that is gone takes its storage with it;
/// for history to know what its slots held, list them here as well, with `after` zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateDiff {
    /// Accounts; none = doesn't exist.
    pub accounts: HashMap<Address, Change<Option<Account>>>,
    /// Storage by (address, slot); zero = absent.
    pub slots: HashMap<(Address, U256), Change<U256>>,
    /// Code that appeared, by its keccak-256.
    pub codes: B256Map<Bytes>,
}

impl StateDiff {
    /// The change from nothing to a genesis state.
    pub fn from_genesis<'a>(accounts: impl IntoIterator<Item = &'a GenesisAccount>) -> Self {
        let mut diff = Self::default();
        for entry in accounts {
            diff.set_account(entry.address, None, Some(entry.account));
            for (slot, value) in &entry.storage {
                diff.set_slot(entry.address, *slot, U256::ZERO, *value);
            }
            if let Some(code) = &entry.code {
                diff.codes.insert(entry.account.code_hash, code.clone());
            }
        }
        diff
    }

    /// Notes a change of an account. After an earlier note on the same account only `after` counts.
    pub fn set_account(
        &mut self,
        address: Address,
        before: Option<Account>,
        after: Option<Account>,
    ) {
        self.accounts
            .entry(address)
            .and_modify(|change| change.after = after)
            .or_insert(Change { before, after });
    }

    /// Notes a change of a slot. After an earlier note on the same slot only `after` counts.
    pub fn set_slot(&mut self, address: Address, slot: U256, before: U256, after: U256) {
        self.slots
            .entry((address, slot))
            .and_modify(|change| change.after = after)
            .or_insert(Change { before, after });
    }

    /// Adds what happened after this change: the result leads from this one's `before` to `later`'s `after`.
    pub fn merge(&mut self, later: &Self) {
        for (address, change) in &later.accounts {
            self.set_account(*address, change.before, change.after);
        }
        for ((address, slot), change) in &later.slots {
            self.set_slot(*address, *slot, change.before, change.after);
        }
        self.codes
            .extend(later.codes.iter().map(|(hash, code)| (*hash, code.clone())));
    }

    /// The change that undoes this one. Code stays: it is never deleted.
    pub fn reversed(&self) -> Self {
        let mut back = Self::default();
        for (address, change) in &self.accounts {
            back.set_account(*address, change.after, change.before);
        }
        for ((address, slot), change) in &self.slots {
            back.set_slot(*address, *slot, change.after, change.before);
        }
        back
    }

    /// Whether nothing is noted.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.slots.is_empty() && self.codes.is_empty()
    }
}

/// A sealed block as the store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockRecord {
    /// Height.
    pub number: u64,
    /// Block hash.
    pub hash: B256,
    /// Root of the state after the block.
    pub state_root: B256,
    /// The block in the caller's own encoding; never looked into here.
    pub body: Bytes,
    /// Hashes of its transactions, in order.
    pub tx_hashes: Vec<B256>,
    /// Where in the promise log the block ends; opaque here. Replay after a crash starts from the head's.
    pub log_position: u64,
}

/// The newest block of a store, or of a view of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Height.
    pub number: u64,
    /// Block hash.
    pub hash: B256,
    /// Root of the state after the block.
    pub state_root: B256,
    /// Where in the promise log the block ends.
    pub log_position: u64,
    /// The oldest block whose state can be asked for.
    pub oldest_state: u64,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxLocation {
    /// Height of its block.
    pub block: u64,
    /// Its place in the block, from zero.
    pub index: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_keeps_the_first_before_and_the_last_after() {
        let address = Address::repeat_byte(1);
        let poor = Some(Account {
            balance: U256::from(1),
            ..Account::default()
        });
        let rich = Some(Account {
            balance: U256::from(9),
            ..Account::default()
        });
        let mut first = StateDiff::default();
        first.set_account(address, None, poor);
        first.set_slot(address, U256::ZERO, U256::from(5), U256::from(6));
        let mut second = StateDiff::default();
        second.set_account(address, poor, rich);
        second.set_slot(address, U256::ZERO, U256::from(6), U256::from(7));
        first.merge(&second);
        assert_eq!(
            first.accounts[&address],
            Change {
                before: None,
                after: rich
            }
        );
        assert_eq!(
            first.slots[&(address, U256::ZERO)],
            Change {
                before: U256::from(5),
                after: U256::from(7)
            }
        );
    }
}
