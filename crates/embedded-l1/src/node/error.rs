//! Why a chain could not start.

use std::net::SocketAddr;

use crate::{beacon_api::BeaconApiError, consensus::TransitionError, execution::ExecutionError};

/// A chain that did not start; nothing is left running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A value of the configuration can't work.
    #[error("{what}: expected {min} to {max}, got {got}")]
    Config {
        /// Its name.
        what: &'static str,
        /// The value.
        got: u64,
        /// Smallest that works.
        min: u64,
        /// Largest that works.
        max: u64,
    },
    /// The genesis state could not be made.
    #[error("the genesis state could not be made: {0}")]
    Consensus(#[from] TransitionError),
    /// The genesis block could not be made.
    #[error("the genesis block could not be made: {0}")]
    Execution(#[from] ExecutionError),
    /// The JSON-RPC could not be served.
    #[error("the JSON-RPC can't be served: {0}")]
    Rpc(#[from] forebond_rpc::ServeError),
    /// The Beacon API could not be served.
    #[error("the Beacon API can't be served: {0}")]
    BeaconApi(#[from] BeaconApiError),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(std::io::Error),
    /// A server that anybody can reach would let anybody script the chain.
    #[error(
        "{addr} can be reached from other machines; the embedded L1 serves loopback addresses only"
    )]
    NotLoopback {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// Two methods of one name, a mistake in this crate.
    #[error("a JSON-RPC method is registered twice: {0}")]
    Methods(String),
}
