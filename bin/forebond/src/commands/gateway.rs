//! `forebond gateway`.

use super::{
    rollup_args::{L1Args, NetArgs},
    running::run_until_told,
};
use crate::gateway_flags::GatewayFlags;
use eyre::WrapErr;
use forebond_gateway::{RollupOptions, RunOptions};
use forebond_runtime::{init_logging, raise_open_files};
use std::path::PathBuf;

/// Where the committer key of a rollup's gateway comes from unless something else is said.
const COMMITTER: &str = "env:FOREBOND_COMMITTER_KEY";

/// Runs a gateway until SIGINT or SIGTERM. `READY <url>` on standard output says that it answers;
/// everything else it says goes to standard error.
#[derive(clap::Args)]
pub(crate) struct GatewayArgs {
    /// A development chain: ten funded accounts, no L1, a built-in committer key if none is named
    #[arg(long)]
    dev: bool,
    /// Promise log, state and blocks; a restart on the same directory goes on where it stopped
    #[arg(long, value_name = "DIR", default_value = ".forebond/gateway")]
    data_dir: PathBuf,
    /// Rollup file: serve a rollup with windows, as L1 gives them, instead of a development chain
    #[arg(long, value_name = "FILE", conflicts_with = "dev")]
    rollup: Option<PathBuf>,
    #[command(flatten)]
    l1: L1Args,
    #[command(flatten)]
    net: NetArgs,
    /// How long the end of a predecessor's turn is waited for, milliseconds
    #[arg(long, value_name = "MS", default_value_t = 400)]
    patience_ms: u64,
    #[command(flatten)]
    flags: GatewayFlags,
}

pub(crate) fn run(args: GatewayArgs) -> eyre::Result<()> {
    let mut config = args.flags.config()?;
    if args.rollup.is_some() && config.keys.committer.is_none() {
        config.keys.committer = Some(COMMITTER.parse().wrap_err("the committer key's source")?);
    }
    config.validate()?;
    init_logging(&config.logging)?;
    raise_open_files();
    let net = args.net.options()?;
    let rollup = args.rollup.map(|file| RollupOptions {
        file,
        l1_rpc: args.l1.l1_rpc,
        l1_beacon: args.l1.l1_beacon,
        peers: args.l1.peer,
        poll_ms: args.l1.l1_poll_ms,
        patience_ms: args.patience_ms,
        net,
    });
    let options = RunOptions {
        dev: args.dev,
        data_dir: args.data_dir,
        rollup,
    };
    run_until_told(|shutdown| forebond_gateway::run(config, options, shutdown))
}
