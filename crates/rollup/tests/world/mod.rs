//! A small L1, and batches on it, for the tests of derivation.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test uses a part; a wrong answer should stop it"
)]

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::{eip2718::Encodable2718, eip4844::Blob};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use forebond_rollup::op::{
    ChainConfig, L1Origin,
    channel::{BatchBlock, encode},
    derive::{BatchFault, BlockPlan, DeriveRules, DerivedHead, Origins, PostedBatch, plan_batch},
    user_deposit_source,
};
use forebond_types::Batch;
use op_alloy_consensus::TxDeposit;

/// Rollup genesis; L1 block [`GENESIS_ORIGIN`] is its origin.
pub const GENESIS_S: u64 = 1_000_000;
pub const GENESIS_ORIGIN: u64 = 100;
/// Seconds of a rollup block and of an L1 block.
pub const BLOCK_TIME_S: u64 = 1;
pub const SLOT_S: u64 = 2;
pub const MAX_LAG: u64 = 8;

/// L1 blocks from [`GENESIS_ORIGIN`] to `newest`, one each [`SLOT_S`] seconds, each third one with a deposit.
pub struct L1 {
    pub newest: u64,
    /// Blocks whose deposits nobody has read yet.
    pub without_deposits: Vec<u64>,
    /// Added to each block's timestamp from the one with this height on: slots without blocks.
    pub missed: Option<(u64, u64)>,
}

impl L1 {
    pub fn up_to(newest: u64) -> Self {
        Self {
            newest,
            without_deposits: vec![],
            missed: None,
        }
    }
}

pub fn l1_hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

pub fn deposit(number: u64) -> TxDeposit {
    TxDeposit {
        source_hash: user_deposit_source(l1_hash(number), 0),
        from: Address::repeat_byte(7),
        to: TxKind::Call(Address::repeat_byte(8)),
        mint: 5,
        value: U256::from(5),
        gas_limit: 21_000,
        is_system_transaction: false,
        input: Bytes::new(),
    }
}

impl Origins for L1 {
    fn origin(&self, number: u64) -> Option<L1Origin> {
        let since = number.checked_sub(GENESIS_ORIGIN)?;
        let late_s = self
            .missed
            .map_or(0, |(from, late_s)| if number >= from { late_s } else { 0 });
        (number <= self.newest).then(|| L1Origin {
            number,
            hash: l1_hash(number),
            timestamp_s: GENESIS_S + since * SLOT_S + late_s,
            base_fee_wei: 7,
            blob_base_fee_wei: 1,
            prev_randao: B256::repeat_byte(3),
            parent_beacon_root: B256::repeat_byte(4),
        })
    }

    fn deposits(&self, number: u64) -> Option<Vec<TxDeposit>> {
        if number > self.newest || self.without_deposits.contains(&number) {
            return None;
        }
        Some(if number.is_multiple_of(3) {
            vec![deposit(number)]
        } else {
            vec![]
        })
    }
}

pub fn rules() -> DeriveRules {
    DeriveRules {
        chain: ChainConfig::dev(GENESIS_S, BLOCK_TIME_S),
        max_origin_lag: MAX_LAG,
    }
}

pub fn genesis() -> DerivedHead {
    DerivedHead {
        number: 0,
        hash: block_hash(0),
        timestamp_s: GENESIS_S,
        origin: (GENESIS_ORIGIN, l1_hash(GENESIS_ORIGIN)),
        origin_sequence: 0,
        batch: B256::ZERO,
    }
}

/// Stands for what execution gives.
pub fn block_hash(number: u64) -> B256 {
    keccak256((number + 1_000_000).to_be_bytes())
}

/// A signed transfer of ETH.
pub fn transfer(nonce: u64) -> Bytes {
    let key = PrivateKeySigner::from_bytes(&keccak256((nonce % 50).to_be_bytes())).unwrap();
    transfer_of(&key, nonce)
}

pub fn transfer_of(key: &PrivateKeySigner, nonce: u64) -> Bytes {
    let noise = keccak256((nonce * 31 + 7).to_be_bytes());
    let tx = TxEip1559 {
        chain_id: 9545,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1_000_000,
        to: TxKind::Call(Address::from_slice(&noise[..20])),
        value: U256::from(nonce * 1_000_000_007 + 1),
        access_list: Default::default(),
        input: Bytes::new(),
    };
    let signature = key.sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into()
}

/// Blocks 1 to `count` on genesis, each with an origin of its own time and `transfers` transfers.
pub fn chain(count: u64, transfers: u64) -> Vec<BatchBlock> {
    (1..=count)
        .map(|number| {
            let origin = GENESIS_ORIGIN + number * BLOCK_TIME_S / SLOT_S;
            BatchBlock {
                parent_hash: block_hash(number - 1),
                origin_number: origin,
                origin_hash: l1_hash(origin),
                timestamp_s: GENESIS_S + number * BLOCK_TIME_S,
                transactions: (0..transfers)
                    .map(|i| transfer(number * transfers + i))
                    .collect(),
            }
        })
        .collect()
}

/// An honest claim about blocks behind `head`, except for the blocks' hashes.
pub fn claim(head: &DerivedHead, blocks: &[BatchBlock]) -> Batch {
    let last = blocks.last().unwrap();
    let last_number = head.number + blocks.len() as u64;
    Batch {
        base: B256::repeat_byte(1),
        window: 9,
        parentBatch: head.batch,
        firstBlock: head.number + 1,
        lastBlock: last_number,
        parentBlockHash: head.hash,
        lastBlockHash: block_hash(last_number),
        blocksRoot: B256::repeat_byte(2),
        lastFrag: B256::ZERO,
        lastOriginNumber: last.origin_number,
        lastOriginHash: last.origin_hash,
        blobHashes: vec![B256::repeat_byte(1)],
    }
}

/// Plans these blocks as a batch on genesis, posted in the newest block of `l1`.
pub fn plan(blocks: &[BatchBlock], l1: &L1) -> Result<Vec<BlockPlan>, BatchFault> {
    plan_claim(&claim(&genesis(), blocks), &encode(blocks).unwrap(), l1)
}

pub fn plan_claim(
    claim: &Batch,
    blobs: &[Box<Blob>],
    l1: &L1,
) -> Result<Vec<BlockPlan>, BatchFault> {
    let posted = PostedBatch {
        claim,
        blobs,
        l1_block: l1.newest,
    };
    plan_batch(&rules(), &posted, &genesis(), l1)
}
