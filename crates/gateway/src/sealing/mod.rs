//! The sealer: state root, tries and header of closed blocks, off the sequencing thread.

use crate::{
    metrics::StageMetrics,
    promise::{BlockStart, PromisedTx},
    scribe::{ScribeInput, SealedHeader},
    sequencer::SequencerInput,
};
use alloy_consensus::{Header, TxReceipt, proofs::ordered_trie_root_with_encoder};
use alloy_primitives::{B256, Bloom};
use crossbeam_channel::{Receiver, Sender};
use forebond_exec::{StateDiff, StateTrie};
use forebond_rollup::op::{self, BlockTotals};
use std::{sync::Arc, time::Instant};

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
}

/// Computes roots and hashes, block after block.
#[derive(Debug)]
pub struct Sealer {
    trie: StateTrie,
    parent_hash: B256,
}

impl Sealer {
    /// A sealer on top of a block with this hash and state.
    pub const fn new(trie: StateTrie, parent_hash: B256) -> Self {
        Self { trie, parent_hash }
    }

    /// Hash of the newest sealed block.
    pub const fn parent_hash(&self) -> B256 {
        self.parent_hash
    }

    /// The header of the next block, with its hash.
    pub fn seal(&mut self, block: &ClosedBlock) -> (Header, B256) {
        self.trie.apply(&block.diff);
        let withdrawals_root = self.trie.storage_root(op::L2_TO_L1_MESSAGE_PASSER);
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
            state_root: self.trie.root(),
            transactions_root: ordered_trie_root_with_encoder(&transactions, |raw, out| {
                out.extend_from_slice(raw)
            }),
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

    /// Seals what comes until the sequencer is gone.
    pub fn run(
        mut self,
        input: &Receiver<ClosedBlock>,
        scribe: &Sender<ScribeInput>,
        sequencer: &Sender<SequencerInput>,
        metrics: &StageMetrics,
    ) {
        while let Ok(block) = input.recv() {
            let started = Instant::now();
            let (header, hash) = self.seal(&block);
            metrics.seal.observe(started.elapsed().as_secs_f64());
            metrics
                .sealed_block
                .set(i64::try_from(header.number).unwrap_or(i64::MAX));
            let number = header.number;
            // The sequencer may be gone already when the gateway stops.
            let _ = sequencer.send(SequencerInput::ParentSealed { number, hash });
            let sealed = SealedHeader {
                header,
                hash,
                diff: block.diff,
            };
            if scribe.send(ScribeInput::Sealed(Box::new(sealed))).is_err() {
                return;
            }
        }
    }
}
