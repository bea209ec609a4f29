//! When to post which blocks (R1, R5): pure. The rest of the crate reads the situation and does what is decided.
//!
//! - In a slot of its own window a gateway posts under that window's Base: first what it covers of its predecessors (blocks up to
//!   `Base.parentBlock`), then its own, never beyond its turn.
//! - In somebody else's window it posts what it could not post in its own (a missed slot, a reorg), up to the `parentBlock` of the
//!   present owner's signed Base, which is the permit; the successor is given a slot to cover first.
//! - One batch is under way at a time: a batch names its parent.

mod decide;
mod late;
mod own;
mod parent;
mod situation;

pub use decide::decide;
pub use parent::{Ancestor, Parent, first_block, parent_of, still_fits};
pub use situation::{Decision, Hold, Order, Permit, Policy, Rules, SealedBlock, Situation, Why};

#[cfg(test)]
mod tests;
