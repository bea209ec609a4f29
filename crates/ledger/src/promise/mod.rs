//! Executed transactions on their way to becoming promises: cut into frags, logged, signed.

mod cut;
mod published;
#[cfg(test)]
pub(crate) mod sample;

pub use cut::{BlockStart, Cut, PromisedTx};
pub use published::{PublishedFrag, SignedBase};
