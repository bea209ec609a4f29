use crate::pool::PoolEntry;
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, U256};
use forebond_exec::PreparedTx;
use std::{sync::Arc, time::Instant};

/// A prepared transaction with the moment it came in.
#[derive(Clone, Debug)]
pub struct Pooled {
    /// The transaction.
    pub tx: Arc<PreparedTx>,
    /// When its bytes were received, for the latency figures.
    pub received: Instant,
}

impl PoolEntry for Pooled {
    fn hash(&self) -> B256 {
        self.tx.hash()
    }
    fn sender(&self) -> Address {
        self.tx.sender()
    }
    fn nonce(&self) -> u64 {
        self.tx.envelope().nonce()
    }
    fn max_fee_per_gas(&self) -> u128 {
        self.tx.envelope().max_fee_per_gas()
    }
    fn max_priority_fee_per_gas(&self) -> u128 {
        let envelope = self.tx.envelope();
        envelope
            .max_priority_fee_per_gas()
            .unwrap_or_else(|| envelope.max_fee_per_gas())
    }
    fn gas_limit(&self) -> u64 {
        self.tx.envelope().gas_limit()
    }
    fn max_cost_wei(&self) -> U256 {
        self.tx.max_cost_wei()
    }
    fn size_bytes(&self) -> usize {
        // The raw bytes stand once, their decoded form beside them, and some bookkeeping.
        self.tx.raw().len().saturating_mul(2).saturating_add(512)
    }
}
