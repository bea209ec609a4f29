//! The JSON-RPC of a running L1, over real sockets, and the tools people use against it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod admin;
mod beacon;
mod client;
mod eth;
mod subscriptions;
mod tools;
mod world;
