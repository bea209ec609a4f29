use super::super::Departure;
use super::*;

#[test]
fn the_same_transaction_again_is_already_known_and_changes_nothing() {
    let mut bench = Bench::new(limits());
    let first = tx(1, 0, 5);
    assert_eq!(bench.admit(first.clone()), Ok(Standing::Ready));
    assert_eq!(bench.admit(first.clone()), Err(Refusal::AlreadyKnown));
    assert_eq!(bench.pool.len(), 1);
    assert_eq!(bench.pool.bytes(), 100);
    assert!(bench.pool.contains(&first.hash));
    assert_eq!(**bench.pool.get(&first.hash).unwrap(), first);
}

#[test]
fn a_future_nonce_is_held_until_the_gap_is_filled() {
    let mut bench = Bench::new(limits());
    assert_eq!(bench.admit(tx(1, 1, 5)), Ok(Standing::Held));
    assert_eq!(bench.next(), None);
    assert_eq!(bench.pool.pending_nonce(&sender(1), 0), 0);
    assert_eq!(bench.admit(tx(1, 0, 5)), Ok(Standing::Ready));
    assert_eq!(bench.pool.pending_nonce(&sender(1), 0), 2);
    assert_eq!(bench.execute_all(), [(1, 0), (1, 1)]);
}

#[test]
fn a_nonce_may_be_as_far_ahead_of_the_pending_nonce_as_the_gap_allows_and_no_further() {
    let mut bench = Bench::new(PoolLimits {
        max_nonce_gap: 3,
        ..limits()
    });
    bench.admit(tx(1, 0, 5)).unwrap();
    assert_eq!(
        bench.admit(tx(1, 5, 5)),
        Err(Refusal::NonceTooFar {
            expected: 1,
            highest: 4,
            got: 5
        })
    );
    assert_eq!(bench.admit(tx(1, 4, 5)), Ok(Standing::Held));
}

#[test]
fn the_last_nonce_of_all_is_refused_because_no_account_can_use_it() {
    let mut bench = Bench::new(limits());
    let got = u64::MAX;
    let refused = bench.admit_at(tx(1, got, 5), u64::MAX - 1);
    assert_eq!(
        refused,
        Err(Refusal::NonceTooFar {
            expected: got - 1,
            highest: got - 1,
            got
        })
    );
    assert_eq!(
        bench.admit_at(tx(1, got - 1, 5), u64::MAX - 1),
        Ok(Standing::Ready)
    );
}

#[test]
fn a_replacement_needs_the_bump_on_fee_cap_and_on_tip() {
    let mut bench = Bench::new(limits());
    let old = TestTx {
        fee_cap: 105,
        tip: 21,
        ..tx(1, 0, 0)
    };
    bench.admit(old.clone()).unwrap();
    for (fee_cap, tip_wei) in [(115, 24), (116, 23), (105, 21), (0, 0)] {
        let refused = bench.admit(TestTx {
            fee_cap,
            tip: tip_wei,
            ..tx(1, 0, 0)
        });
        let expected = Refusal::ReplacementUnderpriced {
            min_fee_cap_wei: 116,
            min_tip_wei: 24,
            fee_cap_wei: fee_cap,
            tip_wei,
        };
        assert_eq!(refused, Err(expected));
    }
    let new = TestTx {
        fee_cap: 116,
        tip: 24,
        ..tx(1, 0, 0)
    };
    assert_eq!(bench.admit(new.clone()), Ok(Standing::Ready));
    assert_eq!(
        bench.departed,
        [Departed {
            tx: Arc::new(old),
            why: Departure::Replaced { by: new.hash }
        }]
    );
    assert_eq!((bench.pool.len(), bench.pool.bytes()), (1, 100));
}

#[test]
fn a_replacement_of_a_transaction_without_a_tip_still_has_to_offer_more() {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 0, 0)).unwrap();
    let refused = bench.admit(TestTx {
        fee_cap: 1_000,
        ..tx(1, 0, 0)
    });
    assert!(
        matches!(
            refused,
            Err(Refusal::ReplacementUnderpriced { min_tip_wei: 1, .. })
        ),
        "{refused:?}"
    );
}

#[test]
fn an_already_promised_transaction_cannot_be_replaced() {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 0, 5)).unwrap();
    bench.admit(tx(1, 1, 5)).unwrap();
    bench.execute().unwrap();
    assert_eq!(
        bench.admit_at(tx(1, 0, 500), 1),
        Err(Refusal::NonceTooLow {
            expected: 1,
            got: 0
        })
    );
    // Nor with an account read that lags behind.
    assert_eq!(
        bench.admit_at(tx(1, 0, 500), 0),
        Err(Refusal::NonceTooLow {
            expected: 1,
            got: 0
        })
    );
    assert_eq!(bench.departed(), []);
}

