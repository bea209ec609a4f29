//! Why a block could not be built or found.

use alloy_primitives::B256;

/// An error of the execution half. None of them leaves anything changed.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    /// No block with this hash is kept.
    #[error("no block {hash} is kept; use a block that is not older than the kept ones")]
    UnknownBlock {
        /// The hash asked for.
        hash: B256,
    },
    /// Time does not move forward.
    #[error(
        "block time {got_s} is not after its parent's {parent_s}; a slot later than the parent's is needed"
    )]
    TimeNotAfterParent {
        /// Timestamp of the parent, Unix seconds.
        parent_s: u64,
        /// Timestamp asked for, Unix seconds.
        got_s: u64,
    },
    /// A system call failed: genesis lacks a system contract, or a contract at its address was replaced.
    #[error("executing the block failed: {0}; compare the system contracts with those of genesis")]
    Execution(#[from] alloy_evm::block::BlockExecutionError),
    /// KZG refused what the pool had verified; a bug.
    #[error("blob commitments do not match: {reason}")]
    Blobs {
        /// What differs.
        reason: String,
    },
}
