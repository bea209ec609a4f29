//! What came of the load, counted.

use crate::{error_tally::ErrorTally, latency::Latencies, load::Load};
use std::time::{Duration, Instant};

/// Where a transaction is, according to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Block number.
    pub(crate) block: u64,
    /// Index in the block.
    pub(crate) index: u64,
    /// The transaction's number in the run.
    pub(crate) id: u32,
}

/// What came of the load, as far as one thread saw it.
#[derive(Debug)]
pub(crate) struct Tally {
    /// From due to verified; for [`Mode::Plain`] to seen in a block.
    pub(crate) verified: Latencies,
    /// From due to the reply, which in [`Mode::Plain`] is only "in the pool".
    pub(crate) accepted: Latencies,
    /// What went wrong with transactions that count.
    pub(crate) errors: ErrorTally,
    /// Answers that claim something false.
    pub(crate) invalid: u64,
    /// Where transactions are promised to be, warm-up included.
    pub(crate) places: Vec<Place>,
    /// How many were verified while load that counts was sent, warm-up stragglers included.
    pub(crate) verified_under_load: u64,
    /// When the last transaction that counts was verified.
    pub(crate) last_verified: Option<Instant>,
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new() -> eyre::Result<Self> {
        Ok(Self {
            verified: Latencies::new()?,
            accepted: Latencies::new()?,
            errors: ErrorTally::default(),
            invalid: 0,
            places: Vec::new(),
            verified_under_load: 0,
            last_verified: None,
        })
    }

    /// Adds what another thread saw.
    pub(crate) fn merge(&mut self, other: Self) -> eyre::Result<()> {
        self.verified.add(&other.verified)?;
        self.accepted.add(&other.accepted)?;
        self.errors.merge(other.errors);
        self.invalid += other.invalid;
        self.places.extend(other.places);
        self.verified_under_load += other.verified_under_load;
        self.last_verified = self.last_verified.max(other.last_verified);
        Ok(())
    }

    /// Notes that `place.id` is verified at `at`.
    pub(crate) fn verified(&mut self, load: &Load, place: Place, at: Instant) {
        self.places.push(place);
        let under_load = (load.measured_from()..load.sent_by()).contains(&at);
        self.verified_under_load += u64::from(under_load);
        if load.is_measured(place.id) {
            self.verified.record(load.latency(place.id, at));
            self.last_verified = self.last_verified.max(Some(at));
        }
    }

    /// Notes what went wrong with `id`.
    pub(crate) fn error(&mut self, load: &Load, id: u32, text: &str) {
        if load.is_measured(id) {
            self.errors.count(text);
        }
    }
}

/// How long after the last scheduled send the last answer came.
pub(crate) fn drained_after(load: &Load, tally: &Tally) -> Duration {
    let late = tally
        .last_verified
        .map(|at| at.saturating_duration_since(load.sent_by()));
    late.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::tests::load;

    #[test]
    fn the_rate_counts_what_was_verified_while_load_was_sent() {
        let load = load(3_000);
        let mut tally = Tally::new().unwrap();
        let ms = Duration::from_millis;
        let place = |id| Place {
            block: 1,
            index: 0,
            id,
        };
        tally.verified(&load, place(0), load.measured_from() - ms(1));
        tally.verified(&load, place(1), load.measured_from());
        tally.verified(&load, place(1_000), load.sent_by() - ms(1));
        tally.verified(&load, place(2_999), load.sent_by() + ms(5));
        assert_eq!((tally.verified_under_load, tally.verified.count()), (2, 2));
        assert_eq!(drained_after(&load, &tally), ms(5));
    }
}
