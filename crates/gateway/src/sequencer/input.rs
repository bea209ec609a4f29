use super::Refused;
use crate::pool::{PoolStatus, Pooled};
use alloy_primitives::{Address, B256};
use forebond_exec::{PreparedTx, StoreSnapshot};
use std::sync::Arc;
use tokio::sync::oneshot;

/// What the other threads tell the sequencer.
#[derive(Debug)]
pub enum SequencerInput {
    /// The log is on disk up to here: the next frag may be cut.
    LogReady,
    /// The sealer knows the hash of a block.
    ParentSealed {
        /// The block.
        number: u64,
        /// Its hash.
        hash: B256,
    },
    /// The store holds everything up to this snapshot's head.
    Stored(Arc<StoreSnapshot>),
    /// A reader asks about the pool.
    Ask(PoolQuestion),
    /// Publish what is executed and end; the block goes on after the restart.
    Stop,
    /// End the turn now: the open block is its last one.
    EndTurn,
}

/// A transaction somebody sent.
#[derive(Debug)]
pub struct Submission {
    /// The transaction.
    pub entry: Pooled,
    /// Where the pool's verdict goes. Without it, only a refusal is told, to whoever waits for the
    /// transaction's promise: one wake-up less for a caller that wants nothing but the promise.
    pub verdict: Option<oneshot::Sender<Result<(), Refused>>>,
}

/// Questions about the pool that only its owner can answer.
#[derive(Debug)]
pub enum PoolQuestion {
    /// The sender's next nonce after promised and contiguous pooled transactions.
    NextNonce(Address, oneshot::Sender<u64>),
    /// A pooled transaction.
    Transaction(B256, oneshot::Sender<Option<Arc<PreparedTx>>>),
    /// Counts, and the minimum tip quoted now (wei per gas).
    Status(oneshot::Sender<(PoolStatus, u128)>),
}
