/// What a user's claim would bring if its case were closed as it stands, in wei: refunds are paid before anything else, from half of
/// what was taken, pro rata where that is less than they sum up to (`Cases.settle`).
///
/// `taken_wei` and `refunds_wei` are those of the open case, `owed_wei` the user's part of `refunds_wei`. Later faults may still
/// change it.
pub fn expected_wei(taken_wei: u128, refunds_wei: u128, owed_wei: u128) -> u128 {
    let pool = refunds_wei.min(taken_wei / 2);
    if pool == refunds_wei {
        return owed_wei;
    }
    // Below 2^88 each (`Cases`), so the product of two can pass 128 bits.
    let share = alloy_primitives::U256::from(pool) * alloy_primitives::U256::from(owed_wei)
        / alloy_primitives::U256::from(refunds_wei.max(1));
    share.try_into().unwrap_or(u128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETHER: u128 = 1_000_000_000_000_000_000;

    #[test]
    fn a_whole_slice_pays_what_is_owed() {
        assert_eq!(expected_wei(20 * ETHER, 10 * ETHER, 10 * ETHER), 10 * ETHER);
        assert_eq!(expected_wei(0, 0, 0), 0);
    }

    #[test]
    fn a_short_slice_is_shared_by_what_is_owed() {
        let (taken, all) = (2_000 * ETHER, 2_000 * ETHER);
        assert_eq!(expected_wei(taken, all, 1_500 * ETHER), 750 * ETHER);
        assert_eq!(expected_wei(taken, all, 500 * ETHER), 250 * ETHER);
        assert_eq!(expected_wei(0, all, 500 * ETHER), 0);
    }

    #[test]
    fn the_largest_amounts_of_a_case_do_not_overflow() {
        let most = (1u128 << 88) - 1;
        assert_eq!(expected_wei(most, most, most), most / 2);
    }
}
