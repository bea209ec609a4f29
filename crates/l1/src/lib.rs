//! What Forebond sees of L1, and how it speaks to it: beacon duties and proofs' sources, blocks and logs with reorgs as the
//! ordinary path, blobs, and a transaction sender with nonce lanes and fee bumps.
//!
//! Decisions (which blocks were undone, what fee a replacement needs, whether duties still hold) are plain synchronous code
//! in `chain::tracker`, `sender::{fees, lane}` and `beacon::duties`; the rest carries their results over HTTP. Every request
//! has a deadline, every answer a bound, every retry a limit.

pub mod beacon;
pub mod blobs;
pub mod chain;
mod error;
pub mod execution;
mod http;
mod retry;
pub mod sender;

pub use error::{Advice, L1Error};
pub use http::endpoint;
pub use retry::RetryPolicy;
