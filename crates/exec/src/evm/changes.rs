use super::{StateError, WorkingState};
use crate::store::{Account, StateDiff};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use forebond_types::{AccountWrite, InfoWrite, WriteSet};
use revm::state::EvmState;
use std::collections::BTreeMap;

/// A value before and after.
type Pair<T> = (T, T);

/// What one transaction (or system call) changed, as `(before, after)` pairs that differ.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Accounts whose nonce, balance or code differs, or which came or went.
    pub accounts: Vec<(Address, Pair<Option<Account>>)>,
    /// Storage slots that differ.
    pub slots: Vec<((Address, U256), Pair<U256>)>,
    /// Code seen for the first time in this transaction.
    pub codes: Vec<(B256, Bytes)>,
}

/// Reads the changes out of the EVM's result. `state` still holds the values from before.
pub fn changes_of(state: &mut WorkingState, result: &EvmState) -> Result<Changes, StateError> {
    let mut changes = Changes::default();
    for (address, account) in result {
        if !account.is_touched() {
            continue;
        }
        let before = state.account(*address)?;
        let gone = account.is_selfdestructed() || account.info.is_empty();
        let after = (!gone).then_some(Account {
            nonce: account.info.nonce,
            balance: account.info.balance,
            code_hash: account.info.code_hash,
        });
        if before != after {
            changes.accounts.push((*address, (before, after)));
        }
        if gone {
            continue;
        }
        for (slot, value) in account.changed_storage_slots() {
            let pair = (value.original_value(), value.present_value());
            changes.slots.push(((*address, *slot), pair));
        }
        let had = before.map_or(KECCAK256_EMPTY, |b| b.code_hash);
        let has = account.info.code_hash;
        if has != had
            && has != KECCAK256_EMPTY
            && let Some(code) = &account.info.code
        {
            changes.codes.push((has, code.original_bytes()));
        }
    }
    Ok(changes)
}

impl Changes {
    /// The canonical write set that is promised (R21).
    pub fn write_set(&self) -> WriteSet {
        let mut writes: BTreeMap<Address, AccountWrite> = BTreeMap::new();
        for (address, (_, after)) in &self.accounts {
            let info = after.map_or(InfoWrite::Destroyed, |a| InfoWrite::Set {
                nonce: a.nonce,
                balance: a.balance,
                code_hash: a.code_hash,
            });
            writes.insert(
                *address,
                AccountWrite {
                    address: *address,
                    info,
                    slots: vec![],
                },
            );
        }
        for ((address, slot), (_, after)) in &self.slots {
            writes
                .entry(*address)
                .or_insert_with(|| AccountWrite {
                    address: *address,
                    info: InfoWrite::Unchanged,
                    slots: vec![],
                })
                .slots
                .push((*slot, *after));
        }
        WriteSet::new(writes.into_values().collect())
    }

    /// Adds these changes to a block's net difference: the first `before` stays, the last `after`
    /// wins.
    pub fn add_to(&self, diff: &mut StateDiff) {
        for (address, (before, after)) in &self.accounts {
            diff.set_account(*address, *before, *after);
        }
        for ((address, slot), (before, after)) in &self.slots {
            diff.set_slot(*address, *slot, *before, *after);
        }
        for (hash, code) in &self.codes {
            diff.codes.insert(*hash, code.clone());
        }
    }
}
