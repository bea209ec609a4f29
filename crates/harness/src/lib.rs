//! Scenarios that run on three L1s: ours, the published clients', and anvil; and a whole world in virtual time.
//!
//! [`world`] starts L1s and lets their slots pass; [`scenario`] tells what happens, over HTTP alone, with the same clients,
//! messages and bindings that the product uses. [`simulation`] runs all roles on one thread, everything by lot from a seed.

pub mod scenario;
pub mod simulation;
pub mod world;
