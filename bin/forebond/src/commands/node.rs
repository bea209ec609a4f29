//! `forebond node`.

use super::{
    rollup_args::{NetArgs, RollupArgs},
    running::run_service,
};
use forebond_node::NodeConfig;
use forebond_rpc::RpcConfig;
use std::{net::SocketAddr, path::PathBuf};

/// Follows a rollup: derives it from L1 and shows what gateways promise. `READY <url>` on standard output says that it answers.
#[derive(clap::Args)]
pub(crate) struct NodeArgs {
    #[command(flatten)]
    rollup: RollupArgs,
    #[command(flatten)]
    net: NetArgs,
    /// State and blocks
    #[arg(long, value_name = "DIR", default_value = ".forebond/node")]
    data_dir: PathBuf,
    /// HTTP and WebSocket, on one port
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:9645")]
    http: SocketAddr,
}

pub(crate) fn run(args: NodeArgs) -> eyre::Result<()> {
    let net = args.net.options()?;
    let RollupArgs { rollup, l1 } = args.rollup;
    let config = NodeConfig {
        rollup,
        l1_rpc: l1.l1_rpc,
        l1_beacon: l1.l1_beacon,
        peers: l1.peer,
        data_dir: args.data_dir,
        http: args.http,
        rpc: RpcConfig::default(),
        poll_ms: l1.l1_poll_ms,
        net,
    };
    run_service(|shutdown| forebond_node::run(config, shutdown))
}
