//! Proofs made by the executable specification verify here, ours equal them, and every way of bending one is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at the first surprise"
)]

mod made_here;
mod mainnet_sizes;
mod oracle;
mod refusals;
mod vectors;
