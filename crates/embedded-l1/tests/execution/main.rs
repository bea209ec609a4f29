//! The execution half against what Ethereum's specifications say, with real signatures and real KZG proofs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod blobs;
mod forks;
mod pool;
mod rules;
mod world;
