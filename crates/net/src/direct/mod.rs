//! The simple alternative to gossip: a WebSocket to a gateway's stream, and plain requests for what was missed.
//!
//! [`follow`] subscribes to `envelopes` from a block on, reads hex of [`Envelope::encode`](forebond_types::Envelope::encode)
//! and a heartbeat every second, reconnects with growing waits, takes up where it left off, and runs every message through
//! the same checks as gossip. A slow reader is felt by the server (nothing is dropped here). [`Fetcher`] asks
//! `forebond_getEnvelopes` and applies the rules of range answers.

mod fetch;
mod notice;
mod stream;

pub use fetch::{FetchError, Fetcher};
pub use stream::{StreamConfig, StreamError, follow};
