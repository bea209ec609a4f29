//! Real time: a thread that lets a slot pass when its time has come.

use std::{
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use forebond_beacon::preset::Preset;
use parking_lot::{Condvar, Mutex};

use super::{error::StartError, shared::Node};

/// A machine that was busy or asleep makes up for so many slots; those before stay empty.
const MADE_UP_SLOTS: u64 = 16;
/// After an error the next try waits for so long, so that a broken chain does not fill the log.
const RETRY: Duration = Duration::from_secs(1);

/// The running thread; dropping it stops it after the slot it is at.
#[derive(Debug)]
pub(super) struct SlotClock {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

/// A clock that can still be started.
pub(super) struct LaterClock(Box<dyn FnOnce() -> Result<SlotClock, StartError> + Send + Sync>);

impl std::fmt::Debug for LaterClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LaterClock")
    }
}

impl LaterClock {
    /// The clock of a node in virtual time.
    pub(super) fn new<P: Preset>(node: Arc<Node<P>>) -> Self {
        Self(Box::new(move || {
            node.leave_virtual_time();
            SlotClock::start(node)
        }))
    }

    /// Starts it.
    pub(super) fn start(self) -> Result<SlotClock, StartError> {
        (self.0)()
    }
}

/// The time of day, since the Unix epoch.
pub(super) fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

impl SlotClock {
    /// Starts the thread.
    pub(super) fn start<P: Preset>(node: Arc<Node<P>>) -> Result<Self, StartError> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("l1-slots".into())
            .spawn(move || run(&node, &stopped))
            .map_err(StartError::Thread)?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for SlotClock {
    fn drop(&mut self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the slots ended with a panic");
        }
    }
}

fn run<P: Preset>(node: &Node<P>, stop: &(Mutex<bool>, Condvar)) {
    let slot_ms = node.config.slot_duration_ms;
    loop {
        let since_genesis = now().saturating_sub(Duration::from_secs(node.genesis_time_s));
        let since_genesis_ms = u64::try_from(since_genesis.as_millis()).unwrap_or(u64::MAX);
        let slot = since_genesis_ms / slot_ms;
        let mut wait = Duration::from_millis(slot_ms.saturating_sub(since_genesis_ms % slot_ms));
        if let Err(error) = node.catch_up(slot, MADE_UP_SLOTS) {
            tracing::error!(slot, %error, "the slot could not be made");
            wait = wait.min(RETRY);
        } else {
            // What the work took is no longer to be waited for.
            let next = Duration::from_secs(node.genesis_time_s).saturating_add(
                Duration::from_millis(slot_ms.saturating_mul(slot.saturating_add(1))),
            );
            wait = next.saturating_sub(now()).min(wait);
        }
        let mut stopped = stop.0.lock();
        if !*stopped {
            stop.1.wait_for(&mut stopped, wait);
        }
        if *stopped {
            return;
        }
    }
}
