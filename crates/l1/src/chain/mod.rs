//! L1 blocks and logs, with reorgs as the ordinary path: what is undone is always told before what replaces it.

mod follower;
mod tracker;

pub use follower::{ChainFollower, FollowerConfig};
pub use tracker::{ChainTracker, Plan, TrackerError};

use alloy_rpc_types_eth::Log;

use crate::execution::BlockRef;

/// A step of the chain as a reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum ChainEvent {
    /// The newest block that was applied is no longer canonical: undo it.
    Undone(BlockRef),
    /// The next block, a child of the newest one applied.
    Applied {
        /// The block.
        block: BlockRef,
        /// Its logs of the watched addresses, in order.
        logs: Vec<Log>,
    },
}
