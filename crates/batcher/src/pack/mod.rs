//! Blocks to blobs, and the check that they came out right.

mod check;
mod prover;

pub(crate) use check::content;

pub use check::{PackError, Packed, pack};
pub use prover::{Proven, Prover, ProverError, Urgency};
