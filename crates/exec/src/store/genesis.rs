//! The state a store begins with.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use redb::WriteTransaction;

use super::{
    codec,
    error::StoreError,
    tables::{ACCOUNTS, CODES, SLOTS},
    types::Account,
};

/// An account at genesis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Its address.
    pub address: Address,
    /// Nonce, balance and code hash.
    pub account: Account,
    /// The code, if this entry brings it; it must hash to the account's code hash.
    pub code: Option<Bytes>,
    /// Storage as (slot, value); zeros are left out.
    pub storage: Vec<(U256, U256)>,
}

impl GenesisAccount {
    /// An account with nothing but a balance in wei.
    pub fn funded(address: Address, balance_wei: U256) -> Self {
        let account = Account {
            balance: balance_wei,
            ..Account::default()
        };
        Self {
            address,
            account,
            ..Self::default()
        }
    }

    /// An account with code; the code hash is computed.
    pub fn contract(
        address: Address,
        balance_wei: U256,
        code: Bytes,
        storage: Vec<(U256, U256)>,
    ) -> Self {
        // Contracts start at nonce 1 since EIP-161.
        let account = Account {
            nonce: 1,
            balance: balance_wei,
            code_hash: keccak256(&code),
        };
        Self {
            address,
            account,
            code: Some(code),
            storage,
        }
    }
}

/// Writes the genesis state. Rows are sorted first: inserting in key order is several times faster.
pub(super) fn write(
    transaction: &WriteTransaction,
    genesis: impl IntoIterator<Item = GenesisAccount>,
) -> Result<(), StoreError> {
    let mut rows: Vec<(B256, Address, Account)> = Vec::new();
    let mut slots: Vec<([u8; 64], U256)> = Vec::new();
    let mut codes = transaction.open_table(CODES)?;
    for entry in genesis {
        let key = keccak256(entry.address);
        rows.push((key, entry.address, entry.account));
        for (slot, value) in entry.storage {
            if !value.is_zero() {
                slots.push((
                    codec::pair(&key, &keccak256(slot.to_be_bytes::<32>())),
                    value,
                ));
            }
        }
        if let Some(code) = entry.code {
            let (expected, got) = (entry.account.code_hash, keccak256(&code));
            if got != expected {
                return Err(StoreError::CodeMismatch { expected, got });
            }
            if !code.is_empty() {
                codes.insert(&got.0, code.as_ref())?;
            }
        }
    }
    rows.sort_unstable_by_key(|(key, _, _)| *key);
    // Stable: of a slot named twice the later value counts.
    slots.sort_by_key(|(key, _)| *key);
    let mut accounts = transaction.open_table(ACCOUNTS)?;
    let mut value = Vec::with_capacity(codec::MAX_ACCOUNT_BYTES);
    for (key, address, account) in &rows {
        value.clear();
        codec::put_account(account, &mut value);
        if accounts.insert(&key.0, value.as_slice())?.is_some() {
            return Err(StoreError::DuplicateAccount { address: *address });
        }
    }
    let mut table = transaction.open_table(SLOTS)?;
    for (key, word) in &slots {
        value.clear();
        codec::put_word(*word, &mut value);
        table.insert(key, value.as_slice())?;
    }
    Ok(())
}
