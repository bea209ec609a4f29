use std::{net::SocketAddr, path::PathBuf};

use alloy_signer_local::PrivateKeySigner;
use forebond_evidence::{case::Pace, docket::Limits};
use forebond_follower::NetOptions;
use forebond_l1::sender::FeePolicy;
use forebond_rpc::RpcConfig;

/// What a watcher is started with.
#[derive(Clone, Debug)]
pub struct WatcherConfig {
    /// The rollup file; its `deployment` names the judges.
    pub rollup: PathBuf,
    /// L1 execution endpoints.
    pub l1_rpc: Vec<String>,
    /// L1 beacon endpoints: blobs, and states for proofs about slots.
    pub l1_beacon: Vec<String>,
    /// Streams to follow besides the endpoints gateways announce.
    pub peers: Vec<String>,
    /// State, blocks, what was heard, cases.
    pub data_dir: PathBuf,
    /// Where it serves, HTTP and WebSocket on one port.
    pub http: SocketAddr,
    /// Limits of the RPC.
    pub rpc: RpcConfig,
    /// Time between looks at L1, milliseconds.
    pub poll_ms: u64,
    /// Gossip; none = streams only.
    pub net: Option<NetOptions>,
    /// Pays on L1 and gets the bounties. An account of its own.
    pub payer: PrivateKeySigner,
    /// Attesters who vote on disputed batches; may be empty.
    pub attesters: Vec<PrivateKeySigner>,
    /// What to offer.
    pub fees: FeePolicy,
    /// How careful it is.
    pub pace: Pace,
    /// What it remembers at most.
    pub limits: Limits,
    /// Bytes of what was heard on disk, about.
    pub journal_bytes: u64,
    /// Open cases at most.
    pub most_cases: u64,
    /// Where figures are served, if anywhere.
    pub metrics: Option<SocketAddr>,
}

impl WatcherConfig {
    /// With what is chosen for everything that need not be given.
    pub fn new(
        (rollup, data_dir): (PathBuf, PathBuf),
        (l1_rpc, l1_beacon): (Vec<String>, Vec<String>),
        http: SocketAddr,
        payer: PrivateKeySigner,
    ) -> Self {
        Self {
            rollup,
            l1_rpc,
            l1_beacon,
            peers: Vec::new(),
            data_dir,
            http,
            rpc: RpcConfig::default(),
            poll_ms: 200,
            net: None,
            payer,
            attesters: Vec::new(),
            fees: FeePolicy::default(),
            pace: Pace {
                commit_depth: 1,
                settled_depth: 4,
            },
            limits: Limits::default(),
            journal_bytes: 1 << 30,
            most_cases: 4_096,
            metrics: None,
        }
    }
}
