//! L1 as a reader of this rollup needs it: one event a block, undone before it is replaced.

#[cfg(test)]
mod faults;
mod health;
mod read;
mod run;

pub use health::FeedHealth;
pub use read::origin_of;
#[cfg(test)]
pub(crate) use read::tests::block;
pub(crate) use run::{Feed, Shared};

use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use forebond_l1::execution::BlockRef;
use forebond_rollup::op::L1Origin;
use forebond_types::{Base, Batch};
use op_alloy_consensus::TxDeposit;

/// A step of L1.
#[derive(Clone, Debug)]
pub enum L1Event {
    /// The next block, a child of the newest one applied.
    Applied(Arc<L1Block>),
    /// The newest block applied is no longer canonical.
    Undone(BlockRef),
    /// How far L1 is safe and final: numbers of blocks that were applied. Neither goes back, except that an endpoint may be
    /// replaced by one that knows less.
    Finality {
        /// L1's safe block.
        safe: u64,
        /// L1's finalized block.
        finalized: u64,
    },
}

/// What one L1 block says about the rollup. Lists are in the order of the block's logs.
#[derive(Clone, Debug, PartialEq)]
pub struct L1Block {
    /// Its place.
    pub at: BlockRef,
    /// The slot it lies in.
    pub slot: u64,
    /// What rollup blocks on it repeat.
    pub origin: L1Origin,
    /// What it adds to the first rollup block on it.
    pub deposits: Vec<TxDeposit>,
    /// Batches posted in it.
    pub batches: Vec<PostedBatch>,
    /// Bases that came with them.
    pub bases: Vec<StoredBase>,
    /// Disputes decided in it.
    pub verdicts: Vec<Verdict>,
    /// Epochs whose proposers were proven in it.
    pub proven_epochs: Vec<u64>,
    /// Whether it says anything about windows, gateways or bonds.
    pub windows_changed: bool,
}

/// A batch that the Inbox took.
#[derive(Clone, Debug, PartialEq)]
pub struct PostedBatch {
    /// Its number, from 1.
    pub id: u32,
    /// Who signed it.
    pub gateway: u32,
    /// The batch it builds on; 0 is genesis.
    pub parent_id: u32,
    /// What was signed.
    pub batch: Batch,
    /// The gateway's signatures, 65 bytes each.
    pub signature: Bytes,
    /// The L1 block.
    pub at: BlockRef,
    /// The L1 slot: where its blobs are found.
    pub slot: u64,
    /// Index of its log in the block.
    pub log_index: u64,
    /// The L1 transaction.
    pub tx: B256,
}

/// A Base that the first batch of its window brought.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredBase {
    /// Who signed it.
    pub gateway: u32,
    /// Its struct hash.
    pub hash: B256,
    /// What was signed.
    pub base: Base,
    /// The gateway's signatures, 65 bytes each.
    pub signature: Bytes,
    /// Index of its log in the block.
    pub log_index: u64,
}

/// A dispute is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The batch.
    pub batch_id: u32,
    /// Whether its claim is false: it never counted, and what was built on it is orphaned.
    pub void: bool,
    /// Index of its log in the block.
    pub log_index: u64,
}
