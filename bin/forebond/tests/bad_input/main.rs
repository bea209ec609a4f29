//! Bad input against the real binary: whatever comes, it answers with a standard error or closes
//! the connection, loses nothing, keeps its memory, and goes on giving promises.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

#[path = "../support/mod.rs"]
mod support;

mod connections;
mod nonces;
mod requests;
mod storm;
mod transactions;

use support::{Gateway, Wallet};

/// Account that only ever sends good transactions.
const GOOD: usize = 9;

/// What every test here ends with: the gateway still answers, promises, and ends without a panic.
fn finish(gateway: Gateway) {
    gateway.assert_promises(&Wallet::dev(GOOD));
    gateway.stop();
}
