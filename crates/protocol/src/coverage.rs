/// Keeps `2 × coverage` over everything not yet posted within the reserve (R6).
///
/// The attack: promise for a whole window, look at prices, withhold the rest. Each promise is
/// therefore insured, and what is insured must exist. When the reserve is used up, coverage is 0
/// and shown as such; the promise still counts for `lie` and `fork`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageBook {
    reserve_wei: u128,
    fee_multiple: u128,
    running_wei: u128,
}

impl CoverageBook {
    /// `reserve_wei` is what the bond sets aside for this rollup; `fee_multiple` how many times the
    /// fee a transaction pays is covered; `running_wei` the sum so far since the base.
    pub const fn new(reserve_wei: u128, fee_multiple: u32, running_wei: u128) -> Self {
        Self {
            reserve_wei,
            fee_multiple: fee_multiple as u128,
            running_wei,
        }
    }

    /// Coverage of a transaction that pays `fee_wei`; adds it to the running sum.
    pub fn cover(&mut self, fee_wei: u128) -> u128 {
        let wanted = fee_wei.saturating_mul(self.fee_multiple);
        let after = self.running_wei.saturating_add(wanted);
        if after.saturating_mul(2) > self.reserve_wei {
            return 0;
        }
        self.running_wei = after;
        wanted
    }

    /// The running sum since the base, wei: `Frag.windowCoverage`.
    pub const fn running_wei(&self) -> u128 {
        self.running_wei
    }

    /// What further coverage the reserve still carries, wei.
    pub const fn left_wei(&self) -> u128 {
        (self.reserve_wei / 2).saturating_sub(self.running_wei)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn coverage_is_zero_beyond_the_reserve_and_small_promises_still_fit() {
        let mut book = CoverageBook::new(100, 10, 0);
        assert_eq!(book.cover(4), 40);
        assert_eq!(book.cover(2), 0);
        assert_eq!(book.cover(1), 10);
        assert_eq!(book.running_wei(), 50);
        assert_eq!(book.left_wei(), 0);
    }

    proptest! {
        #[test]
        fn twice_the_running_sum_never_exceeds_the_reserve(
            reserve in any::<u128>(),
            fees in prop::collection::vec(any::<u128>(), 0..50),
        ) {
            let mut book = CoverageBook::new(reserve, 10, 0);
            let mut sum = 0u128;
            for fee in fees {
                sum += book.cover(fee);
                prop_assert_eq!(book.running_wei(), sum);
                prop_assert!(sum <= reserve / 2);
            }
        }
    }
}
