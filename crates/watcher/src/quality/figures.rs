use serde::Serialize;

use super::{
    Quality,
    tally::{LATENCY_S, SETTLEMENT_S, Tally},
};

const HOUR_MS: u64 = 3_600_000;

/// One gateway in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayFigures {
    /// Number in the registry.
    pub gateway: u32,
    /// The last hour, to five minutes.
    pub hour: PeriodFigures,
    /// The last day, to five minutes.
    pub day: PeriodFigures,
    /// Since the watcher started.
    pub total: PeriodFigures,
}

/// Figures of some time. What was not measured is absent, not perfect.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeriodFigures {
    /// Promises heard.
    pub promises: u64,
    /// Promises that the chain keeps, of those it has decided.
    pub kept: u64,
    /// Promises that it does not keep.
    pub broken: u64,
    /// kept ÷ (kept + broken).
    pub success_rate: Option<f64>,
    /// Issued to heard: at most this for half of the promises, seconds. Absent above the last bound, 30 s, too.
    pub latency_p50_s: Option<f64>,
    /// The same for 95 of 100.
    pub latency_p95_s: Option<f64>,
    /// Blocks of its turns seen in time.
    pub blocks_seen: u64,
    /// Blocks of its turns not seen in time.
    pub blocks_missed: u64,
    /// seen ÷ (seen + missed).
    pub uptime: Option<f64>,
    /// Block's timestamp to L1 block: at most this for half of the blocks, seconds. Absent above the last bound, an hour, too.
    pub settlement_p50_s: Option<f64>,
    /// The same for 95 of 100.
    pub settlement_p95_s: Option<f64>,
}

impl Quality {
    /// All gateways' figures at `now_ms`, by number.
    pub fn figures(&self, now_ms: u64) -> Vec<GatewayFigures> {
        let of = |(gateway, rolling): (u32, &super::rolling::Rolling)| GatewayFigures {
            gateway,
            hour: period(&rolling.last(now_ms, HOUR_MS)),
            day: period(&rolling.last(now_ms, 24 * HOUR_MS)),
            total: period(rolling.total()),
        };
        self.tallies().map(of).collect()
    }
}

fn period(tally: &Tally) -> PeriodFigures {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    PeriodFigures {
        promises: tally.promises,
        kept: tally.kept,
        broken: tally.broken,
        success_rate: ratio(tally.kept, tally.broken),
        latency_p50_s: finite(tally.latency.quantile(&LATENCY_S, 500)),
        latency_p95_s: finite(tally.latency.quantile(&LATENCY_S, 950)),
        blocks_seen: tally.seen,
        blocks_missed: tally.missed,
        uptime: ratio(tally.seen, tally.missed),
        settlement_p50_s: finite(tally.settlement.quantile(&SETTLEMENT_S, 500)),
        settlement_p95_s: finite(tally.settlement.quantile(&SETTLEMENT_S, 950)),
    }
}

#[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
fn ratio(good: u64, bad: u64) -> Option<f64> {
    let all = good.saturating_add(bad);
    (all != 0).then(|| good as f64 / all as f64)
}
