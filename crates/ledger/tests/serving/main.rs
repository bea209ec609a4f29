//! The methods every process of a rollup answers, asked as a client asks them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

mod asked;
mod promised;
mod proven;
mod ranges;
mod standing;
mod stream;
#[path = "../following/world/mod.rs"]
mod world;
