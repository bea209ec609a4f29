//! L1's clock as this machine shows it.

use std::{
    fmt::Debug,
    time::{SystemTime, UNIX_EPOCH},
};

/// What time it is on L1's clock.
pub trait Clock: Debug + Send + Sync {
    /// Unix milliseconds.
    fn now_ms(&self) -> u64;
}

/// The machine's clock, which has to be synchronised to a fraction of a slot.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            })
    }
}
