//! Executed transactions on their way to becoming promises: cut into frags, logged, signed.

mod cut;
mod published;
mod pooled;

pub use cut::{BlockStart, Cut, PromisedTx};
pub use pooled::Pooled;
pub use published::{PublishedFrag, SignedBase};
