//! Executed transactions on their way to becoming promises: cut into frags, logged, signed.

mod cut;
mod published;
#[cfg(test)]
pub(crate) mod sample;
mod turn_start;

pub use cut::{BlockStart, Cut, PromisedTx};
pub use published::{PublishedFrag, SignedBase};
pub use turn_start::TurnStart;
