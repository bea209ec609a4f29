//! What can go wrong, and what to do next.

use std::path::PathBuf;

use libp2p::Multiaddr;

/// Why the network could not start.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}: {reason}; choose a free port of this machine")]
    Listen {
        /// Which.
        address: Multiaddr,
        /// Why.
        reason: String,
    },
    /// A bootnode nobody could call.
    #[error("bootnode {0}: /ip4/ADDRESS/tcp/PORT or /ip6/ADDRESS/tcp/PORT expected")]
    Bootnode(Multiaddr),
    /// The identity file.
    #[error(
        "identity file {path}: {reason}; it holds 32 bytes as hex, remove it to get a new identity"
    )]
    Identity {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Limits that contradict each other.
    #[error("net limits: {0}")]
    Limits(String),
    /// The protocol stack refused its settings.
    #[error("the libp2p stack does not start: {0}")]
    Stack(String),
}

/// Why a message was not handed to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Too many messages wait already. The message can still be requested from history.
    #[error("{waiting} messages wait to be sent already; go on, peers will request what they miss")]
    Full {
        /// Length of the queue.
        waiting: usize,
    },
    /// Longer than peers would read.
    #[error("the message has {got} bytes, peers read at most {limit}; cut smaller frags")]
    TooLong {
        /// Its length.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// The network was shut down.
    #[error("the network is shut down")]
    Stopped,
}

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nobody to ask right now: no peer, or all of them were useless a moment ago.
    #[error(
        "no peer to ask: {connected} connected, {resting} of them resting after useless answers; try again in a second"
    )]
    NoPeers {
        /// Connected peers.
        connected: usize,
        /// Of these, not asked for now.
        resting: usize,
    },
    /// Everyone asked had nothing of use.
    #[error(
        "{asked} peers were asked and none had it (the last one: {last}); L1 has it once it is posted"
    )]
    NotFound {
        /// How many.
        asked: usize,
        /// What was wrong with the last answer.
        last: String,
    },
    /// Too many requests of ours wait already.
    #[error("{limit} requests are under way already; wait for one of them")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The network was shut down.
    #[error("the network is shut down")]
    Stopped,
}
