//! Several gateways that have our slots in turn. An operator's loans never overlap (R26), so slots are spread over time, a loan each:
//! nobody's outage costs more than what is left of its own loan, and no gateway gets all of them.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{Choice, Had, Policy, Unfit};

/// The next of the best `policy.take_turns` gateways, by number. Loans of gateways that fell out of them only for being less good stay
/// until they end; those of unfit ones do not, as long as there is somebody to take their place.
pub(super) fn in_turn(scored: &[(u32, Result<u64, Unfit>)], had: &Had, policy: &Policy) -> Choice {
    let mut fit: Vec<_> = scored
        .iter()
        .filter_map(|(gateway, scored)| Some((Reverse(scored.ok()?), *gateway)))
        .collect();
    fit.sort_unstable();
    let several = usize::try_from(policy.take_turns).unwrap_or(usize::MAX);
    let best: BTreeSet<u32> = fit.iter().take(several).map(|(_, one)| *one).collect();
    let is_unfit = |gateway: &u32| {
        let known = scored.iter().find(|(one, _)| one == gateway);
        // Not read or looked at yet, after a restart: no reason to take the slots from it.
        matches!(known, Some((_, Err(why))) if *why != Unfit::Unseen)
    };
    let behind = had
        .newest
        .and_then(|newest| best.range(newest.saturating_add(1)..).next());
    let keep = had
        .lent
        .iter()
        .filter(|gateway| best.is_empty() || !is_unfit(gateway));
    Choice {
        gateway: behind.or_else(|| best.first()).copied().or(had.newest),
        keep: keep.copied().collect(),
        turns: best,
        candidates: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(scored: &[(u32, Result<u64, Unfit>)], lent: &[u32], take_turns: u32) -> Choice {
        let had = Had {
            lent: lent.to_vec(),
            for_epochs: 1_000,
            newest: lent.last().copied(),
        };
        let policy = Policy {
            take_turns,
            ..Policy::default()
        };
        in_turn(scored, &had, &policy)
    }

    const FOUR: [(u32, Result<u64, Unfit>); 4] =
        [(1, Ok(300)), (2, Ok(900)), (5, Ok(700)), (9, Ok(800))];

    #[test]
    fn the_best_ones_follow_each_other_and_nobody_else_has_a_turn() {
        let mut lent = vec![];
        let mut owners = vec![];
        for _ in 0..6 {
            let next = choice(&FOUR, &lent, 3).gateway.unwrap();
            owners.push(next);
            lent = vec![next];
        }
        assert_eq!(owners, [2, 5, 9, 2, 5, 9]);
        assert_eq!(choice(&FOUR, &[9], 2).gateway, Some(2));
        assert_eq!(choice(&FOUR, &[9], 16).gateway, Some(1));
    }

    #[test]
    fn a_loan_stays_with_a_gateway_that_is_only_less_good_and_not_with_an_unfit_one() {
        assert_eq!(choice(&FOUR, &[1, 2], 2).keep, [1, 2].into());
        let down = [(1, Err(Unfit::Down)), (2, Ok(900)), (5, Err(Unfit::Unseen))];
        let seen = choice(&down, &[5, 1], 3);
        assert_eq!((seen.gateway, seen.keep), (Some(2), [5].into()));
        let unread = choice(&down, &[77], 3);
        assert_eq!((unread.gateway, unread.keep), (Some(2), [77].into()));
    }

    #[test]
    fn with_nobody_fit_what_is_lent_stays_and_goes_on() {
        let none = [(1, Err(Unfit::Down)), (2, Err(Unfit::Bond))];
        let kept = choice(&none, &[1, 2], 2);
        assert_eq!((kept.gateway, kept.keep), (Some(2), [1, 2].into()));
        assert_eq!(choice(&none, &[], 2), Choice::default());
    }
}
