//! Figures for `/metrics`.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use crate::guard::GuardCounters;

/// All of them.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Looks at L1: it lives while this grows.
    pub looks: IntCounter,
    /// 0 unasked, 1 well, 2 waiting, 3 needs its operator, 4 lies.
    pub signer_state: IntGauge,
    /// Signatures that were asked for in vain, by what the client said.
    pub signer_failures: IntCounterVec,
    /// Validators by where they stand.
    pub validators: IntGaugeVec,
    /// The gateway that our slots are lent to; 0 for none.
    pub lent_gateway: IntGauge,
    /// The last L1 epoch that is lent.
    pub lent_until_epoch: IntGauge,
    /// Slots to come that are signed and shown.
    pub signed_slots: IntGauge,
    /// Slots that were signed, all in all.
    pub slots_signed: IntCounter,
    /// Slots that were not signed, by reason.
    pub slots_refused: IntCounterVec,
    /// Signed slots that relays took.
    pub relayed: IntCounter,
    /// Signed slots that relays did not take; each is offered again in the next slot.
    pub relay_failures: IntCounter,
    /// Transactions in blocks, by kind.
    pub transactions: IntCounterVec,
    /// Rounds that failed, by duty.
    pub failures: IntCounterVec,
    /// What the operator's account has, gwei.
    pub balance_gwei: IntGauge,
    /// Transactions for the Lookahead handed to pools.
    pub chores: IntCounter,
    /// The guard's.
    pub guard: GuardCounters,
}

impl Figures {
    /// Registers them.
    ///
    /// # Errors
    /// When another part of the process has registered one of these names.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| Opts::new(format!("forebond_proposer_{name}"), help);
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::with_opts(opts(name, help))?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let counters = |name: &str, help: &str, label: &str| {
            let counters = IntCounterVec::new(opts(name, help), &[label])?;
            registry.register(Box::new(counters.clone()))?;
            Ok::<_, prometheus::Error>(counters)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::with_opts(opts(name, help))?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let validators = IntGaugeVec::new(
            opts("validators", "Validators whose keys the signer holds"),
            &["place"],
        )?;
        registry.register(Box::new(validators.clone()))?;
        Ok(Self {
            looks: counter("looks_total", "Looks at L1")?,
            signer_state: gauge(
                "signer_state",
                "0 unasked, 1 well, 2 waiting, 3 needs its operator, 4 lies",
            )?,
            signer_failures: counters(
                "signer_failures_total",
                "Questions to the signer that failed",
                "advice",
            )?,
            validators,
            lent_gateway: gauge("lent_gateway", "Gateway that has our slots; 0 for none")?,
            lent_until_epoch: gauge("lent_until_epoch", "Last L1 epoch that is lent")?,
            signed_slots: gauge("signed_slots", "Slots to come that are signed and shown")?,
            slots_signed: counter("slots_signed_total", "Slots that were signed")?,
            slots_refused: counters(
                "slots_refused_total",
                "Slots of ours that were not signed",
                "reason",
            )?,
            relayed: counter("relayed_total", "Signed slots that relays took")?,
            relay_failures: counter("relay_failures_total", "Offers that relays did not take")?,
            transactions: counters("transactions_total", "Transactions in blocks", "kind")?,
            failures: counters("failures_total", "Rounds that failed", "duty")?,
            balance_gwei: gauge("operator_balance_gwei", "What the operator's account has")?,
            chores: counter("chores_total", "Transactions for the Lookahead sent")?,
            guard: GuardCounters {
                passed: counter("guard_passed_total", "Bids passed on")?,
                dropped: counters("guard_dropped_total", "Bids dropped", "reason")?,
            },
        })
    }
}
