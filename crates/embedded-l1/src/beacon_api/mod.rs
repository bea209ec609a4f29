//! The Beacon API of the embedded L1 (ethereum/beacon-APIs), as far as a preconfirmation node, a validator sidecar or a
//! test asks: chain constants, node status, headers, blocks, states, validators, proposer duties, blobs, events.
//!
//! The server sees the chain through [`BeaconView`] only and listens on the loopback interface. Answers are JSON with
//! quoted integers, or SSZ where the specification offers it; errors are `{code, message}`.

mod blobs;
mod blocks;
mod chain;
mod duties;
mod events;
mod ids;
mod node;
mod query;
mod reply;
mod server;
mod spec;
mod states;
mod validators;
mod view;

pub use events::{ChainEvent, HeadEvent};
pub use server::{BeaconApi, BeaconApiError, BeaconApiOptions};
pub use view::{BeaconView, BlockRef};

#[cfg(test)]
mod tests;
