//! Collects durations and says how they are spread.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Durations, kept to three significant digits.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

/// How durations are spread, in milliseconds; all zero when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half are at most this.
    pub p50: f64,
    /// Nine of ten.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// All.
    pub max: f64,
}

impl Latencies {
    /// None yet.
    pub(crate) fn new() -> eyre::Result<Self> {
        Ok(Self(Histogram::new(3)?))
    }

    /// Adds one.
    pub(crate) fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // The histogram grows as needed; a century would not fit, and is then cut.
        if self.0.record(nanos).is_err() {
            self.0.saturating_record(nanos);
        }
    }

    /// Adds all of `other`.
    pub(crate) fn add(&mut self, other: &Self) -> eyre::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// How they are spread.
    pub(crate) fn percentiles(&self) -> Percentiles {
        let at = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        Percentiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: milliseconds(self.0.max()),
        }
    }
}

/// To the microsecond, which is finer than anything measured here repeats.
#[allow(clippy::cast_precision_loss)]
fn milliseconds(nanos: u64) -> f64 {
    (nanos as f64 / 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_durations() {
        let mut latencies = Latencies::new().unwrap();
        for micros in 1..=10_000 {
            latencies.record(Duration::from_micros(micros));
        }
        let p = latencies.percentiles();
        for (got, expected) in [
            (p.p50, 5.0),
            (p.p90, 9.0),
            (p.p99, 9.9),
            (p.p999, 9.99),
            (p.max, 10.0),
        ] {
            assert!(
                (got - expected).abs() / expected < 0.002,
                "{got} is not {expected}"
            );
        }
    }

    #[test]
    fn one_slow_answer_among_many_shows_in_the_maximum_only() {
        let mut latencies = Latencies::new().unwrap();
        (0..9_999).for_each(|_| latencies.record(Duration::from_millis(1)));
        let mut other = Latencies::new().unwrap();
        other.record(Duration::from_secs(9));
        latencies.add(&other).unwrap();
        let p = latencies.percentiles();
        assert!(p.p999 < 1.01 && p.max > 8_990.0, "{p:?}");
        assert_eq!(latencies.count(), 10_000);
    }

    #[test]
    fn nothing_recorded_is_all_zero() {
        assert_eq!(
            Latencies::new().unwrap().percentiles(),
            Percentiles::default()
        );
    }
}
