//! When each transaction is sent, and by whom: decided before the first one leaves, so that a slow
//! server cannot slow the load down (no coordinated omission).

use std::time::Duration;

/// Evenly spaced send times: transaction `i` leaves `i / rate` seconds after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    rate_per_s: u32,
    warmup: Duration,
    measured: Duration,
}

impl Schedule {
    /// `rate_per_s` is at least 1.
    pub(crate) const fn new(rate_per_s: u32, warmup: Duration, measured: Duration) -> Self {
        Self {
            rate_per_s,
            warmup,
            measured,
        }
    }

    /// How many transactions there are, warm-up included.
    pub(crate) fn total(&self) -> u64 {
        self.count_before(self.warmup + self.measured)
    }

    /// How many of them belong to the warm-up: those with an index below this.
    pub(crate) fn warmup_count(&self) -> u64 {
        self.count_before(self.warmup)
    }

    /// When transaction `index` is due, counted from the start.
    pub(crate) fn due(&self, index: u64) -> Duration {
        let whole = index / u64::from(self.rate_per_s);
        let rest = index % u64::from(self.rate_per_s);
        Duration::from_secs(whole)
            + Duration::from_nanos(rest * 1_000_000_000 / u64::from(self.rate_per_s))
    }

    /// Length of the warm-up.
    pub(crate) const fn warmup(&self) -> Duration {
        self.warmup
    }

    /// Length of what is measured.
    pub(crate) const fn measured(&self) -> Duration {
        self.measured
    }

    fn count_before(&self, end: Duration) -> u64 {
        let count = end.as_nanos() * u128::from(self.rate_per_s);
        u64::try_from(count.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
    }
}

/// Which sender signs transaction `index`, and which of its transactions that is.
pub(crate) const fn sender_of(index: u64, senders: u32) -> (u64, u64) {
    (index % senders as u64, index / senders as u64)
}

/// Which connection a sender uses: always the same one, so that its transactions stay in order.
pub(crate) fn connection_of(sender: u64, connections: u16) -> usize {
    usize::try_from(sender % u64::from(connections)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_of_1000_sends_one_every_millisecond() {
        let schedule = Schedule::new(1_000, Duration::from_secs(2), Duration::from_secs(3));
        assert_eq!(schedule.total(), 5_000);
        assert_eq!(schedule.warmup_count(), 2_000);
        assert_eq!(schedule.due(0), Duration::ZERO);
        assert_eq!(schedule.due(1), Duration::from_millis(1));
        assert_eq!(schedule.due(2_000), schedule.warmup());
    }

    proptest! {
        #[test]
        fn every_transaction_is_due_within_the_run_and_in_order(
            rate in 1u32..30_000, warmup_s in 0u64..4, measured_s in 1u64..5,
        ) {
            let schedule = Schedule::new(rate, Duration::from_secs(warmup_s), Duration::from_secs(measured_s));
            let end = Duration::from_secs(warmup_s + measured_s);
            prop_assert_eq!(schedule.total(), u64::from(rate) * (warmup_s + measured_s));
            prop_assert!(schedule.due(schedule.total() - 1) < end);
            prop_assert!(schedule.due(schedule.total()) >= end);
            prop_assert!(schedule.due(schedule.warmup_count()) >= schedule.warmup());
            for index in 1..schedule.total().min(500) {
                prop_assert!(schedule.due(index) > schedule.due(index - 1));
            }
        }

        #[test]
        fn a_sender_keeps_its_connection_and_counts_its_transactions_without_gaps(
            senders in 1u32..50, connections in 1u16..20, total in 1u64..2_000,
        ) {
            let mut next = vec![0u64; senders as usize];
            for index in 0..total {
                let (sender, place) = sender_of(index, senders);
                let at = usize::try_from(sender).unwrap();
                prop_assert_eq!(place, next[at]);
                next[at] += 1;
                prop_assert!(connection_of(sender, connections) < usize::from(connections));
            }
        }
    }
}
