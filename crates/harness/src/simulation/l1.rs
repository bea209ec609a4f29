//! L1 in virtual time: blocks by slot, a pool for one slot, reorgs, missed slots, blobs that are hidden for a while.

use super::{
    chance::Chance,
    inbox::{Posting, SimInbox},
    rules::{L1_GENESIS_S, Rules, SLOT_S},
};
use alloy_eips::eip4844::Blob;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use forebond_l1::execution::BlockRef;
use forebond_rollup::op::{L1Origin, user_deposit_source};
use forebond_settlement::{L1Block, PostedBatch, StoredBase};
use op_alloy_consensus::TxDeposit;
use std::{collections::BTreeMap, sync::Arc};

/// L1 blocks until one is final.
pub(crate) const FINAL_AFTER: u64 = 12;

/// A block with the Inbox after it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) block: Arc<L1Block>,
    pub(crate) inbox: SimInbox,
}

/// The chain.
#[derive(Debug)]
pub(crate) struct SimL1 {
    /// Block 1 first.
    chain: Vec<Entry>,
    /// Blocks that were, by hash.
    pool: Vec<Posting>,
    pub(crate) blobs: BTreeMap<(B256, u32), Vec<Box<Blob>>>,
    /// Slots without a block.
    pub(crate) missed: Vec<u64>,
    /// Blobs of batches are not given out before (virtual milliseconds).
    pub(crate) hidden_until_ms: u64,
    made: u64,
}

fn hash_of(parent: B256, slot: u64, made: u64) -> B256 {
    let numbers = [slot.to_be_bytes(), made.to_be_bytes()].concat();
    keccak256([parent.as_slice(), &numbers].concat())
}

/// Block 1, on which rollup block 0 builds; it lies in slot 1.
pub(crate) fn first_block() -> L1Block {
    empty_block(1, B256::repeat_byte(7), 1, 0)
}

pub(crate) const fn origin_of(block: &L1Block) -> L1Origin {
    block.origin
}

fn empty_block(number: u64, parent_hash: B256, slot: u64, made: u64) -> L1Block {
    let hash = hash_of(parent_hash, slot, made);
    let timestamp_s = L1_GENESIS_S.saturating_add(slot.saturating_mul(SLOT_S));
    L1Block {
        at: BlockRef {
            number,
            hash,
            parent_hash,
            timestamp_s,
        },
        slot,
        origin: L1Origin {
            number,
            hash,
            timestamp_s,
            base_fee_wei: 7_000_000_000,
            blob_base_fee_wei: 1,
            prev_randao: keccak256(hash),
            parent_beacon_root: keccak256(parent_hash),
        },
        deposits: Vec::new(),
        batches: Vec::new(),
        bases: Vec::new(),
        verdicts: Vec::new(),
        proven_epochs: Vec::new(),
        windows_changed: false,
    }
}

impl SimL1 {
    pub(crate) fn new() -> Self {
        Self {
            chain: vec![Entry {
                block: Arc::new(first_block()),
                inbox: SimInbox::default(),
            }],
            pool: Vec::new(),
            blobs: BTreeMap::new(),
            missed: Vec::new(),
            hidden_until_ms: 0,
            made: 0,
        }
    }

    /// The block of a height.
    pub(crate) fn entry(&self, number: u64) -> Option<&Entry> {
        self.chain
            .get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    pub(crate) fn head(&self) -> Option<&Entry> {
        self.chain.last()
    }

    /// Height of the head.
    pub(crate) fn height(&self) -> u64 {
        self.chain.len() as u64
    }

    pub(crate) fn finalized(&self) -> u64 {
        self.height().saturating_sub(FINAL_AFTER).max(1)
    }

    /// A batch for one slot arrives.
    pub(crate) fn offer(&mut self, posting: Posting) {
        self.pool.push(posting);
    }

    /// The newest blocks are gone.
    pub(crate) fn reorg(&mut self, depth: u64) {
        for _ in 0..depth {
            if self.height() > self.finalized().saturating_add(1) {
                self.chain.pop();
            }
        }
    }

    /// A slot begins: its block, unless it is missed, and what became of batches.
    pub(crate) fn slot(&mut self, rules: &Rules, slot: u64, chance: &mut Chance) -> Vec<String> {
        let mut said = Vec::new();
        self.pool.retain(|posting| posting.slot >= slot);
        if self.missed.contains(&slot) {
            said.push(format!("slot {slot} is missed"));
            return said;
        }
        let Some(parent) = self.chain.last().cloned() else {
            return said;
        };
        self.made = self.made.saturating_add(1);
        let number = parent.block.at.number.saturating_add(1);
        let mut block = empty_block(number, parent.block.at.hash, slot, self.made);
        for index in 0..chance.between(0, 2) / 2 {
            block
                .deposits
                .push(deposit(block.at.hash, index, self.made));
        }
        let mut inbox = parent.inbox;
        let due: Vec<_> = self
            .pool
            .iter()
            .filter(|p| p.slot == slot)
            .cloned()
            .collect();
        for (index, posting) in due.into_iter().enumerate() {
            let canonical = |number: u64| self.entry(number).map(|entry| entry.block.at.hash);
            let (first, last) = (posting.batch.firstBlock, posting.batch.lastBlock);
            match inbox.post(rules, &posting, slot, canonical, number) {
                Err(reason) => said.push(format!(
                    "L1 {number} refuses blocks {first}-{last} of gateway {}: {reason}",
                    posting.by
                )),
                Ok(taken) => {
                    said.push(format!(
                        "L1 {number} takes batch {} with blocks {first}-{last} of gateway {}",
                        taken.id, taken.gateway
                    ));
                    let signature = Bytes::from(posting.signature.as_bytes().to_vec());
                    block.bases.push(StoredBase {
                        gateway: taken.gateway,
                        hash: taken.batch.base,
                        base: posting.base.0,
                        signature: Bytes::from(posting.base.1.as_bytes().to_vec()),
                        log_index: index as u64,
                    });
                    self.blobs.insert((block.at.hash, taken.id), posting.blobs);
                    block.batches.push(PostedBatch {
                        id: taken.id,
                        gateway: taken.gateway,
                        parent_id: taken.parent_id,
                        batch: taken.batch,
                        signature,
                        at: block.at,
                        slot,
                        log_index: index as u64,
                        tx: taken.hash,
                    });
                }
            }
        }
        self.chain.push(Entry {
            block: Arc::new(block),
            inbox,
        });
        said
    }
}

fn deposit(l1_hash: B256, index: u64, value: u64) -> TxDeposit {
    TxDeposit {
        source_hash: user_deposit_source(l1_hash, index),
        from: Address::repeat_byte(0xd0),
        to: TxKind::Call(Address::repeat_byte(0xd1)),
        mint: u128::from(value),
        value: U256::from(value),
        gas_limit: 60_000,
        is_system_transaction: false,
        input: Bytes::new(),
    }
}
