//! Every figure of every gateway as Prometheus metrics, read from [`Quality`] when somebody asks.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use prometheus::{
    Registry,
    core::{Collector, Desc},
    proto::{Bucket, Counter, Histogram, LabelPair, Metric, MetricFamily, MetricType},
};

use super::{
    Quality, histogram,
    tally::{LATENCY_S, SETTLEMENT_S, Tally},
};

const PROMISES: &str = "forebond_promises_total";
const KEPT: &str = "forebond_promises_kept_total";
const BROKEN: &str = "forebond_promises_broken_total";
const LATENCY: &str = "forebond_promise_latency_seconds";
const TURN_BLOCKS: &str = "forebond_gateway_turn_blocks_total";
const SETTLEMENT: &str = "forebond_settlement_seconds";

/// All names, with what they count.
pub const NAMES: [(&str, &str); 6] = [
    (PROMISES, "Promises heard, by gateway"),
    (KEPT, "Promises that the chain on L1 keeps, by gateway"),
    (
        BROKEN,
        "Promises that the chain on L1 does not keep, by gateway",
    ),
    (
        LATENCY,
        "From the issue time in a frag to the moment it was heard, per promise, seconds",
    ),
    (
        TURN_BLOCKS,
        "Blocks of a gateway's turns, by outcome: seen in time, or missed",
    ),
    (
        SETTLEMENT,
        "From a block's timestamp to the L1 block that holds its batch, seconds",
    ),
];

/// The figures of a [`Quality`] that somebody else feeds.
#[derive(Clone, Debug)]
pub struct Exported {
    quality: Arc<Mutex<Quality>>,
    descriptions: Vec<Desc>,
}

impl Exported {
    /// Makes all figures of `quality` appear in `registry`.
    ///
    /// # Errors
    /// When another part of the process has registered one of these names.
    pub fn register(
        quality: Arc<Mutex<Quality>>,
        registry: &Registry,
    ) -> Result<(), prometheus::Error> {
        let describe = |(name, help): (&str, &str)| {
            let mut labels = vec!["gateway".to_owned()];
            if name == TURN_BLOCKS {
                labels.push("outcome".to_owned());
            }
            Desc::new(name.to_owned(), help.to_owned(), labels, HashMap::new())
        };
        let descriptions = NAMES.into_iter().map(describe).collect::<Result<_, _>>()?;
        registry.register(Box::new(Self {
            quality,
            descriptions,
        }))
    }
}

impl Collector for Exported {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let quality = self.quality.lock();
        let mut metrics: [Vec<Metric>; 6] = Default::default();
        for (gateway, rolling) in quality.tallies() {
            let total = rolling.total();
            let of: [Vec<Metric>; 6] = of_gateway(gateway, total);
            for (all, more) in metrics.iter_mut().zip(of) {
                all.extend(more);
            }
        }
        drop(quality);
        let families = NAMES.into_iter().zip(metrics);
        families
            .filter(|(_, metrics)| !metrics.is_empty())
            .map(|((name, help), metrics)| family(name, help, metrics))
            .collect()
    }
}

/// In the order of [`NAMES`].
fn of_gateway(gateway: u32, total: &Tally) -> [Vec<Metric>; 6] {
    let label = || pair("gateway", gateway.to_string());
    let turn_blocks =
        |outcome: &str, count| counter(vec![label(), pair("outcome", outcome.to_owned())], count);
    [
        vec![counter(vec![label()], total.promises)],
        vec![counter(vec![label()], total.kept)],
        vec![counter(vec![label()], total.broken)],
        vec![distribution(label(), &total.latency, &LATENCY_S)],
        vec![
            turn_blocks("missed", total.missed),
            turn_blocks("seen", total.seen),
        ],
        vec![distribution(label(), &total.settlement, &SETTLEMENT_S)],
    ]
}

fn family(name: &str, help: &str, metrics: Vec<Metric>) -> MetricFamily {
    let is_distribution = name == LATENCY || name == SETTLEMENT;
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(if is_distribution {
        MetricType::HISTOGRAM
    } else {
        MetricType::COUNTER
    });
    family.set_metric(metrics);
    family
}

