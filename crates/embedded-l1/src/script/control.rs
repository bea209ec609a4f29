//! A handle to a running chain.

use std::sync::Arc;

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Action, Reorg, ScriptError};

/// Where the chain stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The newest slot that is over or has its block.
    pub slot: u64,
    /// Slot of the newest block.
    pub head_slot: u64,
    /// Root of the newest beacon block.
    pub head_root: B256,
    /// Number of the newest execution block.
    pub block_number: u64,
    /// Newest justified epoch.
    pub justified_epoch: u64,
    /// Newest finalized epoch.
    pub finalized_epoch: u64,
    /// No blocks are made at present.
    pub stalled: bool,
}

/// What a chain lets be done to it. Implemented by the node; each call is whole when it returns.
pub trait Scripted: Send + Sync + 'static {
    /// Plans an action for a slot that is not over.
    ///
    /// # Errors
    /// [`ScriptError`].
    fn plan(&self, slot: u64, action: Action) -> Result<(), ScriptError>;

    /// Replaces the newest slots now.
    ///
    /// # Errors
    /// [`ScriptError::ReorgDepth`], and what the halves say.
    fn reorg(&self, reorg: Reorg) -> Result<Status, ScriptError>;

    /// Lets slots pass: their blocks are made at once.
    ///
    /// # Errors
    /// [`ScriptError::RealTime`], and what the halves say; slots before the error have passed.
    fn advance(&self, slots: u64) -> Result<Status, ScriptError>;

    /// Stops or goes on making blocks.
    fn set_stalled(&self, stalled: bool);

    /// From now on so many percent of the validators attest.
    ///
    /// # Errors
    /// [`ScriptError::Percent`].
    fn set_attesting_percent(&self, percent: u8) -> Result<(), ScriptError>;

    /// Stops or goes on serving the blobs of a block that exists.
    ///
    /// # Errors
    /// [`ScriptError::NoBlock`].
    fn set_blobs_hidden(&self, slot: u64, hidden: bool) -> Result<(), ScriptError>;

    /// Where the chain stands.
    fn status(&self) -> Status;

    /// Where the chain stands, with each change; only the newest is kept.
    fn watch(&self) -> watch::Receiver<Status>;
}

/// A handle to a running chain; clones control the same one.
#[derive(Clone)]
pub struct Control(Arc<dyn Scripted>);

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Control").field(&self.status()).finish()
    }
}

impl Control {
    pub(crate) fn new(node: Arc<dyn Scripted>) -> Self {
        Self(node)
    }

    /// Plans an action for a slot that is not over.
    ///
    /// # Errors
    /// [`ScriptError::SlotOver`], [`ScriptError::PlanFull`], [`ScriptError::Percent`].
    pub fn plan(&self, slot: u64, action: Action) -> Result<(), ScriptError> {
        self.0.plan(slot, action)
    }

    /// Plans that the next slot stays without a block; says which one.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn skip_next_slot(&self) -> Result<u64, ScriptError> {
        let slot = self.status().slot.saturating_add(1);
        self.plan(slot, Action::Skip).map(|()| slot)
    }

    /// Replaces the newest `depth` slots by empty blocks now; their transactions wait again.
    ///
    /// # Errors
    /// [`ScriptError::ReorgDepth`] beyond what is finalized.
    pub fn reorg(&self, depth: u64) -> Result<Status, ScriptError> {
        self.reorg_as(Reorg {
            depth,
            miss_first: false,
            with_transactions: false,
        })
    }

    /// Replaces the newest slots now.
    ///
    /// # Errors
    /// [`ScriptError::ReorgDepth`] beyond what is finalized.
    pub fn reorg_as(&self, reorg: Reorg) -> Result<Status, ScriptError> {
        self.0.reorg(reorg)
    }

    /// Lets slots pass in virtual time.
    ///
    /// # Errors
    /// [`ScriptError::RealTime`] when the clock moves the chain.
    pub fn advance_slots(&self, slots: u64) -> Result<Status, ScriptError> {
        self.0.advance(slots)
    }

    /// Makes no more blocks.
    pub fn stall(&self) {
        self.0.set_stalled(true);
    }

    /// Goes on making blocks.
    pub fn resume(&self) {
        self.0.set_stalled(false);
    }

    /// From now on so many percent of the validators attest; under 67 finality stops.
    ///
    /// # Errors
    /// [`ScriptError::Percent`] above 100.
    pub fn set_attesting_percent(&self, percent: u8) -> Result<(), ScriptError> {
        self.0.set_attesting_percent(percent)
    }

    /// No longer serves the blobs of the block at `slot`.
    ///
    /// # Errors
    /// [`ScriptError::NoBlock`].
    pub fn hide_blobs(&self, slot: u64) -> Result<(), ScriptError> {
        self.0.set_blobs_hidden(slot, true)
    }

    /// Serves them again.
    ///
    /// # Errors
    /// [`ScriptError::NoBlock`].
    pub fn show_blobs(&self, slot: u64) -> Result<(), ScriptError> {
        self.0.set_blobs_hidden(slot, false)
    }

    /// Where the chain stands.
    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// Where the chain stands, with each change; only the newest is kept.
    pub fn watch(&self) -> watch::Receiver<Status> {
        self.0.watch()
    }
}
