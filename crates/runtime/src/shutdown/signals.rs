use super::Shutdown;
use std::time::{Duration, Instant};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

/// A signal that asks for the end: its name, and the exit code that says it ended the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    name: &'static str,
    exit_code: i32,
}

const INTERRUPT: Asked = Asked {
    name: "SIGINT",
    exit_code: 128 + 2,
};
const TERMINATE: Asked = Asked {
    name: "SIGTERM",
    exit_code: 128 + 15,
};

/// A signal that follows the first one within this time is the same request: wrappers such as
/// `timeout` signal the process and then its whole group, and a terminal signals everyone in it.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// Signals waiting to be looked at; more than two change nothing.
const WAITING: usize = 2;

pub(super) fn listen(shutdown: Shutdown) -> std::io::Result<()> {
    let interrupt = signal(SignalKind::interrupt())?;
    let terminate = signal(SignalKind::terminate())?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(forward(interrupt, INTERRUPT, sender.clone()));
    tokio::spawn(forward(terminate, TERMINATE, sender));
    tokio::spawn(obey(receiver, shutdown, leave_at_once));
    Ok(())
}

async fn forward(mut signal: Signal, asked: Asked, to: mpsc::Sender<(Asked, Instant)>) {
    while signal.recv().await.is_some() {
        if to.send((asked, Instant::now())).await.is_err() {
            return;
        }
    }
}

/// The first signal asks for a clean end, the next one that is not an echo of it ends.
async fn obey(
    mut signals: mpsc::Receiver<(Asked, Instant)>,
    shutdown: Shutdown,
    leave: impl FnOnce(Asked),
) {
    let Some((first, first_at)) = signals.recv().await else {
        return;
    };
    shutdown.request(first.name);
    while let Some((next, at)) = signals.recv().await {
        if at.saturating_duration_since(first_at) >= SAME_REQUEST {
            return leave(next);
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the operator insists; a clean end was already asked for, and the log survives a kill"
)]
fn leave_at_once(asked: Asked) {
    tracing::warn!(
        signal = asked.name,
        "second signal: leaving without final writes"
    );
    std::process::exit(asked.exit_code);
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn the_first_signal_requests_the_end_and_the_second_leaves_at_once() {
        let shutdown = Shutdown::new();
        let (signals, receiver) = mpsc::channel(WAITING);
        let (left, mut leaving) = oneshot::channel();
        let obeying = tokio::spawn(obey(receiver, shutdown.clone(), move |asked| {
            left.send(asked).unwrap()
        }));
        let first_at = Instant::now();
        signals.send((TERMINATE, first_at)).await.unwrap();
        shutdown.requested().await;
        assert_eq!(shutdown.reason(), Some("SIGTERM"));
        assert!(leaving.try_recv().is_err());
        let second_at = first_at + SAME_REQUEST;
        signals.send((INTERRUPT, second_at)).await.unwrap();
        obeying.await.unwrap();
        assert_eq!(leaving.await.unwrap().exit_code, 130);
    }

    #[tokio::test]
    async fn a_signal_delivered_twice_by_a_wrapper_is_one_request() {
        let (signals, receiver) = mpsc::channel(WAITING);
        let shutdown = Shutdown::new();
        let at = Instant::now();
        signals.send((TERMINATE, at)).await.unwrap();
        let echo_at = at + Duration::from_millis(1);
        signals.send((TERMINATE, echo_at)).await.unwrap();
        drop(signals);
        obey(receiver, shutdown.clone(), |_| panic!("left at once")).await;
        assert!(shutdown.is_requested());
    }
}
