use std::collections::BTreeSet;

use super::{Health, Offer, Policy, turns::in_turn};

/// Wei in a gwei.
const GWEI: u128 = 1_000_000_000;
/// A full score.
const FULL: u64 = 1_000;

/// A gateway as the choice sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub gateway: u32,
    /// It may own windows in the epoch that a loan made now begins with: member, admitted, not suspended.
    pub is_eligible: bool,
    /// What can be slashed of it for the rollup and is not on its way out, wei.
    pub bond_wei: u128,
    /// What looking at it says.
    pub health: Health,
    /// What it offers.
    pub offer: Offer,
}

/// Why a gateway cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The policy names it, or others.
    NotAllowed,
    /// Suspended, no member, or not admitted by the release phase.
    NotEligible,
    /// It does not answer.
    Down,
    /// It was not seen to answer yet.
    Unseen,
    /// Its bond is too small.
    Bond,
    /// It answers too slowly.
    Latency,
    /// It gives too small a part of its fees.
    FeeShare,
    /// It is elsewhere.
    Region,
}

/// Who had our slots until now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Had {
    /// Gateways whose loans can still be changed, in the order of the loans.
    pub lent: Vec<u32>,
    /// For how many epochs the first of them has had our slots.
    pub for_epochs: u64,
    /// The gateway of the newest loan, whether it can still be changed or not.
    pub newest: Option<u32>,
}

/// The decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Who gets the next loan; nobody when nobody is fit and nothing is lent.
    pub gateway: Option<u32>,
    /// Gateways that get loans as things are: one, or `policy.take_turns`.
    pub turns: BTreeSet<u32>,
    /// Gateways that keep what is lent to them.
    pub keep: BTreeSet<u32>,
    /// Scores of those who are fit, of 1,000, and reasons of those who are not.
    pub candidates: Vec<(u32, Result<u64, Unfit>)>,
}

impl Choice {
    /// One gateway, and no other keeps anything.
    #[must_use]
    pub fn only(gateway: Option<u32>) -> Self {
        Self {
            gateway,
            turns: gateway.into_iter().collect(),
            keep: gateway.into_iter().collect(),
            candidates: Vec::new(),
        }
    }
}

/// Who gets the slots.
#[must_use]
pub fn choose(candidates: &[Candidate], had: &Had, policy: &Policy) -> Choice {
    let scored: Vec<_> = candidates
        .iter()
        .map(|one| {
            let is_present = had.lent.contains(&one.gateway);
            (one.gateway, score(one, policy, is_present))
        })
        .collect();
    let choice = if policy.take_turns > 1 {
        in_turn(&scored, had, policy)
    } else {
        let present = had.lent.first().map(|gateway| (*gateway, had.for_epochs));
        Choice::only(best(&scored, present, policy))
    };
    Choice {
        candidates: scored,
        ..choice
    }
}

/// The best one, or the one that has the slots where another is not worth the change.
fn best(
    scored: &[(u32, Result<u64, Unfit>)],
    present: Option<(u32, u64)>,
    policy: &Policy,
) -> Option<u32> {
    // Of equals the lowest number, whatever order they come in.
    let best = scored
        .iter()
        .filter_map(|(gateway, scored)| Some((scored.ok()?, std::cmp::Reverse(*gateway))))
        .max();
    match (present, best) {
        (None, best) => best.map(|(_, gateway)| gateway.0),
        (Some((present, _)), None) => Some(present),
        (Some((present, for_epochs)), Some((best_score, best))) => {
            let standing = scored.iter().find(|(gateway, _)| *gateway == present);
            match standing.map(|(_, scored)| *scored) {
                Some(Ok(score)) => {
                    let worth_it = best_score >= score.saturating_add(policy.switch_margin.into());
                    let stays = !worth_it || for_epochs < policy.dwell_epochs;
                    Some(if stays { present } else { best.0 })
                }
                // Not read or looked at yet, after a restart: no reason to take the slots from it.
                Some(Err(Unfit::Unseen)) | None => Some(present),
                Some(Err(_)) => Some(best.0),
            }
        }
    }
}

