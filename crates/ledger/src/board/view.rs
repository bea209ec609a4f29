use crate::{
    chain::SealedBlock,
    promise::{BlockStart, PublishedFrag},
};
use forebond_exec::{StateView, StoreSnapshot};
use rpds::VectorSync;
use std::sync::Arc;

/// Everything published at one moment.
#[derive(Clone, Debug)]
pub struct View {
    /// The newest sealed block.
    pub latest: Arc<SealedBlock>,
    /// Sealed blocks the store does not hold yet, ascending; may be empty.
    pub recent: Vec<Arc<SealedBlock>>,
    /// Blocks with published frags and no seal yet, ascending.
    pub unsealed: Vec<UnsealedBlock>,
    /// State after the newest published frag.
    pub pending_state: Arc<StateView>,
    /// State after the newest sealed block.
    pub latest_state: Arc<StateView>,
    /// State after each of `recent`.
    pub recent_states: Vec<(u64, Arc<StateView>)>,
    /// What the store holds.
    pub stored: Arc<StoreSnapshot>,
}

/// A block that is still growing, or closed and being sealed.
#[derive(Clone, Debug)]
pub struct UnsealedBlock {
    /// How it starts.
    pub start: Arc<BlockStart>,
    /// Its published frags.
    pub frags: VectorSync<Arc<PublishedFrag>>,
    /// Transactions in them.
    pub transactions: u32,
    /// Gas used by them.
    pub gas_used: u64,
}

impl View {
    /// The newest block, sealed or not.
    pub fn pending_number(&self) -> u64 {
        self.unsealed
            .last()
            .map_or(self.latest.number(), |block| block.start.opening.number)
    }
}
