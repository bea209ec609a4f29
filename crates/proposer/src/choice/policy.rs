use std::collections::BTreeSet;

use serde::Deserialize;

use super::HealthTerms;

/// Basis points of the whole.
const WHOLE_BPS: u32 = 10_000;
/// Gateways that may take turns.
const MOST_TURNS: u32 = 16;

/// What a gateway offers us that no contract says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Our part of its fees, basis points.
    pub fee_share_bps: u32,
    /// Where it runs, such as "eu-west".
    pub region: String,
}

/// How much each measure counts; 0 leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// What can be slashed of the gateway.
    pub bond: u32,
    /// Time to its answers, as seen from here.
    pub latency: u32,
    /// Our part of its fees.
    pub fee_share: u32,
    /// Being where we prefer.
    pub region: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            bond: 3,
            latency: 2,
            fee_share: 3,
            region: 1,
        }
    }
}

/// Minimums, weights, and how firmly a choice stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Gateways that may be chosen, by number; empty for all.
    pub allow: BTreeSet<u32>,
    /// Gateways that may not.
    pub deny: BTreeSet<u32>,
    /// Least that can be slashed of a gateway for the rollup, gwei.
    pub min_bond_gwei: u64,
    /// A bond of so much, or more, scores full, gwei.
    pub full_bond_gwei: u64,
    /// Slowest answers, milliseconds.
    pub max_latency_ms: u64,
    /// Least part of the fees, basis points.
    pub min_fee_share_bps: u32,
    /// Regions preferred; empty for no preference.
    pub regions: BTreeSet<String>,
    /// Whether only those regions will do.
    pub only_these_regions: bool,
    /// How much counts what.
    pub weights: Weights,
    /// Another gateway has to score so much more, of 1,000, to be worth a change.
    pub switch_margin: u32,
    /// And the present one has to have had our slots for so many epochs. Not for one that is down or not allowed to write.
    pub dwell_epochs: u64,
    /// So many of the best gateways have our slots in turn, a loan each, by number; 1 to 16. With more than one, a loan ends early only
    /// for a gateway that is not fit any more: `switch_margin` and `dwell_epochs` are for a single one.
    pub take_turns: u32,
    /// When a gateway is down.
    pub health: HealthTerms,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow: BTreeSet::new(),
            deny: BTreeSet::new(),
            min_bond_gwei: 0,
            full_bond_gwei: 1_000_000_000_000,
            max_latency_ms: 1_000,
            min_fee_share_bps: 0,
            regions: BTreeSet::new(),
            only_these_regions: false,
            weights: Weights::default(),
            switch_margin: 100,
            dwell_epochs: 8,
            take_turns: 1,
            health: HealthTerms::default(),
        }
    }
}

/// A policy that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy.{field}: expected {expected}, got {got}")]
pub struct PolicyError {
    field: &'static str,
    expected: &'static str,
    got: String,
}

impl Policy {
    /// Whether it can be meant.
    ///
    /// # Errors
    /// [`PolicyError`] names the first field that cannot.
    pub fn check(&self) -> Result<(), PolicyError> {
        let refuse = |field, expected, got: &dyn std::fmt::Debug| {
            let got = format!("{got:?}");
            Err(PolicyError {
                field,
                expected,
                got,
            })
        };
        let both = self.allow.intersection(&self.deny).next();
        if let Some(both) = both {
            return refuse("deny", "gateways that `allow` does not name", both);
        }
        if self.full_bond_gwei == 0 || self.full_bond_gwei < self.min_bond_gwei {
            let expected = "more than 0 and at least min_bond_gwei";
            return refuse("full_bond_gwei", expected, &self.full_bond_gwei);
        }
        if self.max_latency_ms == 0 {
            return refuse("max_latency_ms", "at least 1", &0);
        }
        if self.min_fee_share_bps > WHOLE_BPS {
            let got = &self.min_fee_share_bps;
            return refuse("min_fee_share_bps", "at most 10000", got);
        }
        if self.switch_margin > 1_000 {
            return refuse("switch_margin", "at most 1000", &self.switch_margin);
        }
        if !(1..=MOST_TURNS).contains(&self.take_turns) {
            return refuse("take_turns", "1 to 16", &self.take_turns);
        }
        let weights = self.weights;
        let each = [
            weights.bond,
            weights.latency,
            weights.fee_share,
            weights.region,
        ];
        if each.iter().all(|weight| *weight == 0) || each.iter().any(|weight| *weight > 1_000) {
            let expected = "weights from 0 to 1000, one of them above 0";
            return refuse("weights", expected, &weights);
        }
        Ok(())
    }
}
