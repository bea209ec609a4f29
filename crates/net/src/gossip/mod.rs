//! libp2p gossip and requests. `run` is the only task; with `hearing` (messages) and `ranging` (requests) it moves bytes and
//! asks `policy` about everything.

mod asks;
mod behaviour;
mod bootnodes;
mod gate;
mod handle;
mod hearing;
mod ranging;
mod run;

pub use handle::{Counters, Net};
