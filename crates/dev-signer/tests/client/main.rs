//! The client and its database against signers that lie, stall, lock out, change, and fall silent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod support;

mod changes;
mod check;
mod honest;
mod lies;
mod locks;
mod outages;
mod restarts;
mod tls;
mod world;
