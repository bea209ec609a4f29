//! `forebond gateway`.

use crate::gateway_flags::GatewayFlags;
use eyre::WrapErr;
use forebond_gateway::RunOptions;
use forebond_runtime::{Shutdown, init_logging, raise_open_files};
use std::{path::PathBuf, time::Duration};

/// How long tasks without final writes may go on after the gateway has ended.
const STRAGGLERS: Duration = Duration::from_secs(2);

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
    #[command(flatten)]
    flags: GatewayFlags,
}

pub(crate) fn run(args: GatewayArgs) -> eyre::Result<()> {
    let config = args.flags.config()?;
    config.validate()?;
    init_logging(&config.logging)?;
    raise_open_files();
    let options = RunOptions {
        dev: args.dev,
        data_dir: args.data_dir,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the async runtime")?;
    let result = runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown
            .on_signals()
            .wrap_err("cannot listen for signals")?;
        forebond_gateway::run(config, options, shutdown).await
    });
    runtime.shutdown_timeout(STRAGGLERS);
    result
}
