use super::text;
use forebond_protocol::FeeSchedule;
use serde::{Deserialize, Serialize};

/// `[fees]`: the preconfirmation fee, a minimum tip per gas. The quote is
/// `min(maximum, base × priority × congestion)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeesSection {
    /// Tip with an empty pool before multipliers, wei per gas.
    pub base_fee_wei_per_gas: u64,
    /// Constant factor, thousandths (1000 = ×1).
    pub priority_multiplier_permille: u32,
    /// Factor when the pool is full, thousandths (1000 = ×1); in between it grows linearly.
    pub congestion_multiplier_permille: u32,
    /// Cap of the quote, wei per gas.
    pub maximum_wei_per_gas: u64,
}

impl Default for FeesSection {
    fn default() -> Self {
        Self {
            base_fee_wei_per_gas: 100_000,
            priority_multiplier_permille: 1_000,
            congestion_multiplier_permille: 10_000,
            maximum_wei_per_gas: 10_000_000,
        }
    }
}

impl FeesSection {
    /// The four numbers as the protocol crate quotes from them.
    pub const fn schedule(&self) -> FeeSchedule {
        FeeSchedule {
            base_fee_wei_per_gas: self.base_fee_wei_per_gas as u128,
            priority_multiplier_permille: self.priority_multiplier_permille,
            congestion_multiplier_permille: self.congestion_multiplier_permille,
            maximum_wei_per_gas: self.maximum_wei_per_gas as u128,
        }
    }

    pub(super) fn problems(&self, found: &mut Vec<String>) {
        if let Err(error) = self.schedule().validate() {
            found.push(format!("fees: {error}"));
        }
    }
}

/// `[coverage]`: what a sender is owed, doubled, when a promise to it is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoverageSection {
    /// What the bond sets aside for this rollup, wei, as a decimal text. Twice the running coverage
    /// never exceeds it; beyond it promises carry a coverage of 0 and say so.
    #[serde(with = "text")]
    pub reserve_wei: u128,
    /// Coverage of a promise: this many times the fee its transaction pays.
    pub fee_multiple: u32,
}

impl Default for CoverageSection {
    fn default() -> Self {
        Self {
            reserve_wei: 1_000 * 10u128.pow(18),
            fee_multiple: 10,
        }
    }
}
