//! The gateway's figures, as Prometheus metrics.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// Buckets for latencies from 20 us to 2.6 s, seconds.
fn latency_buckets() -> Vec<f64> {
    prometheus::exponential_buckets(0.000_02, 1.6, 26).unwrap_or_default()
}

/// Per-stage latencies and counts.
#[derive(Debug, Clone)]
pub struct StageMetrics {
    /// Received bytes to decoded transaction with recovered sender, seconds.
    pub decode_recover: Histogram,
    /// Received bytes to taken by the pool, seconds.
    pub socket_to_admitted: Histogram,
    /// Execution of one transaction, seconds.
    pub execute: Histogram,
    /// Write and sync of one batch of the promise log, seconds.
    pub log_sync: Histogram,
    /// Cut to published, seconds.
    pub cut_to_published: Histogram,
    /// Received bytes to signed and published promise, seconds.
    pub socket_to_signed: Histogram,
    /// Transactions in a frag.
    pub frag_transactions: Histogram,
    /// State root, tries and header of one block, seconds.
    pub seal: Histogram,
    /// Writing one block to the store, seconds.
    pub store: Histogram,
    /// User transactions promised.
    pub promised: IntCounter,
    /// Transactions refused, by reason.
    pub refused: IntCounterVec,
    /// Transactions that were taken by the pool.
    pub admitted: IntCounter,
    /// Transactions in the pool.
    pub pool_transactions: IntGauge,
    /// Bytes in the pool.
    pub pool_bytes: IntGauge,
    /// Newest sealed block.
    pub sealed_block: IntGauge,
    /// Open block.
    pub open_block: IntGauge,
    /// Coverage the reserve still carries, gwei.
    pub coverage_left_gwei: IntGauge,
}

impl StageMetrics {
    /// Registers everything in `registry`.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let latency = |name: &str, help: &str| -> prometheus::Result<Histogram> {
            let options = HistogramOpts::new(name, help).buckets(latency_buckets());
            let histogram = Histogram::with_opts(options)?;
            registry.register(Box::new(histogram.clone()))?;
            Ok(histogram)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGauge> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let counter = |name: &str, help: &str| -> prometheus::Result<IntCounter> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let sizes = prometheus::exponential_buckets(1.0, 2.0, 14)?;
        let frag_transactions = Histogram::with_opts(
            HistogramOpts::new("forebond_frag_transactions", "Transactions in a frag")
                .buckets(sizes),
        )?;
        registry.register(Box::new(frag_transactions.clone()))?;
        let refused = IntCounterVec::new(
            Opts::new(
                "forebond_transactions_refused_total",
                "Transactions refused, by reason",
            ),
            &["reason"],
        )?;
        registry.register(Box::new(refused.clone()))?;
        Ok(Self {
            decode_recover: latency(
                "forebond_decode_recover_seconds",
                "Decoding and sender recovery of one transaction",
            )?,
            socket_to_admitted: latency(
                "forebond_socket_to_admitted_seconds",
                "Received bytes to taken by the pool",
            )?,
            execute: latency(
                "forebond_execute_seconds",
                "Execution of one transaction, leaf included",
            )?,
            log_sync: latency(
                "forebond_log_sync_seconds",
                "Write and sync of one batch of the promise log",
            )?,
            cut_to_published: latency("forebond_cut_to_published_seconds", "Cut to published")?,
            socket_to_signed: latency(
                "forebond_socket_to_signed_seconds",
                "Received bytes to signed promise",
            )?,
            frag_transactions,
            seal: latency("forebond_seal_seconds", "Roots and header of one block")?,
            store: latency("forebond_store_seconds", "Writing one block to the store")?,
            promised: counter(
                "forebond_transactions_promised_total",
                "User transactions promised",
            )?,
            refused,
            admitted: counter(
                "forebond_transactions_admitted_total",
                "Transactions taken by the pool",
            )?,
            pool_transactions: gauge("forebond_pool_transactions", "Transactions in the pool")?,
            pool_bytes: gauge("forebond_pool_bytes", "Bytes in the pool")?,
            sealed_block: gauge("forebond_sealed_block", "Newest sealed block")?,
            open_block: gauge("forebond_open_block", "Open block")?,
            coverage_left_gwei: gauge(
                "forebond_coverage_left_gwei",
                "Coverage the reserve still carries",
            )?,
        })
    }
}
