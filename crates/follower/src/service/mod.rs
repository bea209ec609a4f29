//! A follower as a running service: one thread for what it decides, tasks that move bytes.
//!
//! ```text
//! L1 events ──┐                          ┌─► blobs of batches, from beacon nodes ──┐
//! streams ────┼─► inputs (4,096) ─► thread ─► wants (256) ─┤                                           ├─► inputs
//! gossip ─────┘                          └─► ranges and markers, from peers ────────┘
//! ```

mod catching_up;
mod evidence;
mod fetching;
mod forward;
mod gossip;
mod history;
mod judge;
mod links;
mod listening;
mod net_options;
mod peers;
mod publishing;
mod run;
mod standing;
mod tap;

use forebond_runtime::now_ms;

pub use forward::{ACCEPT_METHOD, Forwarder};
pub use links::Links;
pub use net_options::{NetOptions, NetOptionsError};
pub use run::{FollowerService, MakePilot, Pilot, ServiceConfig, start};
pub use standing::ServiceStanding;
pub use tap::Tap;

use crate::core::{Heard, Want};
use alloy_eips::eip4844::Blob;
use forebond_settlement::{L1Event, PostedBatch};
use std::time::Duration;

/// Inputs that may wait for the thread.
const INPUTS: usize = 4_096;
/// Wants that may wait to be fetched.
const WANTS: usize = 256;
/// How long a task waits before it tries a full queue again.
const RETRY_FULL: Duration = Duration::from_millis(1);

/// What the thread is told.
#[derive(Debug)]
enum Input {
    L1(Box<L1Event>),
    Blobs(Box<PostedBatch>, Vec<Box<Blob>>),
    Heard(Box<Heard>),
    Stop,
}

/// Puts an input into the queue; waits while it is full. `false` when the thread is gone.
async fn put(inputs: &crossbeam_channel::Sender<Input>, input: Input) -> bool {
    let mut input = input;
    loop {
        match inputs.try_send(input) {
            Ok(()) => return true,
            Err(crossbeam_channel::TrySendError::Disconnected(_)) => return false,
            Err(crossbeam_channel::TrySendError::Full(back)) => {
                input = back;
                tokio::time::sleep(RETRY_FULL).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;

type Wants = tokio::sync::mpsc::Receiver<Want>;