#[test]
fn a_transaction_being_executed_cannot_be_replaced() {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 0, 5)).unwrap();
    let out = bench.pool.next().unwrap();
    assert_eq!(
        bench.admit(tx(1, 0, 500)),
        Err(Refusal::InExecution { nonce: 0 })
    );
    assert!(bench.pool.returned(&out));
    assert_eq!(bench.admit(tx(1, 0, 500)), Ok(Standing::Ready));
}

#[test]
fn a_replacement_below_the_base_fee_holds_what_follows_it() {
    let mut bench = Bench::new(limits());
    bench
        .admit(TestTx {
            fee_cap: 10,
            ..tx(1, 0, 1)
        })
        .unwrap();
    bench.admit(tx(1, 1, 1)).unwrap();
    bench.pool.set_base_fee(50);
    assert_eq!(
        bench.admit(TestTx {
            fee_cap: 20,
            ..tx(1, 0, 2)
        }),
        Ok(Standing::Held)
    );
    assert_eq!(bench.next(), None);
    assert_eq!(bench.pool.status().held, 2);
    // Still the next nonce to use: the sender has queued both.
    assert_eq!(bench.pool.pending_nonce(&sender(1), 0), 2);
    bench.pool.set_base_fee(20);
    assert_eq!(bench.execute_all(), [(1, 0), (1, 1)]);
}

#[test]
fn the_balance_has_to_cover_all_queued_transactions_together() {
    let mut bench = Bench::new(limits());
    bench
        .admit(TestTx {
            cost: 600,
            ..tx(1, 0, 5)
        })
        .unwrap();
    let refused = bench.admit(TestTx {
        cost: 401,
        ..tx(1, 1, 5)
    });
    let (have_wei, want_wei, queued_wei) = (U256::from(1_000), U256::from(1_001), U256::from(600));
    assert_eq!(
        refused,
        Err(Refusal::InsufficientFunds {
            have_wei,
            want_wei,
            queued_wei
        })
    );
    bench
        .admit(TestTx {
            cost: 400,
            ..tx(1, 1, 5)
        })
        .unwrap();
    // What is replaced does not count.
    bench
        .admit(TestTx {
            cost: 600,
            ..tx(1, 0, 50)
        })
        .unwrap();
    // What is executed does not count any more.
    bench.execute().unwrap();
    assert_eq!(
        bench.admit_at(
            TestTx {
                cost: 600,
                ..tx(1, 2, 5)
            },
            1
        ),
        Ok(Standing::Ready)
    );
}

#[test]
fn an_oversized_transaction_is_refused_with_the_limit() {
    let mut bench = Bench::new(PoolLimits {
        max_transaction_bytes: 99,
        ..limits()
    });
    assert_eq!(
        bench.admit(tx(1, 0, 5)),
        Err(Refusal::TooLarge {
            max_bytes: 99,
            got_bytes: 100
        })
    );
}

#[test]
fn an_account_that_moved_on_by_itself_overtakes_queued_transactions_even_if_the_newcomer_is_refused()
 {
    let mut bench = Bench::new(limits());
    bench.admit(tx(1, 0, 5)).unwrap();
    bench.admit(tx(1, 1, 5)).unwrap();
    bench.admit(tx(1, 3, 5)).unwrap();
    assert_eq!(
        bench.admit_at(tx(1, 1, 500), 2),
        Err(Refusal::NonceTooLow {
            expected: 2,
            got: 1
        })
    );
    assert!(
        bench
            .departed
            .iter()
            .all(|gone| gone.why == Departure::Overtaken)
    );
    assert_eq!(bench.departed(), [(1, 0), (1, 1)]);
    assert_eq!(bench.admit_at(tx(1, 2, 5), 2), Ok(Standing::Ready));
    assert_eq!(bench.execute_all(), [(1, 2), (1, 3)]);
    assert_eq!(bench.pool.bytes(), 0);
}

#[test]
fn refusals_say_what_was_expected_what_came_and_what_to_do() {
    let text = Refusal::NonceTooLow {
        expected: 7,
        got: 3,
    }
    .to_string();
    assert!(
        text.contains("expected 7, got 3")
            && text.contains("promised")
            && text.contains("nonce 7 or higher"),
        "{text}"
    );
    let text = Refusal::PoolFull {
        count: 2,
        bytes: 200,
        outbid_tip_wei: Some(9),
    }
    .to_string();
    assert!(
        text.contains("2 transactions, 200 bytes") && text.contains("above 9 wei"),
        "{text}"
    );
    let text = Refusal::InExecution { nonce: 4 }.to_string();
    assert!(text.contains("nonce 5 or higher"), "{text}");
}
