use prometheus::{Gauge, IntCounter, IntGauge, Opts, Registry};

/// Figures for `/metrics`.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Looks at the situation: it lives while this grows, except while a transaction is under way.
    pub looks: IntCounter,
    /// Batches in L1.
    pub batches: IntCounter,
    /// Batches the Inbox refused.
    pub reverted: IntCounter,
    /// Transactions with batches handed to pools, replacements included.
    pub versions: IntCounter,
    /// Batches that no slot took.
    pub not_taken: IntCounter,
    /// Blocks in L1.
    pub blocks: IntCounter,
    /// The users' transactions in L1.
    pub transactions: IntCounter,
    /// Blobs in L1.
    pub blobs: IntCounter,
    /// L1 fees paid, ETH.
    pub cost_eth: Gauge,
    /// Sealed blocks that are not in L1.
    pub unposted_blocks: IntGauge,
    /// Age of the oldest of them, milliseconds.
    pub unposted_age_ms: IntGauge,
    /// Proofs of one blob, newest measurement, milliseconds.
    pub proof_ms: IntGauge,
    /// Transactions for the Lookahead handed to pools.
    pub chores: IntCounter,
    /// Epochs whose proposers we proved.
    pub lookahead_proofs: IntCounter,
}

impl Figures {
    /// Registers them.
    ///
    /// # Errors
    /// When another part of the process has registered one of these names.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter =
                IntCounter::with_opts(Opts::new(format!("forebond_batcher_{name}"), help))?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::with_opts(Opts::new(format!("forebond_batcher_{name}"), help))?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let cost_eth = Gauge::with_opts(Opts::new(
            "forebond_batcher_cost_eth",
            "L1 fees paid for batches since the start, ETH",
        ))?;
        registry.register(Box::new(cost_eth.clone()))?;
        Ok(Self {
            looks: counter("looks_total", "Looks at the situation")?,
            batches: counter("batches_total", "Batches in L1")?,
            reverted: counter("reverted_total", "Batches the Inbox refused")?,
            versions: counter(
                "versions_total",
                "Transactions with batches handed to pools, replacements included",
            )?,
            not_taken: counter(
                "not_taken_total",
                "Batches that no slot of their window took",
            )?,
            blocks: counter("blocks_total", "Rollup blocks posted")?,
            transactions: counter("transactions_total", "User transactions posted")?,
            blobs: counter("blobs_total", "Blobs posted")?,
            cost_eth,
            unposted_blocks: gauge("unposted_blocks", "Sealed blocks that are not in L1")?,
            unposted_age_ms: gauge("unposted_age_ms", "Age of the oldest unposted block")?,
            proof_ms: gauge("proof_ms", "Time the proofs of one blob took")?,
            chores: counter(
                "chores_total",
                "Transactions for the Lookahead handed to pools",
            )?,
            lookahead_proofs: counter("lookahead_proofs_total", "Epochs proven to the Lookahead")?,
        })
    }
}
