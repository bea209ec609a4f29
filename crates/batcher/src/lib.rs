//! Posts sealed blocks to L1 in blobs and follows them to finality.
//!
//! - [`plan`]: when to post which blocks; pure
//! - [`source`]: the gateway whose blocks they are
//! - [`pack`]: blocks to blobs, decoded again before anything is sent, and their proofs
//! - [`sign`]: batches are signed once they are on disk, and never against each other
//! - [`inbox`]: the Inbox as it stands, and the call that adds to it
//! - [`post`]: one batch on its way, slot by slot
//! - [`rewards`]: the rollup's fees, on their way to those who earned them
//! - [`report`]: what the operator sees
//! - [`role`]: the process

pub mod inbox;
pub mod pack;
pub mod plan;
pub mod post;
pub mod report;
pub mod rewards;
pub mod role;
pub mod sign;
pub mod source;

pub use role::{BatcherConfig, run};
