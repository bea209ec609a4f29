//! State root, tries and header of closed blocks.

use crate::{
    promise::{BlockStart, PromisedTx},
    proofs::Proofs,
};
use alloy_consensus::{Header, TxReceipt, proofs::ordered_trie_root_with_encoder};
use alloy_primitives::{B256, Bloom};
use forebond_exec::{StateDiff, StateTrie};
use forebond_rollup::op::{self, BlockTotals};
use std::sync::Arc;

/// A block that gets no more transactions.
#[derive(Debug)]
pub struct ClosedBlock {
    /// How it started.
    pub start: Arc<BlockStart>,
    /// Its transactions.
    pub transactions: Vec<Arc<PromisedTx>>,
    /// What it changed.
    pub diff: StateDiff,
    /// Gas used.
    pub gas_used: u64,
    /// Whether it is the last one of its turn.
    pub ends_turn: bool,
}

/// A header with its hash and what the block changed.
#[derive(Clone, Debug)]
pub struct SealedHeader {
    /// The header.
    pub header: Header,
    /// Its hash.
    pub hash: B256,
    /// Net change of the block.
    pub diff: StateDiff,
    /// Whether it is the last one of its turn.
    pub ends_turn: bool,
}

/// Root of the trie over a block's raw transactions, by index.
pub fn transactions_root<T: AsRef<[u8]>>(raw: &[T]) -> B256 {
    ordered_trie_root_with_encoder(raw, |raw, out| out.extend_from_slice(raw.as_ref()))
}

/// Computes roots and hashes, block after block.
#[derive(Debug)]
pub struct Sealer {
    proofs: Arc<Proofs>,
    parent_hash: B256,
}

impl Sealer {
    /// A sealer on top of a block with this hash and state.
    pub fn new(trie: StateTrie, parent_hash: B256) -> Self {
        Self {
            proofs: Arc::new(Proofs::new(trie)),
            parent_hash,
        }
    }

    /// Proofs of the state it stands on, for readers.
    pub const fn proofs(&self) -> &Arc<Proofs> {
        &self.proofs
    }

    /// Hash of the newest sealed block.
    pub const fn parent_hash(&self) -> B256 {
        self.parent_hash
    }

    /// Moves the state by a change that is no block's: going back.
    pub fn apply(&mut self, diff: &StateDiff) {
        self.proofs.write(|trie| trie.apply(diff));
    }

    /// The next block's parent is now this one.
    pub const fn set_parent(&mut self, hash: B256) {
        self.parent_hash = hash;
    }

    /// The header of the next block, with its hash.
    pub fn seal(&mut self, block: &ClosedBlock) -> (Header, B256) {
        let (withdrawals_root, state_root) = self.proofs.write(|trie| {
            trie.apply(&block.diff);
            (trie.storage_root(op::L2_TO_L1_MESSAGE_PASSER), trie.root())
        });
        self.proofs.keep(block.start.opening.number);
        let logs_bloom = block
            .transactions
            .iter()
            .fold(Bloom::ZERO, |bloom, promised| {
                bloom | promised.receipt.bloom()
            });
        let transactions: Vec<_> = block.transactions.iter().map(|p| p.tx.raw()).collect();
        let receipts: Vec<_> = block
            .transactions
            .iter()
            .map(|p| &p.receipt_bytes)
            .collect();
        let totals = BlockTotals {
            parent_hash: self.parent_hash,
            state_root,
            transactions_root: transactions_root(&transactions),
            receipts_root: ordered_trie_root_with_encoder(&receipts, |raw, out| {
                out.extend_from_slice(raw)
            }),
            logs_bloom,
            gas_used: block.gas_used,
            withdrawals_root,
        };
        let header = op::seal_header(&block.start.opening, &totals);
        self.parent_hash = header.hash_slow();
        (header, self.parent_hash)
    }
}
