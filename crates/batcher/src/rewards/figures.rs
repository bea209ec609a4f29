use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use forebond_rewards::book::{Book, Party};
use prometheus::{CounterVec, IntCounter, Opts, Registry};

/// Accounts that are shown at most: a label each.
const MOST_ACCOUNTS: usize = 1_024;

/// Fee revenue, and what brings it to those who earned it.
#[derive(Clone, Debug)]
pub struct RevenueFigures {
    revenue: CounterVec,
    shown: BTreeMap<(Party, Address), U256>,
    /// Checkpoints taken.
    pub checkpoints: IntCounter,
    /// Batches settled.
    pub settled: IntCounter,
    /// Calls of the messenger on L1: attributions, forfeitures, messages sent again.
    pub errands: IntCounter,
}

impl RevenueFigures {
    /// Registers them.
    ///
    /// # Errors
    /// When another part of the process has registered one of these names.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let revenue = CounterVec::new(
            Opts::new(
                "forebond_fee_revenue_wei_total",
                "Fees of the rollup credited so far, by kind of party and account, operators' waiting rewards included, wei",
            ),
            &["party", "account"],
        )?;
        registry.register(Box::new(revenue.clone()))?;
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter =
                IntCounter::with_opts(Opts::new(format!("forebond_rewards_{name}"), help))?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        Ok(Self {
            revenue,
            shown: BTreeMap::new(),
            checkpoints: counter("checkpoints_total", "Checkpoints of fees taken")?,
            settled: counter("settled_batches_total", "Batches whose fees we settled")?,
            errands: counter(
                "errands_total",
                "Calls of the rewards messenger on L1: attributions, forfeitures, messages sent again",
            )?,
        })
    }

    /// Shows what the book says. Counters never fall: a reorg of L1 shows when its blocks' fees are earned again.
    pub fn show(&mut self, book: &Book) {
        for ((party, account), statement) in book.statements() {
            let room = self.shown.len() < MOST_ACCOUNTS;
            let key = (party, account);
            if !room && !self.shown.contains_key(&key) {
                continue;
            }
            let shown = self.shown.entry(key).or_default();
            let more = statement.earned_wei.saturating_sub(*shown);
            *shown = shown.saturating_add(more);
            let labels = [party.name(), &account.to_string()];
            self.revenue.with_label_values(&labels).inc_by(more.into());
        }
    }
}
