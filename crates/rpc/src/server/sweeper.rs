//! Closes connections whose deadlines have passed: idle ones, and those whose client does not read.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jsonrpsee::server::StopHandle;

use super::connection::{Connections, Progress};
use crate::config::RpcConfig;

/// Longest time between two looks.
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// Looks at every connection again and again until the server stops. While it stops, requests in progress may still be
/// answered; `ServerHandle::stop` ends that.
pub(super) async fn run(connections: Arc<Connections>, stop: StopHandle) {
    let timeouts = Timeouts::of(connections.config());
    let mut watches: HashMap<usize, Watch> = HashMap::new();
    let mut ticks = tokio::time::interval(timeouts.interval());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let stopped = stop.shutdown();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _ = ticks.tick() => {}
        }
        let now = Instant::now();
        let open = connections.all();
        let mut kept = HashMap::with_capacity(open.len());
        for connection in &open {
            // The address of a live connection is its name: `open` keeps all of them alive while they are compared. One that
            // took a dead one's address is noticed by its counters starting over, and at worst watched anew.
            let name = Arc::as_ptr(connection).addr();
            let progress = connection.progress();
            let mut watch = watches
                .remove(&name)
                .filter(|watch| watch.fits(progress))
                .unwrap_or_else(|| Watch::start(progress, now));
            if let Some(why) = watch.look(progress, now, timeouts) {
                tracing::debug!(%why, "closing a connection");
                connection.cut();
            }
            kept.insert(name, watch);
        }
        watches = kept;
    }
}

/// The two deadlines.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    idle: Duration,
    send: Duration,
}

impl Timeouts {
    const fn of(config: &RpcConfig) -> Self {
        Self {
            idle: Duration::from_millis(config.idle_timeout_ms),
            send: Duration::from_millis(config.send_timeout_ms),
        }
    }

    /// Often enough that a deadline is overrun by an eighth at most.
    fn interval(self) -> Duration {
        (self.idle.min(self.send) / 8).clamp(Duration::from_millis(1), MAX_INTERVAL)
    }
}

/// What was seen of one connection, and since when.
#[derive(Debug)]
struct Watch {
    activity: u64,
    active_at: Instant,
    /// Everything queued when `send_since` began has left once this many bytes are written.
    send_target: u64,
    send_since: Option<Instant>,
    written: u64,
}

impl Watch {
    const fn start(progress: Progress, now: Instant) -> Self {
        let Progress {
            activity,
            written_bytes,
            ..
        } = progress;
        Self {
            activity,
            active_at: now,
            send_target: 0,
            send_since: None,
            written: written_bytes,
        }
    }

    /// Whether the counters can be those of the same connection: they never go back.
    const fn fits(&self, progress: Progress) -> bool {
        progress.activity >= self.activity && progress.written_bytes >= self.written
    }

    /// Takes note of `progress`; the reason to close when a deadline has passed.
    fn look(
        &mut self,
        progress: Progress,
        now: Instant,
        timeouts: Timeouts,
    ) -> Option<&'static str> {
        if progress.activity != self.activity || progress.in_flight > 0 {
            self.activity = progress.activity;
            self.active_at = now;
        }
        self.written = progress.written_bytes;

        let waiting = progress.unsent_bytes > 0 || progress.stalled;
        match self.send_since {
            Some(since) if waiting && progress.written_bytes < self.send_target => {
                if now.saturating_duration_since(since) >= timeouts.send {
                    return Some("the client does not read its answers");
                }
            }
            _ if waiting => {
                // A stalled socket has at least one byte to send, counted in `unsent_bytes` or not.
                self.send_target = progress
                    .written_bytes
                    .saturating_add(progress.unsent_bytes.max(1));
                self.send_since = Some(now);
            }
            _ => self.send_since = None,
        }

        let idle = now.saturating_duration_since(self.active_at) >= timeouts.idle;
        idle.then_some("idle for too long")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        idle: Duration::from_secs(10),
        send: Duration::from_secs(4),
    };
    const CALM: Progress = Progress {
        activity: 0,
        in_flight: 0,
        unsent_bytes: 0,
        written_bytes: 0,
        stalled: false,
    };

    fn second(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_connection_without_activity_is_closed_and_activity_or_a_request_in_progress_prolongs_it() {
        let start = Instant::now();
        let mut watch = Watch::start(CALM, start);
        assert_eq!(watch.look(CALM, second(start, 9), TIMEOUTS), None);
        assert_eq!(
            watch.look(
                Progress {
                    activity: 1,
                    ..CALM
                },
                second(start, 9),
                TIMEOUTS
            ),
            None
        );
        let busy = Progress {
            activity: 1,
            in_flight: 1,
            ..CALM
        };
        assert_eq!(watch.look(busy, second(start, 30), TIMEOUTS), None);
        let done = Progress {
            activity: 1,
            ..CALM
        };
        assert_eq!(watch.look(done, second(start, 39), TIMEOUTS), None);
        assert_eq!(
            watch.look(done, second(start, 40), TIMEOUTS),
            Some("idle for too long")
        );
    }

    #[test]
    fn a_client_that_drips_is_closed_when_what_was_queued_has_not_left_in_time() {
        let start = Instant::now();
        let mut watch = Watch::start(CALM, start);
        let mut progress = Progress {
            in_flight: 1,
            unsent_bytes: 1_000,
            ..CALM
        };
        for seconds in 0..4 {
            assert_eq!(watch.look(progress, second(start, seconds), TIMEOUTS), None);
            progress = Progress {
                written_bytes: progress.written_bytes + 10,
                unsent_bytes: progress.unsent_bytes - 10,
                ..progress
            };
        }
        assert_eq!(
            watch.look(progress, second(start, 4), TIMEOUTS),
            Some("the client does not read its answers")
        );
    }

    #[test]
    fn a_client_that_reads_at_a_fair_pace_is_never_closed_though_something_is_always_unsent() {
        let start = Instant::now();
        let mut watch = Watch::start(CALM, start);
        for seconds in 0..100 {
            let progress = Progress {
                in_flight: 1,
                unsent_bytes: 1_000,
                written_bytes: seconds * 600,
                ..CALM
            };
            assert_eq!(
                watch.look(progress, second(start, seconds), TIMEOUTS),
                None,
                "second {seconds}"
            );
        }
    }

    #[test]
    fn a_stalled_socket_is_closed_even_when_only_notifications_wait() {
        let start = Instant::now();
        let mut watch = Watch::start(CALM, start);
        let stalled = Progress {
            activity: 1,
            stalled: true,
            written_bytes: 77,
            ..CALM
        };
        assert_eq!(watch.look(stalled, second(start, 0), TIMEOUTS), None);
        assert_eq!(
            watch.look(stalled, second(start, 4), TIMEOUTS),
            Some("the client does not read its answers")
        );
    }
}
