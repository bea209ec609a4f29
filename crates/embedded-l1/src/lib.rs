//! An Ethereum L1 in one process: real execution rules, a real Fulu beacon state with its validators, `eth_` RPC and Beacon API.

pub mod beacon_api;
pub mod consensus;
