//! Watches a run from outside: progress, CPU, memory, and when it is over.

use crate::{
    config::BenchConfig,
    load::Load,
    process_usage::{cpu_time, resident_kib},
    progress::Progress,
};
use std::time::{Duration, Instant};

/// How often memory is sampled and progress shown.
const SAMPLE: Duration = Duration::from_millis(250);

/// What client and server used while load was measured.
pub(crate) struct Usage {
    /// CPU time of this process.
    pub(crate) client: Duration,
    /// CPU time of the server, if its process is known.
    pub(crate) server: Option<Duration>,
    /// Resident memory of the server: before, at the end, at most.
    pub(crate) resident_kib: [u64; 3],
}

/// Waits until all answers are there or patience ends, and notes what is used meanwhile. A server
/// that dies under load is unknown from then on; one that was never there is an error.
pub(crate) async fn observe(
    config: &BenchConfig,
    load: &Load,
    progress: &dyn Progress,
) -> eyre::Result<Usage> {
    let total = load.planned().len() as u64;
    let server = config.server_pid.map(|pid| pid.to_string());
    let server_cpu = || server.as_deref().and_then(|pid| cpu_time(pid).ok());
    let server_memory = || {
        server
            .as_deref()
            .and_then(|pid| resident_kib(pid).ok())
            .unwrap_or(0)
    };
    let before = server.as_deref().map_or(Ok(0), resident_kib)?;
    let mut most = before;
    progress.begin("sending the load", total);
    tokio::time::sleep_until(load.measured_from().into()).await;
    let (client_start, server_start) = (cpu_time("self")?, server_cpu());
    while Instant::now() < load.sent_by() {
        let next = (Instant::now() + SAMPLE).min(load.sent_by());
        tokio::time::sleep_until(next.into()).await;
        most = most.max(server_memory());
        progress.advance(load.resolved_count());
    }
    let usage = Usage {
        client: cpu_time("self")?.saturating_sub(client_start),
        server: server_cpu()
            .zip(server_start)
            .map(|(end, start)| end.saturating_sub(start)),
        resident_kib: [before, server_memory(), most],
    };
    let deadline = load.sent_by() + Duration::from_secs(config.drain_seconds.into());
    while load.resolved_count() < total && Instant::now() < deadline {
        tokio::time::sleep(SAMPLE / 10).await;
        progress.advance(load.resolved_count());
    }
    Ok(usage)
}
