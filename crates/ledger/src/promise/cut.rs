use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use forebond_exec::{Changes, Executed, PreparedTx};
use forebond_protocol::OrderingRule;
use forebond_rollup::op::{BlockOpening, L1Origin};
use forebond_types::Leaf;
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
