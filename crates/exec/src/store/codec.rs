//! How values are written to the file. All numbers are big-endian; what these functions write is schema 1.

use alloy_primitives::{B256, U256};
use alloy_trie::KECCAK_EMPTY;

use super::{
    error::StoreError,
    types::{Account, Head, TxLocation},
};

/// Set in an account's first byte if a code hash follows.
const CODE_BIT: u8 = 0x80;
/// The longest account: first byte, nonce, code hash, balance.
pub(super) const MAX_ACCOUNT_BYTES: usize = 1 + 8 + 32 + 32;
/// Length of an encoded head.
pub(super) const HEAD_BYTES: usize = 8 + 32 + 32 + 8 + 8;
/// Length of an encoded transaction location.
pub(super) const LOCATION_BYTES: usize = 8 + 4;

/// Appends an account: first byte (length of the nonce, [`CODE_BIT`]), nonce without leading zeros, code hash if any,
/// balance without leading zeros to the end. A plain account takes about 12 bytes.
pub(super) fn put_account(account: &Account, out: &mut Vec<u8>) {
    let nonce = account.nonce.to_be_bytes();
    let skipped = account.nonce.leading_zeros() / 8;
    #[expect(clippy::cast_possible_truncation, reason = "0..=8")]
    let first = 8 - skipped as u8;
    out.push(if account.has_code() {
        first | CODE_BIT
    } else {
        first
    });
    out.extend(nonce.iter().skip(skipped as usize));
    if account.has_code() {
        out.extend_from_slice(account.code_hash.as_slice());
    }
    put_word(account.balance, out);
}

/// Reads what [`put_account`] wrote, all of `bytes`.
pub(super) fn account(bytes: &[u8]) -> Option<Account> {
    let (first, rest) = bytes.split_first()?;
    let (nonce, rest) = rest.split_at_checked(usize::from(first & !CODE_BIT))?;
    let (code_hash, balance) = if first & CODE_BIT == 0 {
        (KECCAK_EMPTY, rest)
    } else {
        let (hash, balance) = rest.split_at_checked(32)?;
        (B256::from_slice(hash), balance)
    };
    Some(Account {
        nonce: u64::try_from(word(nonce)?).ok()?,
        balance: word(balance)?,
        code_hash,
    })
}

/// Appends a number without leading zeros; zero appends nothing.
pub(super) fn put_word(value: U256, out: &mut Vec<u8>) {
    let bytes = value.to_be_bytes::<32>();
    out.extend(bytes.iter().skip_while(|byte| **byte == 0));
}

/// Reads what [`put_word`] wrote, all of `bytes`.
pub(super) fn word(bytes: &[u8]) -> Option<U256> {
    U256::try_from_be_slice(bytes)
}

/// Encodes the head row.
pub(super) fn head_row(head: &Head) -> [u8; HEAD_BYTES] {
    let mut row = Vec::with_capacity(HEAD_BYTES);
    row.extend_from_slice(&head.number.to_be_bytes());
    row.extend_from_slice(head.hash.as_slice());
    row.extend_from_slice(head.state_root.as_slice());
    row.extend_from_slice(&head.log_position.to_be_bytes());
    row.extend_from_slice(&head.oldest_state.to_be_bytes());
    let mut fixed = [0; HEAD_BYTES];
    fixed.copy_from_slice(&row);
    fixed
}

/// Reads the head row.
pub(super) fn head(row: &[u8]) -> Result<Head, StoreError> {
    let read = |row: &[u8]| {
        let (number, row) = row.split_first_chunk::<8>()?;
        let (hash, row) = row.split_first_chunk::<32>()?;
        let (state_root, row) = row.split_first_chunk::<32>()?;
        let (log_position, row) = row.split_first_chunk::<8>()?;
        let oldest_state = <&[u8; 8]>::try_from(row).ok()?;
        Some(Head {
            number: u64::from_be_bytes(*number),
            hash: B256::from(hash),
            state_root: B256::from(state_root),
            log_position: u64::from_be_bytes(*log_position),
            oldest_state: u64::from_be_bytes(*oldest_state),
        })
    };
    read(row).ok_or_else(|| {
        StoreError::corrupt(
            "meta",
            format!("head of {} bytes, expected {HEAD_BYTES}", row.len()),
        )
    })
}

/// Encodes where a transaction is.
pub(super) fn location_row(location: TxLocation) -> [u8; LOCATION_BYTES] {
    let mut row = [0; LOCATION_BYTES];
    let (block, index) = row.split_at_mut(8);
    block.copy_from_slice(&location.block.to_be_bytes());
    index.copy_from_slice(&location.index.to_be_bytes());
    row
}

/// Reads where a transaction is.
pub(super) fn location(row: &[u8; LOCATION_BYTES]) -> TxLocation {
    let (mut block, mut index) = ([0; 8], [0; 4]);
    let (left, right) = row.split_at(8);
    block.copy_from_slice(left);
    index.copy_from_slice(right);
    TxLocation {
        block: u64::from_be_bytes(block),
        index: u32::from_be_bytes(index),
    }
}

/// Two words as one key.
pub(super) fn pair(left: &B256, right: &B256) -> [u8; 64] {
    let mut key = [0; 64];
    let (front, back) = key.split_at_mut(32);
    front.copy_from_slice(left.as_slice());
    back.copy_from_slice(right.as_slice());
    key
}

/// Takes a [`pair`] apart.
pub(super) fn unpair(key: &[u8; 64]) -> (B256, B256) {
    let (left, right) = key.split_at(32);
    (B256::from_slice(left), B256::from_slice(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_account_reads_back_as_written(nonce: u64, balance: [u8; 32], zeros in 0usize..=32, code: Option<[u8; 32]>) {
            let mut balance = balance;
            balance[..zeros].fill(0);
            let account_in = Account {
                nonce: nonce >> (zeros * 2).min(63),
                balance: U256::from_be_bytes(balance),
                code_hash: code.map_or(KECCAK_EMPTY, B256::from),
            };
            let mut bytes = Vec::new();
            put_account(&account_in, &mut bytes);
            prop_assert!(bytes.len() <= MAX_ACCOUNT_BYTES);
            prop_assert_eq!(account(&bytes), Some(account_in));
        }

        #[test]
        fn garbage_is_no_account_or_a_whole_one(bytes: Vec<u8>) {
            let _ = account(&bytes);
        }
    }

    #[test]
    fn a_plain_account_is_small() {
        let plain = Account {
            nonce: 7,
            balance: U256::from(10).pow(U256::from(22)),
            ..Account::default()
        };
        let mut bytes = Vec::new();
        put_account(&plain, &mut bytes);
        assert_eq!(bytes.len(), 12);
    }

    #[test]
    fn a_head_of_the_wrong_length_is_refused() {
        let row = head_row(&Head {
            number: 5,
            oldest_state: 2,
            ..Head::default()
        });
        assert_eq!(head(&row).unwrap().number, 5);
        assert!(matches!(
            head(&row[1..]),
            Err(StoreError::Corrupt { table: "meta", .. })
        ));
    }
}
