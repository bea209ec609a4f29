use serde::{Deserialize, Serialize};

/// Multipliers are given in thousandths: 1000 is ×1.
const ONE: u128 = 1000;

/// The preconfirmation fee: a minimum tip per gas, quoted from four numbers.
///
/// `quote = min(maximum, base × priority × congestion)`, where the congestion factor grows
/// linearly from ×1 with an empty pool to its full value with a full one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeSchedule {
    /// Tip with an empty pool before multipliers, wei per gas.
    pub base_fee_wei_per_gas: u128,
    /// Constant factor for sequencing at this gateway, thousandths (1000 = ×1).
    pub priority_multiplier_permille: u32,
    /// Factor when the pool is full, thousandths (1000 = ×1).
    pub congestion_multiplier_permille: u32,
    /// Cap of the quote, wei per gas.
    pub maximum_wei_per_gas: u128,
}

/// Why four numbers are no fee schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeScheduleError {
    /// A congestion factor that makes a full pool cheaper.
    #[error("congestion_multiplier_permille is at least 1000 (×1), got {0}")]
    Congestion(u32),
    /// A cap under the base.
    #[error("maximum_wei_per_gas ({maximum}) is below base_fee_wei_per_gas ({base})")]
    Maximum {
        /// The cap given.
        maximum: u128,
        /// The base given.
        base: u128,
    },
}

impl FeeSchedule {
    /// Checks that the numbers make sense together.
    pub fn validate(&self) -> Result<(), FeeScheduleError> {
        if self.congestion_multiplier_permille < 1000 {
            return Err(FeeScheduleError::Congestion(
                self.congestion_multiplier_permille,
            ));
        }
        if self.maximum_wei_per_gas < self.base_fee_wei_per_gas {
            return Err(FeeScheduleError::Maximum {
                maximum: self.maximum_wei_per_gas,
                base: self.base_fee_wei_per_gas,
            });
        }
        Ok(())
    }

    /// The minimum tip, wei per gas, with the pool filled to `fullness_permille` thousandths.
    pub fn quote_wei_per_gas(&self, fullness_permille: u32) -> u128 {
        let fullness = u128::from(fullness_permille.min(1000));
        let extra = u128::from(self.congestion_multiplier_permille).saturating_sub(ONE);
        let congestion = ONE + extra * fullness / ONE;
        self.base_fee_wei_per_gas
            .saturating_mul(u128::from(self.priority_multiplier_permille))
            .saturating_mul(congestion)
            .checked_div(ONE * ONE)
            .unwrap_or(u128::MAX)
            .min(self.maximum_wei_per_gas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: FeeSchedule = FeeSchedule {
        base_fee_wei_per_gas: 1_000,
        priority_multiplier_permille: 1_500,
        congestion_multiplier_permille: 4_000,
        maximum_wei_per_gas: 5_000,
    };

    #[test]
    fn the_quote_is_base_times_priority_times_congestion_under_the_cap() {
        assert_eq!(SCHEDULE.quote_wei_per_gas(0), 1_500);
        assert_eq!(SCHEDULE.quote_wei_per_gas(500), 3_750);
        assert_eq!(SCHEDULE.quote_wei_per_gas(1000), 5_000);
        assert_eq!(SCHEDULE.quote_wei_per_gas(9999), 5_000);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(SCHEDULE.validate().is_ok());
        assert!(
            FeeSchedule {
                congestion_multiplier_permille: 999,
                ..SCHEDULE
            }
            .validate()
            .is_err()
        );
        assert!(
            FeeSchedule {
                maximum_wei_per_gas: 1,
                ..SCHEDULE
            }
            .validate()
            .is_err()
        );
    }
}
