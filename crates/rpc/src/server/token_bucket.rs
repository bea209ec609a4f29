//! A token bucket: so many requests per second on average, a burst on top. Time is handed in.

use std::time::{Duration, Instant};

/// One client's allowance, in billionths of a request so that slow rates add up exactly.
#[derive(Debug)]
pub(super) struct TokenBucket {
    per_second: u64,
    capacity_nanos: u64,
    left_nanos: u64,
    filled_at: Instant,
}

/// Parts of a request the bucket counts in.
const NANOS: u64 = 1_000_000_000;

impl TokenBucket {
    /// A full bucket of `burst` requests that gains `per_second` a second, both at least 1.
    pub(super) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let capacity_nanos = u64::from(burst.max(1)).saturating_mul(NANOS);
        Self {
            per_second: u64::from(per_second.max(1)),
            capacity_nanos,
            left_nanos: capacity_nanos,
            filled_at: now,
        }
    }

    /// Takes `requests` out.
    ///
    /// # Errors
    /// The time after which they will be in, when they are not; nothing is taken then. More than the burst never is: the
    /// time until the bucket is full.
    pub(super) fn take(&mut self, requests: u32, now: Instant) -> Result<(), Duration> {
        let passed_nanos = u64::try_from(now.saturating_duration_since(self.filled_at).as_nanos())
            .unwrap_or(u64::MAX);
        self.filled_at = self.filled_at.max(now);
        self.left_nanos = self
            .left_nanos
            .saturating_add(passed_nanos.saturating_mul(self.per_second))
            .min(self.capacity_nanos);
        let wanted = u64::from(requests).saturating_mul(NANOS);
        match self.left_nanos.checked_sub(wanted) {
            Some(left) => {
                self.left_nanos = left;
                Ok(())
            }
            None => {
                let missing = wanted
                    .min(self.capacity_nanos)
                    .saturating_sub(self.left_nanos);
                Err(Duration::from_nanos(missing.div_ceil(self.per_second)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds_and_the_wait_named_is_enough() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10, 20, start);
        assert_eq!(bucket.take(20, start), Ok(()));
        let wait = bucket.take(1, start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert!(
            bucket
                .take(1, start + wait - Duration::from_nanos(1))
                .is_err()
        );
        assert_eq!(bucket.take(1, start + wait), Ok(()));
    }

    proptest! {
        #[test]
        fn never_more_than_burst_plus_rate_times_time_passes(
            rate in 1_u32..100, burst in 1_u32..100, steps in prop::collection::vec((0_u64..500, 1_u32..20), 1..200),
        ) {
            let start = Instant::now();
            let mut bucket = TokenBucket::new(rate, burst, start);
            let (mut at_ms, mut passed) = (0_u64, 0_u64);
            for (wait_ms, requests) in steps {
                at_ms += wait_ms;
                if bucket.take(requests, start + Duration::from_millis(at_ms)).is_ok() {
                    passed += u64::from(requests);
                }
                prop_assert!(passed * 1_000 <= u64::from(burst) * 1_000 + u64::from(rate) * at_ms);
            }
        }
    }
}
