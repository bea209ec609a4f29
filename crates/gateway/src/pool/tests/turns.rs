use super::super::Wait;
use super::*;

#[test]
fn transactions_of_several_senders_have_their_turns_in_order_of_arrival() {
    let mut bench = Bench::new(limits());
    for (id, nonce) in [(1, 0), (2, 0), (1, 1), (3, 0), (2, 1)] {
        bench.admit(tx(id, nonce, 5)).unwrap();
    }
    assert_eq!(
        bench.execute_all(),
        [(1, 0), (2, 0), (1, 1), (3, 0), (2, 1)]
    );
    assert!(bench.pool.is_empty());
    assert_eq!(bench.pool.status(), Default::default());
}

#[test]
fn what_became_executable_late_comes_after_what_already_was() {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 1, 5)).unwrap();
    bench.admit(tx(2, 0, 5)).unwrap();
    bench.admit(tx(1, 0, 5)).unwrap();
    bench.admit(tx(3, 0, 5)).unwrap();
    assert_eq!(bench.execute_all(), [(2, 0), (1, 0), (1, 1), (3, 0)]);
}

#[test]
fn a_replacement_takes_the_place_of_its_own_arrival() {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 0, 5)).unwrap();
    bench.admit(tx(2, 0, 5)).unwrap();
    bench.admit(tx(1, 0, 500)).unwrap();
    assert_eq!(bench.execute_all(), [(2, 0), (1, 0)]);
}

#[test]
fn descending_tip_goes_by_what_is_paid_at_the_present_base_fee() {
    let mut bench = Bench::ordered(limits(), TurnOrder::DescendingTip);
    bench
        .admit(TestTx {
            fee_cap: 100,
            tip: 50,
            ..tx(1, 0, 0)
        })
        .unwrap();
    bench
        .admit(TestTx {
            fee_cap: 200,
            tip: 40,
            ..tx(2, 0, 0)
        })
        .unwrap();
    bench
        .admit(TestTx {
            fee_cap: 300,
            tip: 30,
            ..tx(3, 0, 0)
        })
        .unwrap();
    let out = bench.pool.next().unwrap();
    assert_eq!(name(&out), (1, 0));
    assert!(bench.pool.returned(&out));
    bench.pool.set_base_fee(65);
    assert_eq!(bench.execute_all(), [(2, 0), (1, 0), (3, 0)]);
}

#[test]
fn descending_tip_keeps_a_senders_nonces_in_order_and_equals_by_arrival() {
    let mut bench = Bench::ordered(limits(), TurnOrder::DescendingTip);
    for (id, nonce, tip) in [(1, 0, 1), (1, 1, 9), (2, 0, 5), (3, 0, 5), (4, 0, 1)] {
        bench.admit(tx(id, nonce, tip)).unwrap();
    }
    assert_eq!(
        bench.execute_all(),
        [(2, 0), (3, 0), (1, 0), (1, 1), (4, 0)]
    );
}

#[test]
fn a_new_ordering_rule_applies_to_what_is_already_queued() {
    let mut bench = Bench::new(limits());
    for (id, tip) in [(1, 1), (2, 3), (3, 2)] {
        bench.admit(tx(id, 0, tip)).unwrap();
    }
    bench.pool.set_order(TurnOrder::DescendingTip);
    assert_eq!(bench.execute(), Some((2, 0)));
    bench.pool.set_order(TurnOrder::Arrival);
    assert_eq!(bench.execute_all(), [(1, 0), (3, 0)]);
}

#[test]
fn a_sender_has_no_second_turn_before_the_first_is_answered_and_others_do() {
    let mut bench = Bench::new(limits());
    for (id, nonce) in [(1, 0), (1, 1), (2, 0)] {
        bench.admit(tx(id, nonce, 5)).unwrap();
    }
    let first = bench.pool.next().unwrap();
    assert_eq!(bench.next(), Some((2, 0)));
    assert_eq!(bench.next(), None);
    assert_eq!(bench.pool.len(), 3);
    assert!(bench.pool.executed(&first, 1, &mut bench.departed));
    assert_eq!(bench.next(), Some((1, 1)));
}

