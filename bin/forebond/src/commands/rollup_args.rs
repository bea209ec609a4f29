//! Flags that name a rollup and the L1 it settles on.

use forebond_follower::{NetOptions, NetOptionsError};
use std::path::PathBuf;

/// Where the rollup and its L1 are.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct RollupArgs {
    /// Rollup file: contracts on L1, chain constants, genesis
    #[arg(long, value_name = "FILE")]
    pub(crate) rollup: PathBuf,
    #[command(flatten)]
    pub(crate) l1: L1Args,
}

/// Endpoints of L1.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct L1Args {
    /// L1 execution endpoint; may be repeated, the first that works is followed
    #[arg(long, value_name = "URL")]
    pub(crate) l1_rpc: Vec<String>,
    /// L1 beacon endpoint; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) l1_beacon: Vec<String>,
    /// Stream to follow besides the endpoints gateways announce on L1; may be repeated
    #[arg(long, value_name = "WS-URL")]
    pub(crate) peer: Vec<String>,
    /// Time between looks at L1, milliseconds
    #[arg(long, value_name = "MS", default_value_t = 200)]
    pub(crate) l1_poll_ms: u64,
}

/// Gossip.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct NetArgs {
    /// Take part in the rollup's gossip, listening on this address (/ip4/0.0.0.0/tcp/9845), or off
    #[arg(long, value_name = "MULTIADDR|off", default_value = "off")]
    net: String,
    /// Gossip peer to call, /ip4/ADDRESS/tcp/PORT; may be repeated
    #[arg(long, value_name = "MULTIADDR", requires = "net")]
    bootnode: Vec<String>,
    /// Hear from gossip only: follow no streams, neither those of --peer nor those gateways announce
    #[arg(long, requires = "net")]
    no_streams: bool,
}

impl NetArgs {
    /// What the service takes; none when gossip is off.
    pub(crate) fn options(&self) -> Result<Option<NetOptions>, NetOptionsError> {
        match self.net.as_str() {
            "off" => Ok(None),
            listen => NetOptions::parse(listen, &self.bootnode, !self.no_streams).map(Some),
        }
    }
}
