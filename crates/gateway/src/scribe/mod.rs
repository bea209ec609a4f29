//! The scribe: log, sync, sign, publish, in this order and nowhere else.
//!
//! It takes cuts from the sequencer and block hashes from the sealer, gives each its place in the
//! turn, appends them to the promise log and makes the whole batch durable with one sync. Only
//! then does it sign and publish. The moment the sync returns, the sequencer may cut again.

mod actor;

pub use actor::{Scribe, ScribeInput};
