//! Running a service until it is told to end.

use eyre::WrapErr;
use forebond_runtime::{LoggingConfig, Shutdown, init_logging, raise_open_files};
use std::{future::Future, time::Duration};

/// How long tasks without final writes may go on after a service has ended.
const STRAGGLERS: Duration = Duration::from_secs(2);

/// Logs as by default, runs `service` until SIGINT or SIGTERM or until it ends by itself.
pub(crate) fn run_service<F>(service: impl FnOnce(Shutdown) -> F) -> eyre::Result<()>
where
    F: Future<Output = eyre::Result<()>>,
{
    init_logging(&LoggingConfig::default())?;
    raise_open_files();
    run_until_told(service)
}

/// As [`run_service`], with logging set up already.
pub(crate) fn run_until_told<F>(service: impl FnOnce(Shutdown) -> F) -> eyre::Result<()>
where
    F: Future<Output = eyre::Result<()>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the async runtime")?;
    let result = runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown
            .on_signals()
            .wrap_err("cannot listen for signals")?;
        service(shutdown).await
    });
    runtime.shutdown_timeout(STRAGGLERS);
    result
}
