//! The watcher: a follower that compares what gateways signed with what they did, and brings their faults to L1 by itself, from the
//! message to the bounty.
//!
//! - [`hearing`]: every signed message and promise, in memory and on disk
//! - [`sales`]: delegations that operators signed, and what was sold twice
//! - [`settled`]: what L1 shows, held against it: batches, windows, slots
//! - [`store`]: cases on disk; what was taken in survives `kill -9`
//! - [`court`]: what L1 shows of a case, and what its judge says to a simulation
//! - [`prosecution`]: the step a case is due
//! - [`disputes`]: false claims are disputed, and voted on
//! - [`liability`]: what a convicted gateway brought about is moved to it
//! - [`payer`]: one account pays for all of it
//! - [`serving`]: what users submit, and what they may see
//! - [`role`]: the process
//!
//! What convicts whom is [`forebond_evidence`]'s to say, and so is which step a case is due.

pub mod court;
pub mod disputes;
pub mod figures;
pub mod hearing;
pub mod liability;
pub mod payer;
pub mod prosecution;
pub mod quality;
pub mod role;
pub mod sales;
pub mod serving;
pub mod settled;
pub mod store;

pub use role::{WatcherConfig, run};

use forebond_runtime::now_ms;
