//! Made-up but valid input: signed transactions of every type, blocks, an L1. The same on each run.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use forebond_rollup::op::channel::BatchBlock;

/// The rollup's chain id.
pub const CHAIN_ID: u64 = 9545;
/// Rollup genesis, Unix seconds.
pub const GENESIS_S: u64 = 1_700_000_000;

/// Numbers that look random and are the same on each run.
pub struct Dice(B256);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(keccak256(seed.to_be_bytes()))
    }

    pub fn word(&mut self) -> B256 {
        self.0 = keccak256(self.0);
        self.0
    }

    /// Below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        let word = self.word();
        u64::from_be_bytes(word[..8].try_into().expect("eight bytes")) % limit
    }

    pub fn bytes(&mut self, length: usize) -> Bytes {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            bytes.extend_from_slice(self.word().as_slice());
        }
        bytes.truncate(length);
        bytes.into()
    }
}

fn signed<T>(key: &PrivateKeySigner, tx: T) -> Bytes
where
    T: SignableTransaction<alloy_primitives::Signature>,
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = key.sign_hash_sync(&tx.signature_hash()).expect("signs");
    TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into()
}

/// A transfer of ETH, as wallets send it.
pub fn transfer(dice: &mut Dice, nonce: u64) -> Bytes {
    let key = PrivateKeySigner::from_bytes(&keccak256([dice.below(50) as u8])).expect("a key");
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1_000_000,
        to: TxKind::Call(Address::from_slice(&dice.word()[..20])),
        value: U256::from(dice.below(u64::MAX)),
        access_list: Default::default(),
        input: Bytes::new(),
    };
    signed(&key, tx)
}

/// A transaction of any type a user may send.
pub fn transaction(dice: &mut Dice) -> Bytes {
    let key = PrivateKeySigner::from_bytes(&dice.word()).expect("a key");
    let to = match dice.below(4) {
        0 => TxKind::Create,
        _ => TxKind::Call(Address::from_slice(&dice.word()[..20])),
    };
    let length = dice.below(200) as usize;
    let (nonce, input, value) = (
        dice.below(300),
        dice.bytes(length),
        U256::from(dice.below(9)),
    );
    let (gas_limit, gas_price) = (100_000, 1_000_000_000);
    let chain_id = CHAIN_ID;
    match dice.below(5) {
        0 => signed(
            &key,
            TxLegacy {
                chain_id: Some(chain_id),
                nonce,
                gas_price,
                gas_limit,
                to,
                value,
                input,
            },
        ),
        1 => signed(
            &key,
            TxLegacy {
                chain_id: None,
                nonce,
                gas_price,
                gas_limit,
                to,
                value,
                input,
            },
        ),
        2 => signed(
            &key,
            TxEip2930 {
                chain_id,
                nonce,
                gas_price,
                gas_limit,
                to,
                value,
                input,
                access_list: Default::default(),
            },
        ),
        3 => signed(
            &key,
            TxEip7702 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: gas_price,
                max_priority_fee_per_gas: 1,
                to: Address::from_slice(&dice.word()[..20]),
                value,
                input,
                ..Default::default()
            },
        ),
        _ => transfer(dice, nonce),
    }
}

/// Hash of a made-up L1 block.
pub fn l1_hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

/// `count` blocks in a row, two to an L1 block, with `transactions` of these each.
pub fn blocks(
    dice: &mut Dice,
    count: u64,
    transactions: u64,
    each: impl Fn(&mut Dice, u64) -> Bytes,
) -> Vec<BatchBlock> {
    (1..=count)
        .map(|number| BatchBlock {
            parent_hash: keccak256((number - 1).to_be_bytes()),
            origin_number: 100 + number / 2,
            origin_hash: l1_hash(100 + number / 2),
            timestamp_s: GENESIS_S + number,
            transactions: (0..transactions)
                .map(|i| each(dice, number * transactions + i))
                .collect(),
        })
        .collect()
}