#[test]
fn an_answer_for_a_transaction_that_is_not_out_changes_nothing() {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 0, 5)).unwrap();
    let out = bench.pool.next().unwrap();
    assert!(bench.pool.returned(&out));
    assert!(!bench.pool.returned(&out));
    assert!(!bench.pool.executed(&out, 1, &mut bench.departed));
    assert!(!bench.pool.dropped(&out));
    assert!(!bench.pool.park(&out, Wait::Seal));
    assert_eq!(bench.pool.len(), 1);
    assert_eq!(bench.execute_all(), [(1, 0)]);
    assert!(!bench.pool.executed(&out, 1, &mut bench.departed));
}

#[test]
fn a_dropped_transaction_holds_the_senders_later_ones_until_its_nonce_is_filled() {
    let mut bench = Bench::new(limits());
    for nonce in 0..3 {
        bench.admit(tx(1, nonce, 5)).unwrap();
    }
    let out = bench.pool.next().unwrap();
    assert!(bench.pool.dropped(&out));
    assert!(!bench.pool.contains(&out.hash));
    assert_eq!(bench.next(), None);
    assert_eq!(
        (bench.pool.status().ready, bench.pool.status().held),
        (0, 2)
    );
    assert_eq!(bench.pool.pending_nonce(&sender(1), 0), 0);
    bench.admit(tx(1, 0, 5)).unwrap();
    assert_eq!(bench.execute_all(), [(1, 0), (1, 1), (1, 2)]);
}

#[test]
fn a_returned_transaction_keeps_its_place() {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 0, 5)).unwrap();
    bench.admit(tx(2, 0, 5)).unwrap();
    let out = bench.pool.next().unwrap();
    assert!(bench.pool.returned(&out));
    assert_eq!(bench.execute_all(), [(1, 0), (2, 0)]);
}

#[test]
fn a_parked_sender_waits_for_its_own_event_and_then_has_its_old_place() {
    let mut bench = Bench::new(limits());
    for (id, nonce) in [(1, 0), (2, 0), (1, 1), (3, 0), (4, 0)] {
        bench.admit(tx(id, nonce, 5)).unwrap();
    }
    let first = bench.pool.next().unwrap();
    assert!(bench.pool.park(&first, Wait::Seal));
    let second = bench.pool.next().unwrap();
    assert!(bench.pool.park(&second, Wait::Frag));
    assert_eq!(bench.pool.status().parked_senders, 2);
    assert_eq!(bench.execute(), Some((3, 0)));
    bench.pool.unpark(Wait::Frag);
    assert_eq!(bench.execute(), Some((2, 0)));
    bench.pool.unpark(Wait::Seal);
    assert_eq!(bench.execute_all(), [(1, 0), (1, 1), (4, 0)]);
}

#[test]
fn parking_leaves_nothing_behind_when_the_transaction_goes_another_way() {
    let mut bench = Bench::new(PoolLimits {
        max_count: 1,
        ..limits()
    });
    bench.admit(tx(1, 0, 5)).unwrap();
    let out = bench.pool.next().unwrap();
    assert!(bench.pool.park(&out, Wait::Seal));
    bench.admit(tx(2, 0, 50)).unwrap();
    assert_eq!(bench.departed(), [(1, 0)]);
    assert_eq!(bench.pool.status().parked_senders, 0);
    bench.admit(tx(1, 0, 500)).unwrap();
    assert_eq!(bench.execute_all(), [(1, 0)]);
}

#[test]
fn execution_that_uses_more_than_one_nonce_overtakes_what_was_queued_for_it() {
    let mut bench = Bench::new(limits());
    for nonce in [0, 1, 2, 3] {
        bench.admit(tx(1, nonce, 5)).unwrap();
    }
    let out = bench.pool.next().unwrap();
    assert!(bench.pool.executed(&out, 2, &mut bench.departed));
    assert_eq!(bench.departed(), [(1, 1)]);
    assert_eq!(bench.execute_all(), [(1, 2), (1, 3)]);
    assert_eq!(bench.pool.bytes(), 0);
}

