//! A ledger that follows a gateway's messages, derives blocks from L1 and goes back, compared with one that derives the same chain.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

mod world;

mod bases;
mod deriving;
mod frags;
mod random;
mod restart;
mod untrue;
