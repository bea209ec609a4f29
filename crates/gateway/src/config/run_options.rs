use forebond_follower::NetOptions;
use std::path::PathBuf;

/// What a run is told besides its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// A development chain: funded accounts, one endless window, no L1, and a built-in committer
    /// key when the configuration names none.
    pub dev: bool,
    /// Promise log, state and blocks; one gateway at a time.
    pub data_dir: PathBuf,
    /// The rollup it serves in its windows.
    pub rollup: Option<RollupOptions>,
}

/// A rollup with windows, and the L1 it settles on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupOptions {
    /// The rollup file.
    pub file: PathBuf,
    /// L1 execution endpoints.
    pub l1_rpc: Vec<String>,
    /// L1 beacon endpoints.
    pub l1_beacon: Vec<String>,
    /// Streams to follow besides the endpoints gateways announce.
    pub peers: Vec<String>,
    /// Time between looks at L1, milliseconds.
    pub poll_ms: u64,
    /// How long a silent predecessor is waited for, milliseconds.
    pub patience_ms: u64,
    /// Gossip; none = streams only.
    pub net: Option<NetOptions>,
}
