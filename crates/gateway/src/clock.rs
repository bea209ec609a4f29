//! Time, as a value that can be replaced.

use std::{
    fmt::Debug,
    time::{SystemTime, UNIX_EPOCH},
};

/// Wall-clock time.
pub trait Clock: Debug + Send + Sync {
    /// Unix milliseconds.
    fn now_ms(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}
