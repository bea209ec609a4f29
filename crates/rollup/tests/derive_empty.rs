//! When nobody posts, every node makes the same blocks from L1 alone, and deposits still get in (R8, R23).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::B256;
use forebond_rollup::op::derive::{
    BatchFault, BlockPlan, DerivedHead, MAX_EMPTY_PLANS, OriginClaim, Verdict, check_origin_step,
    empty_plans_due, next_origin,
};
use proptest::prelude::*;
use world::{GENESIS_ORIGIN, GENESIS_S, L1, block_hash, deposit, genesis, l1_hash, rules};

fn fill(head: &DerivedHead, last_due: u64, l1: &L1) -> Vec<BlockPlan> {
    empty_plans_due(&rules(), head, last_due, l1).unwrap()
}

#[test]
fn nothing_is_made_before_it_is_due() {
    let l1 = L1::up_to(150);
    assert!(fill(&genesis(), 0, &l1).is_empty());
    let later = DerivedHead {
        number: 5,
        timestamp_s: GENESIS_S + 5,
        ..genesis()
    };
    assert!(fill(&later, 5, &l1).is_empty());
    assert_eq!(fill(&later, 6, &l1).len(), 1);
}

#[test]
fn with_all_gateways_down_due_blocks_bring_the_deposits_and_follow_l1_step_by_step() {
    let l1 = L1::up_to(150);
    let plans = fill(&genesis(), 12, &l1);
    assert_eq!(plans.len(), 12);
    for plan in &plans {
        assert_eq!(plan.timestamp_s, GENESIS_S + plan.number);
        assert_eq!(plan.origin.number, GENESIS_ORIGIN + plan.number / 2);
        assert_eq!(plan.origin_sequence, plan.number % 2);
        assert_eq!(plan.parent_hash, None);
        let brings = plan.origin_sequence == 0 && plan.origin.number.is_multiple_of(3);
        assert_eq!(plan.transactions.len(), 1 + usize::from(brings));
        if brings {
            assert_eq!(
                plan.transactions[1],
                deposit(plan.origin.number).encoded_2718()
            );
        }
    }
}

#[test]
fn a_lagging_origin_catches_up_one_l1_block_per_block_and_no_deposit_is_skipped() {
    let l1 = L1::up_to(150);
    let behind = DerivedHead {
        number: 20,
        timestamp_s: GENESIS_S + 20,
        ..genesis()
    };
    let origins: Vec<_> = fill(&behind, 44, &l1)
        .iter()
        .map(|p| p.origin.number - GENESIS_ORIGIN)
        .collect();
    assert_eq!(origins[..20], (1..=20).collect::<Vec<_>>()[..]);
    // Then L1's own time is reached: a block in two seconds.
    assert_eq!(origins[20..], [20, 21, 21, 22]);
}

#[test]
fn missed_slots_leave_the_origin_where_it_is() {
    let l1 = L1 {
        missed: Some((GENESIS_ORIGIN + 2, 10)),
        ..L1::up_to(150)
    };
    let origins: Vec<_> = fill(&genesis(), 14, &l1)
        .iter()
        .map(|p| p.origin.number - GENESIS_ORIGIN)
        .collect();
    assert_eq!(origins, [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
}

#[test]
fn unknown_l1_is_undecided() {
    let l1 = L1::up_to(GENESIS_ORIGIN + 1);
    let fault = empty_plans_due(&rules(), &genesis(), 10, &l1).unwrap_err();
    assert_eq!(
        fault,
        BatchFault::UnknownOrigin {
            number: GENESIS_ORIGIN + 2
        }
    );
    assert_eq!(fault.verdict(), Verdict::Undecided);
    let l1 = L1 {
        without_deposits: vec![GENESIS_ORIGIN + 2],
        ..L1::up_to(150)
    };
    let fault = empty_plans_due(&rules(), &genesis(), 10, &l1).unwrap_err();
    assert_eq!(
        fault,
        BatchFault::UnknownDeposits {
            number: GENESIS_ORIGIN + 2
        }
    );
}

#[test]
fn a_long_silence_is_filled_in_bounded_pieces() {
    let l1 = L1::up_to(2_000);
    let first = fill(&genesis(), u64::MAX, &l1);
    assert_eq!(first.len(), MAX_EMPTY_PLANS);
    let last = first.last().unwrap();
    let head = genesis().after(last, block_hash(last.number));
    let second = fill(&head, last.number + 3, &l1);
    assert_eq!(second.len(), 3);
    assert_eq!(second[0].number, last.number + 1);
}

#[test]
fn the_origin_a_gateway_takes_is_deep_enough_and_not_younger_than_its_block() {
    let l1 = L1::up_to(150);
    let at = |newest: u64, timestamp_s: u64| {
        next_origin(genesis().origin, timestamp_s, newest, &l1)
            .unwrap()
            .number
            - GENESIS_ORIGIN
    };
    assert_eq!(at(GENESIS_ORIGIN, GENESIS_S + 9), 0);
    assert_eq!(at(GENESIS_ORIGIN + 1, GENESIS_S + 9), 1);
    assert_eq!(at(GENESIS_ORIGIN + 9, GENESIS_S + 9), 1);
    assert_eq!(at(GENESIS_ORIGIN + 9, GENESIS_S + 1), 0);
    // A view of L1 that ends before the parent's origin.
    assert_eq!(at(GENESIS_ORIGIN - 5, GENESIS_S + 9), 0);
    let other = DerivedHead {
        origin: (GENESIS_ORIGIN, B256::ZERO),
        ..genesis()
    };
    let fault = next_origin(other.origin, GENESIS_S, GENESIS_ORIGIN, &l1).unwrap_err();
    assert!(
        matches!(fault, BatchFault::HeadOriginReplaced { l1, .. } if l1 == l1_hash(GENESIS_ORIGIN))
    );
}

proptest! {
    #[test]
    fn what_nodes_make_by_themselves_passes_the_rule_for_batches(
        lag in 0u64..8, due in 1u64..60, missed in prop::option::of((101u64..110, 1u64..30)),
    ) {
        let l1 = L1 { missed, ..L1::up_to(200) };
        let start = DerivedHead { number: lag * 2, timestamp_s: GENESIS_S + lag * 2, ..genesis() };
        let mut head = start;
        for plan in fill(&start, start.number + due, &l1) {
            let claim = OriginClaim {
                block: plan.number,
                timestamp_s: plan.timestamp_s,
                number: plan.origin.number,
                hash: plan.origin.hash,
            };
            prop_assert_eq!(check_origin_step(&rules(), &head, &claim, 200, &l1), Ok(plan.origin));
            head = head.after(&plan, block_hash(plan.number));
        }
        prop_assert_eq!(head.number, start.number + due);
    }
}
