use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Times from asking to a checked promise, microseconds inside.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

/// How they are spread, milliseconds; zeros when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// Half are at most this.
    pub(crate) p50: f64,
    /// 99 of 100 are.
    pub(crate) p99: f64,
    /// All are.
    pub(crate) max: f64,
}

/// Longest that is told apart: ten minutes.
const LONGEST_US: u64 = 600_000_000;

impl Latencies {
    /// None yet.
    pub(crate) fn new() -> eyre::Result<Self> {
        Ok(Self(Histogram::new_with_max(LONGEST_US, 3)?))
    }

    /// Adds one.
    pub(crate) fn record(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(us);
    }

    /// How they are spread.
    pub(crate) fn summary(&self) -> Summary {
        if self.0.is_empty() {
            return Summary::default();
        }
        #[expect(clippy::cast_precision_loss, reason = "at most ten minutes")]
        let ms = |us: u64| us as f64 / 1_000.0;
        Summary {
            p50: ms(self.0.value_at_quantile(0.5)),
            p99: ms(self.0.value_at_quantile(0.99)),
            max: ms(self.0.max()),
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.0.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slow_ones_show_in_p99_and_max_and_the_usual_one_in_p50() {
        let mut latencies = Latencies::new().unwrap();
        for _ in 0..980 {
            latencies.record(Duration::from_millis(4));
        }
        for _ in 0..20 {
            latencies.record(Duration::from_secs(3));
        }
        let summary = latencies.summary();
        assert!((summary.p50 - 4.0).abs() < 0.01, "{summary:?}");
        assert!(summary.p99 > 2_990.0 && summary.max >= summary.p99);
        latencies.clear();
        assert_eq!(latencies.summary(), Summary::default());
    }
}