#[test]
fn a_deposit_that_uses_a_nonce_lets_the_rest_go_on() {
    let mut bench = Bench::new(limits());
    for nonce in [0, 2] {
        bench.admit(tx(1, nonce, 5)).unwrap();
    }
    bench.pool.account_moved(sender(1), 2, &mut bench.departed);
    assert_eq!(bench.departed(), [(1, 0)]);
    assert_eq!(bench.execute_all(), [(1, 2)]);
}

#[test]
fn a_state_that_goes_back_leaves_a_gap_to_be_filled() {
    let mut bench = Bench::new(limits());
    for nonce in [5, 6] {
        bench.admit_at(tx(1, nonce, 5), 5).unwrap();
    }
    bench.pool.account_moved(sender(1), 4, &mut bench.departed);
    assert_eq!(bench.next(), None);
    assert_eq!(bench.admit_at(tx(1, 4, 5), 4), Ok(Standing::Ready));
    assert_eq!(bench.execute_all(), [(1, 4), (1, 5), (1, 6)]);
}

#[test]
fn a_risen_base_fee_passes_over_what_cannot_pay_and_a_fallen_one_brings_it_back_last() {
    for order in [TurnOrder::Arrival, TurnOrder::DescendingTip] {
        let mut bench = Bench::ordered(limits(), order);
        bench
            .admit(TestTx {
                fee_cap: 10,
                ..tx(1, 0, 5)
            })
            .unwrap();
        bench
            .admit(TestTx {
                fee_cap: 100,
                ..tx(1, 1, 5)
            })
            .unwrap();
        bench
            .admit(TestTx {
                fee_cap: 100,
                ..tx(2, 0, 5)
            })
            .unwrap();
        bench.pool.set_base_fee(50);
        let other = bench.pool.next().unwrap();
        assert_eq!(name(&other), (2, 0), "{order:?}");
        assert_eq!(bench.next(), None, "{order:?}");
        assert_eq!(
            (bench.pool.status().ready, bench.pool.status().held),
            (1, 2),
            "{order:?}"
        );
        assert!(bench.pool.returned(&other));
        bench.pool.set_base_fee(10);
        assert_eq!(bench.pool.status().ready, 3);
        if order == TurnOrder::Arrival {
            assert_eq!(bench.execute_all(), [(2, 0), (1, 0), (1, 1)]);
        }
    }
}

#[test]
fn what_a_fallen_base_fee_reaches_at_once_comes_in_order_of_arrival() {
    let mut bench = Bench::new(limits());
    bench.pool.set_base_fee(500);
    for (id, fee_cap) in [(3, 20), (1, 30), (2, 10), (4, 9)] {
        assert_eq!(
            bench.admit(TestTx {
                fee_cap,
                ..tx(id, 0, 5)
            }),
            Ok(Standing::Held)
        );
    }
    bench.pool.set_base_fee(10);
    assert_eq!(bench.execute_all(), [(3, 0), (1, 0), (2, 0)]);
    assert_eq!(bench.pool.len(), 1);
}

#[test]
fn views_are_bounded_and_show_each_senders_nonces_in_order() {
    let mut bench = Bench::new(limits());
    for (id, nonce) in [(1, 1), (2, 0), (1, 0), (1, 3)] {
        bench.admit(tx(id, nonce, 5)).unwrap();
    }
    let own: Vec<_> = bench
        .pool
        .entries_of(&sender(1))
        .map(|(tx, standing)| (tx.nonce, standing))
        .collect();
    assert_eq!(
        own,
        [
            (0, Standing::Ready),
            (1, Standing::Ready),
            (3, Standing::Held)
        ]
    );
    assert_eq!(bench.pool.entries(3).count(), 3);
    assert_eq!(bench.pool.entries(usize::MAX).count(), 4);
    assert_eq!(bench.pool.entries_of(&sender(7)).count(), 0);
    assert_eq!(bench.pool.status().gas, 4 * 21_000);
}
