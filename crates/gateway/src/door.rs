//! The way from the RPC to the sequencer. It is open while this process sequences, or is about to; closed, transactions are
//! forwarded to the gateway whose turn it is.

use crate::sequencer::{SequencerInput, Submission};
use alloy_primitives::Bytes;
use arc_swap::ArcSwapOption;
use crossbeam_channel::Sender;
use forebond_rpc::SubmitError;
use std::{future::Future, pin::Pin, sync::Arc};

/// Both ways to one sequencer.
#[derive(Debug)]
pub struct Door {
    /// Transactions.
    pub submissions: Sender<Submission>,
    /// Questions and orders.
    pub control: Sender<SequencerInput>,
}

/// Where a door may be.
#[derive(Debug, Default)]
pub struct Doorway(ArcSwapOption<Door>);

impl Doorway {
    /// The door, if there is one.
    pub fn open(&self) -> Option<Arc<Door>> {
        self.0.load_full()
    }

    /// Puts a door in, or takes it away.
    pub fn set(&self, door: Option<Door>) {
        self.0.store(door.map(Arc::new));
    }
}

/// Sends raw transactions to whoever sequences now.
pub trait Forward: std::fmt::Debug + Send + Sync {
    /// Whether somebody else sequences now. Else it is this gateway's turn, or nobody's that is known.
    fn is_elsewhere(&self) -> bool;

    /// Resolves once the other side has taken it.
    fn send(
        &self,
        raw: Bytes,
    ) -> Pin<Box<dyn Future<Output = Result<(), SubmitError>> + Send + '_>>;

    /// The tip per gas, wei, that whoever sequences asks for.
    fn quoted_tip_wei(&self) -> u128;
}
