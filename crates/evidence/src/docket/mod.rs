//! What is remembered of signed messages, so that contradictions between them are found as they come in.
//!
//! A [`Docket`] holds what one gateway signed under one base; a [`Book`] holds dockets, within bounds, and lets nobody in whose
//! signature it did not check (R28).

mod book;
mod chain;
mod promises;
mod review;
mod roll;
mod under_base;

pub use book::{Book, Limits, Refusal};
pub use chain::Chain;
pub use review::{Posted, Standing};
pub use roll::Roll;
pub use under_base::Docket;
