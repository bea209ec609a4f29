#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod chain;
mod oracle;
mod refusals;
pub(crate) mod world;
