//! `forebond devnet`: every role on one machine.

use eyre::WrapErr;
use forebond_devnet::DevnetArgs;
use forebond_runtime::{LogFormat, LoggingConfig, Shutdown, init_logging, raise_open_files};
use std::{process::ExitCode, time::Duration};

/// How long tasks may go on after the devnet has ended.
const STRAGGLERS: Duration = Duration::from_secs(2);

/// The exit code says whether every promise was kept, or broken by an injected fault and reported.
pub(crate) fn run(args: DevnetArgs) -> eyre::Result<ExitCode> {
    let config = args.config();
    config.check()?;
    init_logging(&logging())?;
    raise_open_files();
    let program = std::env::current_exe().wrap_err("cannot find this program to start it again")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the async runtime")?;
    let report = runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown
            .on_signals()
            .wrap_err("cannot listen for signals")?;
        forebond_devnet::run(config, program, shutdown).await
    });
    runtime.shutdown_timeout(STRAGGLERS);
    Ok(ExitCode::from(report?.exit_code()))
}

/// The table speaks on standard error; of the log only what is wrong belongs between its lines.
fn logging() -> LoggingConfig {
    LoggingConfig {
        filter: "error".to_owned(),
        format: LogFormat::Plain,
    }
}
