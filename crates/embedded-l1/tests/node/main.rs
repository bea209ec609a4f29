//! Both halves as one chain in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod beacon;
mod chain;
mod reorgs;
mod scripts;
mod world;
