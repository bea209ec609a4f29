//! A token bucket in integers, so that it is exact and never drifts.

/// Lets `per_second` units through in the long run and `burst` at once.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_second: u64,
    /// Thousandths of a unit.
    burst_milli: u64,
    level_milli: u64,
    at_ms: u64,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(per_second: u32, burst: u64, now_ms: u64) -> Self {
        let burst_milli = burst.saturating_mul(1_000);
        Self {
            per_second: u64::from(per_second),
            burst_milli,
            level_milli: burst_milli,
            at_ms: now_ms,
        }
    }

    fn refill(&mut self, now_ms: u64) {
        // per_second units a second are per_second thousandths a millisecond.
        let earned = now_ms
            .saturating_sub(self.at_ms)
            .saturating_mul(self.per_second);
        self.level_milli = self
            .level_milli
            .saturating_add(earned)
            .min(self.burst_milli);
        self.at_ms = self.at_ms.max(now_ms);
    }

    /// Takes `units` if they are there.
    pub(crate) fn take(&mut self, units: u64, now_ms: u64) -> bool {
        self.refill(now_ms);
        match self.level_milli.checked_sub(units.saturating_mul(1_000)) {
            Some(rest) => {
                self.level_milli = rest;
                true
            }
            None => false,
        }
    }

    /// Takes `units`, or what is left of them.
    pub(crate) fn drain(&mut self, units: u64, now_ms: u64) {
        self.refill(now_ms);
        self.level_milli = self.level_milli.saturating_sub(units.saturating_mul(1_000));
    }

    /// Whether a unit is left, without taking it.
    pub(crate) fn has_one(&mut self, now_ms: u64) -> bool {
        self.refill(now_ms);
        self.level_milli >= 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the pattern, no more than the burst plus what the elapsed time earned gets through.
        #[test]
        fn a_bucket_never_lets_more_through_than_burst_and_time(
            per_second in 1u32..5_000,
            burst in 1u64..10_000,
            steps in prop::collection::vec((0u64..500, 1u64..200), 1..200),
        ) {
            let mut bucket = Bucket::new(per_second, burst, 0);
            let (mut now_ms, mut passed) = (0, 0);
            for (wait_ms, units) in steps {
                now_ms += wait_ms;
                if bucket.take(units, now_ms) {
                    passed += units;
                }
                prop_assert!(passed * 1_000 <= burst * 1_000 + now_ms * u64::from(per_second));
            }
        }
    }

    #[test]
    fn an_empty_bucket_fills_with_time_and_a_clock_that_stands_still_earns_nothing() {
        let mut bucket = Bucket::new(10, 2, 1_000);
        assert!(bucket.take(2, 1_000));
        assert!(!bucket.take(1, 1_000));
        assert!(!bucket.take(1, 500), "a clock that runs back earns nothing");
        assert!(!bucket.has_one(1_099));
        assert!(bucket.has_one(1_100));
        assert!(bucket.take(1, 1_100));
        assert!(!bucket.take(3, 99_999), "more than the burst never fits");
    }
}
