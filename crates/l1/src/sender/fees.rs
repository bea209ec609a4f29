use crate::execution::FeeMarket;

/// What a lane may offer. All in wei per gas, or per blob gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeePolicy {
    /// Never more than this per gas, tip included.
    pub max_fee_cap_wei: u128,
    /// At least this tip.
    pub min_tip_wei: u128,
    /// Never more than this per blob gas.
    pub max_blob_fee_cap_wei: u128,
}

impl Default for FeePolicy {
    fn default() -> Self {
        const GWEI: u128 = 1_000_000_000;
        Self {
            max_fee_cap_wei: 500 * GWEI,
            min_tip_wei: GWEI,
            max_blob_fee_cap_wei: 500 * GWEI,
        }
    }
}

/// One transaction's fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Most per gas, wei.
    pub max_fee_wei: u128,
    /// Tip per gas, wei.
    pub tip_wei: u128,
    /// Most per blob gas, wei; zero without blobs.
    pub max_blob_fee_wei: u128,
}

/// Why no offer can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeError {
    /// The market is above what the policy allows.
    #[error(
        "{what} would have to be {needed_wei} wei, the cap is {cap_wei} wei: raise the cap or wait for fees to fall"
    )]
    AboveCap {
        /// Which fee.
        what: &'static str,
        /// Needed now.
        needed_wei: u128,
        /// Allowed.
        cap_wei: u128,
    },
}

impl FeePolicy {
    /// Fees that last for some blocks of rising base fee: twice the present one, where the cap allows it.
    ///
    /// # Errors
    /// [`FeeError::AboveCap`] when even the next block is dearer than the cap.
    pub fn first(&self, market: &FeeMarket, blobs: bool) -> Result<Offer, FeeError> {
        let tip_wei = market.tip_wei.max(self.min_tip_wei);
        let needed_wei = market.base_fee_wei.saturating_add(tip_wei);
        within("the fee per gas", needed_wei, self.max_fee_cap_wei)?;
        let max_fee_wei = market
            .base_fee_wei
            .saturating_mul(2)
            .saturating_add(tip_wei)
            .min(self.max_fee_cap_wei);
        let max_blob_fee_wei = if blobs {
            within(
                "the fee per blob gas",
                market.blob_base_fee_wei,
                self.max_blob_fee_cap_wei,
            )?;
            market
                .blob_base_fee_wei
                .saturating_mul(2)
                .min(self.max_blob_fee_cap_wei)
        } else {
            0
        };
        Ok(Offer {
            max_fee_wei,
            tip_wei,
            max_blob_fee_wei,
        })
    }

    /// Fees with which pools let `last` be replaced, and at least what the market asks: every fee up by 12.5 % (pools ask for 10 %),
    /// doubled with blobs (pools ask for 100 %).
    ///
    /// # Errors
    /// [`FeeError::AboveCap`]: the transaction stays as it is.
    pub fn bump(&self, last: &Offer, market: &FeeMarket, blobs: bool) -> Result<Offer, FeeError> {
        let raised = |fee: u128| {
            if blobs {
                fee.saturating_mul(2)
            } else {
                fee.saturating_add(fee.div_ceil(8))
            }
        };
        let fresh = self.first(market, blobs)?;
        let offer = Offer {
            max_fee_wei: raised(last.max_fee_wei).max(fresh.max_fee_wei),
            tip_wei: raised(last.tip_wei).max(fresh.tip_wei),
            max_blob_fee_wei: raised(last.max_blob_fee_wei).max(fresh.max_blob_fee_wei),
        };
        within("the fee per gas", offer.max_fee_wei, self.max_fee_cap_wei)?;
        within(
            "the fee per blob gas",
            offer.max_blob_fee_wei,
            self.max_blob_fee_cap_wei,
        )?;
        Ok(offer)
    }
}

const fn within(what: &'static str, needed_wei: u128, cap_wei: u128) -> Result<(), FeeError> {
    if needed_wei > cap_wei {
        return Err(FeeError::AboveCap {
            what,
            needed_wei,
            cap_wei,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn market(base_fee_wei: u128, blob_base_fee_wei: u128, tip_wei: u128) -> FeeMarket {
        FeeMarket {
            base_fee_wei,
            blob_base_fee_wei,
            tip_wei,
        }
    }

    proptest! {
        #[test]
        fn a_replacement_is_accepted_by_pools_and_never_above_a_cap(
            base in 1u128..1 << 40, blob in 1u128..1 << 40, tip in 0u128..1 << 36,
            later_base in 1u128..1 << 40, later_blob in 1u128..1 << 40, blobs: bool,
        ) {
            let policy = FeePolicy::default();
            let Ok(first) = policy.first(&market(base, blob, tip), blobs) else { return Ok(()); };
            prop_assert!(first.max_fee_wei >= base + first.tip_wei && first.max_fee_wei <= policy.max_fee_cap_wei);
            prop_assert_eq!(first.max_blob_fee_wei > 0, blobs);
            let Ok(next) = policy.bump(&first, &market(later_base, later_blob, tip), blobs) else { return Ok(()); };
            let needed = |fee: u128| if blobs { fee * 2 } else { (fee * 110).div_ceil(100) };
            prop_assert!(next.max_fee_wei >= needed(first.max_fee_wei));
            prop_assert!(next.tip_wei >= needed(first.tip_wei));
            prop_assert!(next.max_blob_fee_wei >= needed(first.max_blob_fee_wei));
            prop_assert!(next.max_fee_wei <= policy.max_fee_cap_wei);
            prop_assert!(next.max_blob_fee_wei <= policy.max_blob_fee_cap_wei);
            prop_assert!(next.tip_wei <= next.max_fee_wei);
        }
    }

    #[test]
    fn a_market_above_the_cap_is_refused_with_the_cap_in_the_message() {
        let policy = FeePolicy {
            max_fee_cap_wei: 10,
            min_tip_wei: 1,
            max_blob_fee_cap_wei: 10,
        };
        let error = policy.first(&market(10, 1, 0), false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fee per gas would have to be 11 wei, the cap is 10 wei: raise the cap or wait for fees to fall"
        );
        assert!(policy.first(&market(5, 11, 0), true).is_err());
        assert!(policy.first(&market(5, 11, 0), false).is_ok());
    }
}
