//! The execution client's `eth_` RPC, with a deadline on each request and typed errors.

mod client;
mod receipts;

pub use client::{BlockRef, ExecutionClient, ExecutionConfig, FeeMarket};
