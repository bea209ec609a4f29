use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use forebond_exec::{Changes, Executed, PreparedTx};
use forebond_protocol::{BlockClock, OrderingRule, PromisesTree, Turn};
use forebond_rollup::op::{self, BlockOpening, ChainConfig, L1Origin};
use forebond_types::{Frag, Leaf};
use op_alloy_consensus::OpReceiptEnvelope;
use std::{sync::Arc, time::Instant};

/// An executed transaction with everything its promise says.
#[derive(Clone, Debug)]
pub struct PromisedTx {
    /// The transaction.
    pub tx: Arc<PreparedTx>,
    /// What is promised.
    pub leaf: Leaf,
    /// The consensus receipt.
    pub receipt: OpReceiptEnvelope,
    /// Its EIP-2718 bytes; the leaf holds their hash.
    pub receipt_bytes: Bytes,
    /// The canonical write set; the leaf holds its hash.
    pub writes: Bytes,
    /// Gas it used.
    pub gas_used: u64,
    /// Price per gas it paid, wei.
    pub effective_gas_price_wei: u128,
    /// L1 data fee it paid, wei.
    pub l1_fee_wei: U256,
    /// Contract it created.
    pub created: Option<Address>,
    /// Index in the block of its first log.
    pub first_log: u64,
    /// When its bytes were received; none for deposits and after a replay.
    pub received: Option<Instant>,
}

impl PromisedTx {
    /// Makes the promise of an executed transaction. Hashes, so it costs a few microseconds.
    pub fn new(
        tx: Arc<PreparedTx>,
        executed: &Executed,
        coverage_wei: u128,
        received: Option<Instant>,
    ) -> Self {
        let receipt_bytes = Bytes::from(executed.receipt.encoded_2718());
        let writes = Bytes::from(executed.changes.write_set().encode());
        let leaf = Leaf {
            index: u64::from(executed.index),
            tx_hash: tx.hash(),
            sender: tx.sender(),
            receipt_hash: keccak256(&receipt_bytes),
            writes_hash: keccak256(&writes),
            coverage: coverage_wei,
        };
        Self {
            tx,
            leaf,
            receipt: executed.receipt.clone(),
            receipt_bytes,
            writes,
            gas_used: executed.gas_used,
            effective_gas_price_wei: executed.effective_gas_price_wei,
            l1_fee_wei: executed.l1_fee_wei,
            created: executed.created,
            first_log: executed.first_log,
            received,
        }
    }
}

/// How a block starts: what the first frag of it fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockStart {
    /// Number, timestamp and environment.
    pub opening: BlockOpening,
    /// The L1 block it builds on.
    pub origin: L1Origin,
    /// Blocks of the same origin before this one.
    pub origin_sequence: u64,
}

impl BlockStart {
    /// How the block after this one starts on `origin`; `gas_used` is what this one used. It needs nothing of this block's seal, so
    /// the next block opens at once.
    pub fn next(
        &self,
        config: &ChainConfig,
        clock: &BlockClock,
        origin: L1Origin,
        gas_used: u64,
    ) -> Self {
        let number = self.opening.number.saturating_add(1);
        let base_fee = op::next_base_fee(config, self.opening.env.baseFee, gas_used);
        let same = origin.number == self.origin.number;
        Self {
            opening: op::open_block(config, number, clock.timestamp_s(number), base_fee, &origin),
            origin,
            origin_sequence: if same {
                self.origin_sequence.saturating_add(1)
            } else {
                0
            },
        }
    }
}

/// A run of executed transactions of one block that becomes one frag. The order of cuts is the
/// order of the chain: nothing that was executed is left out of one.
#[derive(Debug)]
pub struct Cut {
    /// The block.
    pub start: Arc<BlockStart>,
    /// The transactions, in order; at least one.
    pub transactions: Vec<Arc<PromisedTx>>,
    /// What the system calls and the transactions changed, in order.
    pub changes: Vec<Changes>,
    /// Gas used in the block up to and with this cut.
    pub gas_used: u64,
    /// Coverage since the base up to and with this cut, wei.
    pub window_coverage_wei: u128,
    /// Struct hash of the block environment.
    pub env_hash: B256,
    /// The declared order.
    pub ordering_rule: OrderingRule,
    /// When the sequencer cut it.
    pub cut_at: Instant,
}

impl Cut {
    /// The frag this cut becomes as the next one of `turn`, issued at `now_ms` (Unix) or with the one before if clocks went back, and
    /// the tree behind its promises. None for an empty cut.
    pub fn message(&self, turn: &Turn, now_ms: u64) -> Option<(Frag, PromisesTree)> {
        let leaves = self.transactions.iter().map(|tx| tx.leaf.hash()).collect();
        let tree = PromisesTree::new(leaves)?;
        let first_index = self.transactions.first().map_or(0, |tx| tx.leaf.index);
        let opening = &self.start.opening;
        let frag = Frag {
            base: turn.base_hash(),
            blockNumber: opening.number,
            sequence: turn.next_sequence(),
            previousFrag: turn.previous_frag(),
            timestamp: opening.timestamp_s,
            l1OriginNumber: self.start.origin.number,
            l1OriginHash: self.start.origin.hash,
            issuedAtMs: now_ms.max(turn.last_issued_at_ms()),
            firstTransaction: u32::try_from(first_index).unwrap_or(u32::MAX),
            transactionCount: u32::try_from(self.transactions.len()).unwrap_or(u32::MAX),
            promisesRoot: tree.root(),
            gasUsed: self.gas_used,
            windowCoverage: self.window_coverage_wei,
            orderingRule: self.ordering_rule.id(),
            blockEnv: self.env_hash,
        };
        Some((frag, tree))
    }
}