fn pair(name: &str, value: String) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value);
    pair
}

#[allow(clippy::cast_precision_loss, reason = "Prometheus counts in f64")]
fn counter(labels: Vec<LabelPair>, count: u64) -> Metric {
    let mut value = Counter::default();
    value.set_value(count as f64);
    let mut metric = Metric::from_label(labels);
    metric.set_counter(value);
    metric
}

fn distribution<const N: usize>(
    label: LabelPair,
    from: &histogram::Histogram<N>,
    bounds: &[f64; N],
) -> Metric {
    let bucket = |(count, bound): (u64, &f64)| {
        let mut bucket = Bucket::default();
        bucket.set_cumulative_count(count);
        bucket.set_upper_bound(*bound);
        bucket
    };
    let mut value = Histogram::default();
    value.set_sample_count(from.count());
    value.set_sample_sum(from.sum());
    let buckets = from.cumulative().into_iter().zip(bounds).map(bucket);
    value.set_bucket(buckets.collect());
    let mut metric = Metric::from_label(vec![label]);
    metric.set_histogram(value);
    metric
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{HeardFrag, Judged, Settled, TurnOver};
    use forebond_protocol::BlockClock;

    fn fed() -> Quality {
        let mut quality = Quality::new(BlockClock::new(0, 1).unwrap(), 0);
        quality.heard_frag(HeardFrag {
            gateway: 3,
            window: 9,
            block: 5,
            promises: 4,
            issued_at_ms: 4_000,
            heard_at_ms: 4_007,
            live: true,
        });
        quality.judged(Judged {
            gateway: 3,
            kept: 3,
            broken: 1,
            at_ms: 9_000,
        });
        quality.turn_over(TurnOver {
            gateway: 3,
            window: 9,
            first_block: 5,
            last_block: 6,
            at_ms: 9_000,
        });
        quality.settled(Settled {
            gateway: 3,
            first_block: 5,
            last_block: 6,
            l1_timestamp_s: 20,
            at_ms: 21_000,
        });
        quality
    }

    #[test]
    fn every_figure_of_a_gateway_appears_under_its_name() {
        let registry = Registry::new();
        Exported::register(Arc::new(Mutex::new(fed())), &registry).unwrap();
        let text = prometheus::TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap();
        for line in [
            "forebond_promises_total{gateway=\"3\"} 4",
            "forebond_promises_kept_total{gateway=\"3\"} 3",
            "forebond_promises_broken_total{gateway=\"3\"} 1",
            "forebond_promise_latency_seconds_bucket{gateway=\"3\",le=\"0.005\"} 0",
            "forebond_promise_latency_seconds_bucket{gateway=\"3\",le=\"0.01\"} 4",
            "forebond_promise_latency_seconds_bucket{gateway=\"3\",le=\"+Inf\"} 4",
            "forebond_promise_latency_seconds_count{gateway=\"3\"} 4",
            "forebond_gateway_turn_blocks_total{gateway=\"3\",outcome=\"seen\"} 1",
            "forebond_gateway_turn_blocks_total{gateway=\"3\",outcome=\"missed\"} 1",
            "forebond_settlement_seconds_bucket{gateway=\"3\",le=\"24\"} 2",
            "forebond_settlement_seconds_sum{gateway=\"3\"} 29",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} not in\n{text}"
            );
        }
        let typed = NAMES
            .iter()
            .filter(|(name, _)| text.contains(&format!("# TYPE {name} ")));
        assert_eq!(typed.count(), NAMES.len());
    }

    #[test]
    fn before_anything_is_heard_nothing_appears_and_a_second_registration_is_refused() {
        let registry = Registry::new();
        let quality = Quality::new(BlockClock::new(0, 1).unwrap(), 0);
        let quality = Arc::new(Mutex::new(quality));
        Exported::register(quality.clone(), &registry).unwrap();
        assert!(registry.gather().is_empty());
        assert!(Exported::register(quality, &registry).is_err());
    }
}
