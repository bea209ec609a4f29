//! From an empty L1 to a rollup whose first turn begins now.
//!
//! Registrations take effect two epochs later. In virtual time those epochs pass at once: the L1's genesis lies in the past, by
//! more slots than the opening needs, and slots pass on request until the chain has reached the time of day.

mod cast;
mod registering;
mod rollup_contracts;
mod rollup_genesis;
mod sending;
mod steps;
#[cfg(test)]
mod tests;
mod times;

pub(crate) use cast::{GatewayCast, Key, dev_accounts};
pub(crate) use rollup_genesis::origin_at;
pub(crate) use steps::{Opened, open};
pub(crate) use times::{ORIGIN_DEPTH, l1_genesis_s};
