//! The API over a chain in memory, asked by an HTTP client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod blobs;
mod blocks;
mod chain;
mod duties;
mod events;
mod memory;
mod states;