/// Bounds are wider for the one that has the slots: one that is just at a bound would else be left and taken again for ever.
fn score(one: &Candidate, policy: &Policy, is_present: bool) -> Result<u64, Unfit> {
    let named = policy.allow.is_empty() || policy.allow.contains(&one.gateway);
    if !named || policy.deny.contains(&one.gateway) {
        return Err(Unfit::NotAllowed);
    }
    if !one.is_eligible {
        return Err(Unfit::NotEligible);
    }
    match one.health.is_up {
        Some(true) => {}
        Some(false) => return Err(Unfit::Down),
        None => return Err(Unfit::Unseen),
    }
    if one.bond_wei < u128::from(policy.min_bond_gwei) * GWEI {
        return Err(Unfit::Bond);
    }
    let latency_ms = one.health.latency_ms.unwrap_or(u64::MAX);
    let slack = if is_present { 2 } else { 1 };
    if latency_ms > policy.max_latency_ms.saturating_mul(slack) {
        return Err(Unfit::Latency);
    }
    if one.offer.fee_share_bps < policy.min_fee_share_bps {
        return Err(Unfit::FeeShare);
    }
    let is_near = policy.regions.is_empty() || policy.regions.contains(&one.offer.region);
    if policy.only_these_regions && !is_near {
        return Err(Unfit::Region);
    }
    let full_bond = u128::from(policy.full_bond_gwei).max(1) * GWEI;
    let bond = one.bond_wei.min(full_bond).saturating_mul(FULL.into()) / full_bond;
    let most_ms = policy.max_latency_ms.max(1);
    let latency = most_ms.saturating_sub(latency_ms).saturating_mul(FULL) / most_ms;
    let fee_share = u64::from(one.offer.fee_share_bps.min(10_000)) / 10;
    let weights = policy.weights;
    let parts = [
        (weights.bond, u64::try_from(bond).unwrap_or(FULL)),
        (weights.latency, latency),
        (weights.fee_share, fee_share),
        (weights.region, if is_near { FULL } else { 0 }),
    ];
    let whole: u64 = parts.iter().map(|(weight, _)| u64::from(*weight)).sum();
    let sum: u64 = parts
        .iter()
        .map(|(weight, part)| u64::from(*weight).saturating_mul(*part))
        .sum();
    Ok(sum / whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{HealthTerms, Look},
        *,
    };

    const ETHER: u128 = 1_000_000_000 * GWEI;

    fn candidate(gateway: u32, bond_ether: u128, latency_ms: u64, fee_share_bps: u32) -> Candidate {
        let mut health = Health::default();
        let look = Look::Answered {
            after_ms: latency_ms,
        };
        health.look(look, &HealthTerms::default());
        Candidate {
            gateway,
            is_eligible: true,
            bond_wei: bond_ether * ETHER,
            health,
            offer: Offer {
                fee_share_bps,
                region: "eu".to_owned(),
            },
        }
    }

    fn down(mut one: Candidate) -> Candidate {
        for _ in 0..3 {
            one.health.look(Look::Silent, &HealthTerms::default());
        }
        one
    }

    fn chosen(all: &[Candidate], present: Option<(u32, u64)>) -> Option<u32> {
        let had = Had {
            lent: present.iter().map(|(gateway, _)| *gateway).collect(),
            for_epochs: present.map_or(0, |(_, epochs)| epochs),
            newest: present.map(|(gateway, _)| gateway),
        };
        let choice = choose(all, &had, &Policy::default());
        assert_eq!(choice.keep, choice.gateway.into_iter().collect());
        choice.gateway
    }

    #[test]
    fn more_bond_faster_answers_and_a_larger_share_win() {
        let plain = candidate(1, 100, 100, 1_000);
        for better in [
            candidate(2, 400, 100, 1_000),
            candidate(2, 100, 10, 1_000),
            candidate(2, 100, 100, 2_000),
        ] {
            assert_eq!(chosen(&[plain.clone(), better.clone()], None), Some(2));
            assert_eq!(chosen(&[better, plain.clone()], None), Some(2));
        }
        let equal = [candidate(7, 100, 100, 0), candidate(3, 100, 100, 0)];
        assert_eq!(chosen(&equal, None), Some(3));
    }

    #[test]
    fn whoever_is_below_a_minimum_is_not_chosen_and_the_reason_is_told() {
        let policy = Policy {
            deny: [5].into(),
            min_bond_gwei: 50_000_000_000,
            max_latency_ms: 500,
            min_fee_share_bps: 100,
            regions: ["eu".to_owned()].into(),
            only_these_regions: true,
            ..Policy::default()
        };
        let far = Candidate {
            offer: Offer {
                region: "us".to_owned(),
                fee_share_bps: 500,
            },
            ..candidate(6, 100, 10, 500)
        };
        let suspended = Candidate {
            is_eligible: false,
            ..candidate(7, 100, 10, 500)
        };
        let unseen = Candidate {
            health: Health::default(),
            ..candidate(8, 100, 10, 500)
        };
        let all = [
            (candidate(1, 49, 10, 500), Unfit::Bond),
            (candidate(2, 100, 501, 500), Unfit::Latency),
            (candidate(3, 100, 10, 99), Unfit::FeeShare),
            (down(candidate(4, 100, 10, 500)), Unfit::Down),
            (candidate(5, 100, 10, 500), Unfit::NotAllowed),
            (far, Unfit::Region),
            (suspended, Unfit::NotEligible),
            (unseen, Unfit::Unseen),
        ];
        let candidates: Vec<_> = all.iter().map(|(one, _)| one.clone()).collect();
        let choice = choose(&candidates, &Had::default(), &policy);
        assert_eq!(choice.gateway, None);
        for ((_, why), (gateway, got)) in all.iter().zip(choice.candidates) {
            assert_eq!(got, Err(*why), "gateway {gateway}");
        }
    }

    #[test]
    fn a_gateway_that_is_down_or_suspended_loses_the_slots_at_once() {
        let all = [down(candidate(1, 400, 10, 500)), candidate(2, 100, 90, 0)];
        assert_eq!(chosen(&all, Some((1, 0))), Some(2));
        let suspended = Candidate {
            is_eligible: false,
            ..candidate(1, 400, 10, 500)
        };
        assert_eq!(chosen(&[suspended, all[1].clone()], Some((1, 0))), Some(2));
    }

    #[test]
    fn with_nobody_fit_the_one_that_has_the_slots_keeps_them() {
        let all = [
            down(candidate(1, 400, 10, 500)),
            down(candidate(2, 1, 1, 1)),
        ];
        assert_eq!(chosen(&all, Some((1, 50))), Some(1));
        assert_eq!(chosen(&all, None), None);
    }

    /// Pitfall: two gateways that score alike swap an operator's slots between them for ever.
    #[test]
    fn a_little_better_is_no_reason_to_change_and_much_better_only_after_a_while() {
        let little = [candidate(1, 400, 100, 500), candidate(2, 450, 90, 500)];
        assert_eq!(chosen(&little, Some((1, 1_000))), Some(1));
        let much = [candidate(1, 100, 900, 0), candidate(2, 1_000, 10, 5_000)];
        assert_eq!(chosen(&much, Some((1, 7))), Some(1));
        assert_eq!(chosen(&much, Some((1, 8))), Some(2));
    }

    #[test]
    fn bounds_are_wider_for_the_one_that_has_the_slots() {
        let all = [candidate(1, 500, 1_500, 500), candidate(2, 500, 900, 500)];
        assert_eq!(chosen(&all, Some((1, 50))), Some(1));
        assert_eq!(chosen(&all, None), Some(2));
    }

    #[test]
    fn after_a_restart_nobody_loses_slots_for_not_having_been_looked_at() {
        let unseen = Candidate {
            health: Health::default(),
            ..candidate(1, 100, 10, 500)
        };
        let other = candidate(2, 500, 10, 500);
        assert_eq!(chosen(&[unseen, other.clone()], Some((1, 50))), Some(1));
        assert_eq!(chosen(&[other], Some((1, 50))), Some(1));
    }
}
