//! Ethereum's JSON-RPC over HTTP and WebSocket on one port, and the methods that script the chain.

mod admin;
mod chain;
mod snapshot;

pub use admin::admin_module;
pub use chain::L1Chain;
