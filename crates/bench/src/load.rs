//! The load while it runs: what all threads see of it.

use crate::{presign::Planned, schedule::Schedule};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Every transaction, when it is due, and whether its answer has come.
#[derive(Debug)]
pub(crate) struct Load {
    planned: Vec<Planned>,
    schedule: Schedule,
    start: Instant,
    resolved: Vec<AtomicBool>,
    resolved_count: AtomicU64,
}

impl Load {
    /// `start` is when the first transaction is due.
    pub(crate) fn new(planned: Vec<Planned>, schedule: Schedule, start: Instant) -> Self {
        let resolved = planned.iter().map(|_| AtomicBool::new(false)).collect();
        Self {
            planned,
            schedule,
            start,
            resolved,
            resolved_count: AtomicU64::new(0),
        }
    }

    /// All transactions, in the order they leave.
    pub(crate) fn planned(&self) -> &[Planned] {
        &self.planned
    }

    /// The transaction with this number.
    pub(crate) fn get(&self, id: u32) -> Option<&Planned> {
        self.planned.get(usize::try_from(id).ok()?)
    }

    /// When transaction `id` is due.
    pub(crate) fn due(&self, id: u32) -> Instant {
        self.start + self.schedule.due(id.into())
    }

    /// When the warm-up ends and measuring begins.
    pub(crate) fn measured_from(&self) -> Instant {
        self.start + self.schedule.warmup()
    }

    /// When the last transaction has left, if all goes well.
    pub(crate) fn sent_by(&self) -> Instant {
        self.measured_from() + self.schedule.measured()
    }

    /// Whether transaction `id` counts, or belongs to the warm-up.
    pub(crate) fn is_measured(&self, id: u32) -> bool {
        u64::from(id) >= self.schedule.warmup_count()
    }

    /// How many transactions count.
    pub(crate) fn measured_count(&self) -> u64 {
        self.planned.len() as u64 - self.schedule.warmup_count()
    }

    /// Time from when `id` was due until `at`; a slow sender cannot hide in it.
    pub(crate) fn latency(&self, id: u32, at: Instant) -> Duration {
        at.saturating_duration_since(self.due(id))
    }

    /// Notes the answer of `id`; false when it had one already or there is no such transaction.
    pub(crate) fn resolve(&self, id: u32) -> bool {
        let flag = usize::try_from(id)
            .ok()
            .and_then(|place| self.resolved.get(place));
        let first = flag.is_some_and(|flag| !flag.swap(true, Ordering::Relaxed));
        if first {
            self.resolved_count.fetch_add(1, Ordering::Relaxed);
        }
        first
    }

    /// How many transactions have been answered.
    pub(crate) fn resolved_count(&self) -> u64 {
        self.resolved_count.load(Ordering::Relaxed)
    }

    /// How many of those that count have not been answered.
    pub(crate) fn unanswered(&self) -> u64 {
        let measured = self
            .resolved
            .iter()
            .zip(0u32..)
            .filter(|(_, id)| self.is_measured(*id));
        measured
            .filter(|(flag, _)| !flag.load(Ordering::Relaxed))
            .count() as u64
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use alloy_primitives::{Address, B256};

    /// A load of `count` transactions at 1,000 a second, after one second of warm-up.
    pub(crate) fn load(count: u64) -> Load {
        let planned = (0..count)
            .map(|i| Planned {
                hash: B256::from(alloy_primitives::U256::from(i)),
                sender: Address::with_last_byte(1),
                connection: 0,
                frame: format!("{i};").into_bytes(),
            })
            .collect();
        let measured = Duration::from_millis(count.saturating_sub(1_000));
        Load::new(
            planned,
            Schedule::new(1_000, Duration::from_secs(1), measured),
            Instant::now(),
        )
    }

    #[test]
    fn latency_counts_from_when_the_transaction_was_due() {
        let load = load(3_000);
        let at = load.due(5) + Duration::from_millis(3);
        assert_eq!(load.latency(5, at), Duration::from_millis(3));
        assert_eq!(load.latency(2_000, at), Duration::ZERO);
    }

    #[test]
    fn a_second_answer_is_not_counted_and_the_warm_up_is_not_missed() {
        let load = load(3_000);
        assert_eq!((load.measured_count(), load.unanswered()), (2_000, 2_000));
        assert!(load.resolve(1_000));
        assert!(!load.resolve(1_000));
        assert!(load.resolve(3));
        assert!(!load.resolve(9_999));
        assert_eq!((load.resolved_count(), load.unanswered()), (2, 1_999));
    }
}
