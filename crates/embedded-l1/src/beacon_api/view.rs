use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use forebond_beacon::{
    containers::{BeaconState, SignedBeaconBlock},
    preset::Preset,
};
use tokio::sync::broadcast;

use super::ChainEvent;
use crate::consensus::Consensus;

/// A block by place and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
    /// Its slot.
    pub slot: u64,
    /// Its root.
    pub root: B256,
}

/// What the API needs to see of a chain.
///
/// 1. No method blocks for long: readers share short locks with the node.
/// 2. Answers of one method are consistent in themselves; between two calls the chain may move on.
/// 3. Missing is `None`: not known, not kept any more, or withheld. The API says 404 then.
pub trait BeaconView<P: Preset>: Send + Sync + 'static {
    /// Rules and constants of the chain.
    fn consensus(&self) -> Consensus<P>;

    /// The slot that the clock says, empty or not. States exist up to it.
    fn clock_slot(&self) -> u64;

    /// The newest canonical block.
    fn head(&self) -> BlockRef;

    /// The newest canonical block at or before `slot`.
    fn canonical_at_or_before(&self, slot: u64) -> Option<BlockRef>;

    /// A block of any branch.
    fn block(&self, root: B256) -> Option<Arc<SignedBeaconBlock<P>>>;

    /// The canonical state of `slot`: after its block, or advanced to it when it is empty.
    fn state_at(&self, slot: u64) -> Option<BeaconState<P>>;

    /// The state with this root, if it is kept.
    fn state_by_root(&self, state_root: B256) -> Option<BeaconState<P>>;

    /// The blobs of a block in order, 131,072 bytes each.
    fn blobs(&self, block_root: B256) -> Option<Vec<Bytes>>;

    /// What happens from now on. The channel's capacity is how far a reader may fall behind.
    fn events(&self) -> broadcast::Receiver<ChainEvent>;
}
