use alloy_primitives::{Address, U256};
use serde::Serialize;

/// As what somebody earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// Operator of the rollup.
    Rollup,
    /// Operator of the validator that lent the window.
    Validator,
    /// Owner of the gateway that posted the batch.
    Gateway,
}

impl Party {
    /// As metrics and tables name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rollup => "rollup",
            Self::Validator => "validator",
            Self::Gateway => "gateway",
        }
    }
}

/// What one account earned as one kind of party, in wei.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Earned so far, whatever became of it.
    pub earned_wei: U256,
    /// Burned of it.
    pub forfeited_wei: U256,
    /// What can't be claimed yet, by period. Gateways and the rollup operator have none.
    pub pots: Vec<Pot>,
}

impl Statement {
    /// In pots, those that will burn included.
    pub fn waiting_wei(&self) -> U256 {
        self.pots
            .iter()
            .fold(U256::ZERO, |sum, pot| sum.saturating_add(pot.amount_wei))
    }

    /// Credited: what could be claimed at once, whether it was or not.
    pub fn credited_wei(&self) -> U256 {
        self.earned_wei
            .saturating_sub(self.forfeited_wei)
            .saturating_sub(self.waiting_wei())
    }
}

/// An operator's rewards of one period that are neither released nor burned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pot {
    /// The operator, by its L1 address.
    pub operator: Address,
    /// The period.
    pub period: u64,
    /// What is in it.
    pub amount_wei: U256,
    /// Claimable from then on, Unix seconds.
    pub opens_at_s: u64,
    /// It will burn.
    pub forfeited: bool,
}

/// All parties together, in wei.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Earned by all.
    pub earned_wei: U256,
    /// Paid out.
    pub paid_wei: U256,
    /// Burned.
    pub burned_wei: U256,
}
