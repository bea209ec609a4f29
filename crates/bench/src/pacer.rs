//! Sends the load at its times, whatever comes back. Runs on a thread of its own, because timers
//! of an async runtime are a millisecond coarse and tasks beside it would delay it.

use crate::{latency::Latencies, load::Load, outgoing::Outgoing};
use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// When late, this many leave before anything is handed to the kernel.
const MAX_BATCH: u32 = 256;
/// How often a connection that takes no bytes is tried again.
const RETRY: Duration = Duration::from_millis(1);

/// What the pacer did.
#[derive(Debug)]
pub(crate) struct Sent {
    /// How late transactions left that count; the generator's own fault.
    pub(crate) lag: Latencies,
    /// How many left, warm-up included.
    pub(crate) count: u32,
}

/// Sends until everything has left, or `stop` is set.
pub(crate) fn pace(
    load: &Load,
    connections: &[Mutex<Outgoing>],
    stop: &AtomicBool,
) -> eyre::Result<Sent> {
    let mut sent = Sent {
        lag: Latencies::new()?,
        count: 0,
    };
    let total = u32::try_from(load.planned().len())?;
    sharpen_timers();
    let mut waiting = vec![false; connections.len()];
    while !stop.load(Ordering::Relaxed) {
        let first = sent.count;
        let now = Instant::now();
        while sent.count < total && sent.count - first < MAX_BATCH && load.due(sent.count) <= now {
            if let Some(planned) = load.get(sent.count)
                && let Some(connection) = connections.get(planned.connection)
            {
                let mut outgoing = connection.lock().unwrap_or_else(PoisonError::into_inner);
                outgoing.queue(&planned.frame);
                if let Some(waits) = waiting.get_mut(planned.connection) {
                    *waits = true;
                }
            }
            sent.count += 1;
        }
        for (connection, waits) in connections.iter().zip(&mut waiting).filter(|(_, w)| **w) {
            *waits = !connection
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .flush();
        }
        let left = Instant::now();
        for id in (first..sent.count).filter(|id| load.is_measured(*id)) {
            sent.lag.record(load.latency(id, left));
        }
        let blocked = waiting.contains(&true);
        if sent.count == total && !blocked {
            break;
        }
        let next = if sent.count < total {
            load.due(sent.count)
        } else {
            left + RETRY
        };
        let next = if blocked {
            next.min(left + RETRY)
        } else {
            next
        };
        thread::sleep(next.saturating_duration_since(left));
    }
    Ok(sent)
}

/// Linux lets a sleeping thread wake 50 us late to save wake-ups; this one wants 1 ns. Where that
/// is not possible, the lag in the report says what it costs.
fn sharpen_timers() {
    let link = std::fs::read_link("/proc/thread-self");
    if let Some(thread) = link.as_ref().ok().and_then(|path| path.file_name()) {
        let _ = std::fs::write(Path::new("/proc").join(thread).join("timerslack_ns"), "1");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Read,
        net::{TcpListener, TcpStream},
    };

    #[test]
    fn everything_leaves_once_in_order_and_not_before_its_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let load = crate::load::tests::load(1_020);
        let connections = [Mutex::new(Outgoing::new(stream))];
        let sent = pace(&load, &connections, &AtomicBool::new(false)).unwrap();
        assert!(Instant::now() >= load.due(1_019));
        assert_eq!((sent.count, sent.lag.count()), (1_020, 20));
        drop(connections);
        let mut got = String::new();
        server.read_to_string(&mut got).unwrap();
        assert_eq!(got, (0..1_020).map(|i| format!("{i};")).collect::<String>());
    }

    #[test]
    fn a_stopped_load_sends_nothing_more() {
        let load = crate::load::tests::load(1_000_000);
        assert_eq!(pace(&load, &[], &AtomicBool::new(true)).unwrap().count, 0);
    }
}
