//! The proposer on the L1 in this process, with the real contracts, a development signer, gateways that answer or not, and a relay.
//! Slots of a second pass by the time of day.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod neighbours;
mod scene;

mod changes;
mod first_slot;
mod signers;
mod twice;
