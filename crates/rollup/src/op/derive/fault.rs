//! Why a batch does not count, or cannot be said to count yet.

use crate::op::channel::{DecodeError, MAX_BLOCKS};
use alloy_primitives::B256;

/// What follows from a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The batch does not derive to its claim and never will: as if it had not been posted (R4).
    Void,
    /// It stands on another batch than the newest one that counts. No fault of its poster.
    Orphaned,
    /// Something of L1 is not known, or L1 has changed: look again, after a rewind if a hash differs.
    Undecided,
}

/// Why a batch does not count, or cannot be said to count yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchFault {
    /// It names another parent than the newest batch that counts.
    #[error("stands on batch {got}, the newest one that counts is {expected}")]
    ParentBatch {
        /// The newest batch that counts.
        expected: B256,
        /// `parentBatch` of the claim.
        got: B256,
    },
    /// L1 blocks that are needed are not known.
    #[error("L1 block {number} is not known yet")]
    UnknownOrigin {
        /// Which.
        number: u64,
    },
    /// Deposits that are needed are not known.
    #[error("the deposits of L1 block {number} are not known yet")]
    UnknownDeposits {
        /// Which.
        number: u64,
    },
    /// The head stands on an L1 block that is not in the chain any more: rewind first.
    #[error("the head's origin {number} is {head} and L1's {l1}: rewind the head first")]
    HeadOriginReplaced {
        /// Which.
        number: u64,
        /// As the head has it.
        head: B256,
        /// As L1 has it.
        l1: B256,
    },
    /// Not all of its blobs are here.
    #[error("the claim names {expected} blobs, {got} are here")]
    Blobs {
        /// Blobs of the claim.
        expected: usize,
        /// Blobs brought.
        got: usize,
    },
    /// Its blobs are no batch.
    #[error("the blobs are no batch: {0}")]
    Data(#[from] DecodeError),
    /// It does not begin behind the head: it leaves a gap that is not filled yet, or comes after nodes filled the blocks.
    #[error("the next block is {expected}, the batch begins with {got}")]
    FirstBlock {
        /// Head + 1.
        expected: u64,
        /// `firstBlock` of the claim.
        got: u64,
    },
    /// The claim is about no blocks, or about more than a batch may hold.
    #[error("blocks {first} to {last} are not 1 to {MAX_BLOCKS} blocks")]
    Range {
        /// `firstBlock` of the claim.
        first: u64,
        /// `lastBlock` of the claim.
        last: u64,
    },
    /// The data holds another number of blocks than the claim.
    #[error("the claim is about {expected} blocks, the data holds {got}")]
    BlockCount {
        /// Blocks of the claim.
        expected: u64,
        /// Blocks in the data, or executed.
        got: usize,
    },
    /// Claim or data name another parent.
    #[error("block {number}: parent is {expected}, the batch says {got}")]
    ParentHash {
        /// Which block.
        number: u64,
        /// Hash of the block before.
        expected: B256,
        /// What claim or data say.
        got: B256,
    },
    /// Not genesis + height × block time.
    #[error("block {number}: timestamp is {expected}, the batch says {got}")]
    Timestamp {
        /// Which block.
        number: u64,
        /// Unix seconds.
        expected: u64,
        /// Unix seconds.
        got: u64,
    },
    /// The origin goes back, or skips an L1 block and so its deposits.
    #[error("block {number}: origin is {parent} or the one after, the batch says {got}")]
    OriginStep {
        /// Which block.
        number: u64,
        /// The parent's origin.
        parent: u64,
        /// What the batch says.
        got: u64,
    },
    /// The origin was not in L1 when the batch was posted.
    #[error("block {number}: origin {got} is not below the batch's own L1 block {l1_block}")]
    OriginNotPast {
        /// Which block.
        number: u64,
        /// L1 block of the batch.
        l1_block: u64,
        /// What the batch says.
        got: u64,
    },
    /// An origin that is not in L1.
    #[error("block {number}: L1 block {origin} is {expected}, the batch says {got}")]
    ForeignOrigin {
        /// Which block.
        number: u64,
        /// Height of the origin.
        origin: u64,
        /// As L1 has it.
        expected: B256,
        /// What the batch says.
        got: B256,
    },
    /// The origin is younger than the block.
    #[error("block {number} of {timestamp_s} s cannot stand on an L1 block of {origin_s} s")]
    OriginAhead {
        /// Which block.
        number: u64,
        /// Unix seconds of the block.
        timestamp_s: u64,
        /// Unix seconds of the origin.
        origin_s: u64,
    },
    /// The origin lags further behind than it may: deposits would be censored (R23).
    #[error("block {number}: origin {origin} is more than {limit} L1 blocks behind at its time")]
    OriginLag {
        /// Which block.
        number: u64,
        /// Height of the origin.
        origin: u64,
        /// `maxOriginLag`.
        limit: u64,
    },
    /// A transaction that no user can have sent: empty, a deposit, a blob carrier, or of an unknown type.
    #[error(
        "block {number}: transaction {index} of the batch begins with {got:?}, which no user's transaction does"
    )]
    TransactionType {
        /// Which block.
        number: u64,
        /// Place among the batch's transactions of this block.
        index: usize,
        /// Its first byte; none if it is empty.
        got: Option<u8>,
    },
    /// A transaction that cannot be executed where it stands. Said by whoever executes.
    #[error("block {number}: transaction {index} cannot be executed: {reason}")]
    Transaction {
        /// Which block.
        number: u64,
        /// Place in the block, deposits counted.
        index: usize,
        /// What the executor says.
        reason: String,
    },
    /// The claim says another last origin than the data.
    #[error("the last origin is {expected:?}, the claim says {got:?}")]
    LastOrigin {
        /// Of the last block.
        expected: (u64, B256),
        /// Of the claim.
        got: (u64, B256),
    },
    /// The last block has another hash than the claim says.
    #[error("the last block is {expected}, the claim says {got}")]
    LastBlockHash {
        /// As derived.
        expected: B256,
        /// Of the claim.
        got: B256,
    },
    /// A block in between has another hash than the claim says.
    #[error("the root over all blocks is {expected}, the claim says {got}")]
    BlocksRoot {
        /// As derived.
        expected: B256,
        /// Of the claim.
        got: B256,
    },
}

impl BatchFault {
    /// What follows from it.
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::ParentBatch { .. } => Verdict::Orphaned,
            Self::UnknownOrigin { .. }
            | Self::UnknownDeposits { .. }
            | Self::HeadOriginReplaced { .. }
            | Self::Blobs { .. } => Verdict::Undecided,
            _ => Verdict::Void,
        }
    }
}
