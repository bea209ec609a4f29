//! The RPC over real sockets, in front of a small chain in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "a wrong answer stops the test at once"
)]

mod calls;
mod client;
mod fees;
mod filters;
mod limits;
mod logs;
mod methods;
mod promises;
mod shutdown;
mod slow_readers;
mod subscriptions;
mod world;
