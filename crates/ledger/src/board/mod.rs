//! What everybody may see: the published view, promises by transaction hash, and who waits.
//!
//! One writer ([`Publisher`], on the scribe's thread) replaces an immutable [`View`]; readers take
//! the newest one without a lock the writer could wait for.

mod publisher;
mod shared;
mod view;
mod waiters;

pub use publisher::Publisher;
pub use shared::{Board, Event, Promise, Settled};
pub use view::{UnsealedBlock, View};
pub use waiters::{Outcome, Waiters};
