//! Scenarios that run on three L1s: ours, the published clients', and anvil.
//!
//! [`world`] starts them and lets their slots pass; [`scenario`] tells what happens, over HTTP alone, with the same clients,
//! messages and bindings that the product uses.

pub mod scenario;
pub mod world;
