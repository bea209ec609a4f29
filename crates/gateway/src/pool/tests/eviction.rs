use super::super::Departure;
use super::*;

fn room_for(max_count: usize) -> Bench {
    Bench::new(PoolLimits {
        max_count,
        ..limits()
    })
}

#[test]
fn a_full_pool_gives_the_place_of_the_lowest_tip_to_a_higher_one() {
    let mut bench = room_for(3);
    for (id, tip) in [(1, 5), (2, 3), (3, 4)] {
        bench.admit(tx(id, 0, tip)).unwrap();
    }
    assert_eq!(bench.admit(tx(4, 0, 4)), Ok(Standing::Ready));
    assert_eq!(bench.departed[0].why, Departure::Evicted);
    assert_eq!(bench.departed(), [(2, 0)]);
    assert_eq!(bench.pool.len(), 3);
}

#[test]
fn a_full_pool_refuses_an_equal_tip_and_names_the_one_to_outbid() {
    let mut bench = room_for(1);
    bench.admit(tx(1, 0, 5)).unwrap();
    let refused = bench.admit(tx(2, 0, 5));
    assert_eq!(
        refused,
        Err(Refusal::PoolFull {
            count: 1,
            bytes: 100,
            outbid_tip_wei: Some(5)
        })
    );
    assert_eq!(bench.departed(), []);
    assert_eq!(bench.execute_all(), [(1, 0)]);
}

#[test]
fn of_equal_tips_the_youngest_goes() {
    let mut bench = room_for(3);
    for id in [3, 1, 2] {
        bench.admit(tx(id, 0, 5)).unwrap();
    }
    bench.admit(tx(4, 0, 6)).unwrap();
    assert_eq!(bench.departed(), [(2, 0)]);
}

#[test]
fn the_tip_that_counts_is_what_the_base_fee_leaves_of_the_fee_cap() {
    let mut bench = room_for(2);
    bench.pool.set_base_fee(90);
    // Like a legacy transaction: fee cap and tip are one number, and only 10 of it are left.
    bench
        .admit(TestTx {
            fee_cap: 100,
            tip: 100,
            ..tx(1, 0, 0)
        })
        .unwrap();
    bench
        .admit(TestTx {
            fee_cap: 200,
            tip: 11,
            ..tx(2, 0, 0)
        })
        .unwrap();
    assert_eq!(
        bench.admit(TestTx {
            fee_cap: 200,
            tip: 12,
            ..tx(3, 0, 0)
        }),
        Ok(Standing::Ready)
    );
    assert_eq!(bench.departed(), [(1, 0)]);
}

#[test]
fn only_the_last_nonce_of_a_sender_is_evicted() {
    let mut bench = room_for(3);
    bench.admit(tx(1, 0, 1)).unwrap();
    bench.admit(tx(1, 1, 9)).unwrap();
    bench.admit(tx(2, 0, 5)).unwrap();
    // The lowest tip (1, 0) is covered by (1, 1), which pays more than the newcomer; (2, 0) is the lowest that can go.
    assert_eq!(bench.admit(tx(3, 0, 8)), Ok(Standing::Ready));
    assert_eq!(bench.departed(), [(2, 0)]);
    // Once (1, 1) can go, (1, 0) follows.
    bench.pool.set_base_fee(0);
    assert_eq!(bench.admit(tx(4, 0, 10)), Ok(Standing::Ready));
    assert_eq!(bench.departed(), [(3, 0)]);
    assert_eq!(bench.admit(tx(5, 0, 11)), Ok(Standing::Ready));
    assert_eq!(bench.departed(), [(1, 1)]);
    assert_eq!(bench.admit(tx(6, 0, 2)), Ok(Standing::Ready));
    assert_eq!(bench.departed(), [(1, 0)]);
}

#[test]
fn a_hostile_sender_of_future_nonces_cannot_push_out_an_executable_transaction() {
    let mut bench = room_for(4);
    for id in 1..=4 {
        bench.admit(tx(id, 0, 1)).unwrap();
    }
    let refused = bench.admit(tx(9, 1, 1_000_000));
    assert_eq!(
        refused,
        Err(Refusal::PoolFull {
            count: 4,
            bytes: 400,
            outbid_tip_wei: None
        })
    );
    assert_eq!(bench.departed(), []);
}

#[test]
fn an_executable_transaction_displaces_future_nonces_whatever_they_offer() {
    let mut bench = room_for(3);
    for nonce in 1..=3 {
        bench.admit(tx(9, nonce, 1_000_000)).unwrap();
    }
    bench.admit(tx(1, 0, 0)).unwrap();
    assert_eq!(bench.departed(), [(9, 3)]);
    assert_eq!(
        bench.admit(tx(8, 1, 5)),
        Err(Refusal::PoolFull {
            count: 3,
            bytes: 300,
            outbid_tip_wei: Some(1_000_000)
        })
    );
}

#[test]
fn what_cannot_pay_the_base_fee_goes_before_what_can() {
    let mut bench = room_for(2);
    bench.pool.set_base_fee(100);
    assert_eq!(
        bench.admit(TestTx {
            fee_cap: 99,
            tip: 99,
            ..tx(1, 0, 0)
        }),
        Ok(Standing::Held)
    );
    bench
        .admit(TestTx {
            fee_cap: 101,
            tip: 1,
            ..tx(2, 0, 0)
        })
        .unwrap();
    assert_eq!(
        bench.admit(TestTx {
            fee_cap: 100,
            tip: 0,
            ..tx(3, 0, 0)
        }),
        Ok(Standing::Ready)
    );
    assert_eq!(bench.departed(), [(1, 0)]);
}

#[test]
fn a_sender_does_not_evict_what_its_newcomer_stands_on() {
    let mut bench = room_for(1);
    bench.admit(tx(1, 0, 1)).unwrap();
    assert_eq!(
        bench.admit(tx(1, 1, 100)),
        Err(Refusal::PoolFull {
            count: 1,
            bytes: 100,
            outbid_tip_wei: None
        })
    );
    assert_eq!(bench.pool.status().ready, 1);
}

#[test]
fn a_sender_at_its_share_is_refused_more_but_can_still_fill_a_gap() {
    let mut bench = Bench::new(PoolLimits {
        max_count_per_sender: 3,
        ..limits()
    });
    for nonce in 1..=3 {
        bench.admit(tx(1, nonce, 5)).unwrap();
    }
    assert_eq!(
        bench.admit(tx(1, 4, 50)),
        Err(Refusal::SenderFull {
            count: 3,
            max_count: 3
        })
    );
    assert_eq!(bench.admit(tx(1, 0, 5)), Ok(Standing::Ready));
    assert_eq!(bench.departed(), [(1, 3)]);
    assert_eq!(bench.execute_all(), [(1, 0), (1, 1), (1, 2)]);
}

#[test]
fn filling_a_gap_at_the_senders_share_looks_below_its_own_last_for_more_room() {
    let mut bench = Bench::new(PoolLimits {
        max_count_per_sender: 2,
        max_bytes: 300,
        ..limits()
    });
    bench.admit(tx(1, 1, 1)).unwrap();
    bench.admit(tx(1, 2, 50)).unwrap();
    bench.admit(tx(2, 1, 9)).unwrap();
    assert_eq!(
        bench.admit(TestTx {
            size: 200,
            ..tx(1, 0, 5)
        }),
        Ok(Standing::Ready)
    );
    assert_eq!(bench.departed(), [(1, 2), (1, 1)]);
}

#[test]
fn a_large_newcomer_displaces_several_and_bytes_stay_within_the_limit() {
    let mut bench = Bench::new(PoolLimits {
        max_bytes: 500,
        ..limits()
    });
    for nonce in 0..3 {
        bench.admit(tx(1, nonce, 1)).unwrap();
    }
    for id in [2, 3] {
        bench.admit(tx(id, 0, 2)).unwrap();
    }
    bench
        .admit(TestTx {
            size: 350,
            ..tx(4, 0, 3)
        })
        .unwrap();
    assert_eq!(bench.departed(), [(1, 2), (1, 1), (1, 0), (3, 0)]);
    assert_eq!(bench.pool.bytes(), 450);
}

#[test]
fn a_refusal_for_lack_of_room_evicts_nothing() {
    let mut bench = Bench::new(PoolLimits {
        max_bytes: 300,
        ..limits()
    });
    for (id, tip) in [(1, 1), (2, 1), (3, 9)] {
        bench.admit(tx(id, 0, tip)).unwrap();
    }
    let refused = bench.admit(TestTx {
        size: 300,
        ..tx(4, 0, 5)
    });
    assert_eq!(
        refused,
        Err(Refusal::PoolFull {
            count: 3,
            bytes: 300,
            outbid_tip_wei: Some(9)
        })
    );
    assert_eq!(bench.departed(), []);
    assert_eq!(bench.execute_all(), [(1, 0), (2, 0), (3, 0)]);
}

#[test]
fn a_larger_replacement_makes_room_among_others_and_not_in_its_own_queue() {
    let mut bench = Bench::new(PoolLimits {
        max_bytes: 300,
        ..limits()
    });
    bench.admit(tx(1, 0, 1)).unwrap();
    bench.admit(tx(1, 1, 1)).unwrap();
    bench.admit(tx(2, 0, 2)).unwrap();
    bench
        .admit(TestTx {
            size: 150,
            ..tx(1, 0, 50)
        })
        .unwrap();
    assert_eq!(bench.departed(), [(2, 0), (1, 0)]);
    assert_eq!(bench.pool.bytes(), 250);
}

#[test]
fn a_transaction_being_executed_is_not_evicted() {
    let mut bench = room_for(1);
    bench.admit(tx(1, 0, 1)).unwrap();
    let out = bench.pool.next().unwrap();
    assert_eq!(
        bench.admit(tx(2, 0, 100)),
        Err(Refusal::PoolFull {
            count: 1,
            bytes: 100,
            outbid_tip_wei: None
        })
    );
    assert!(bench.pool.returned(&out));
    assert_eq!(bench.admit(tx(2, 0, 100)), Ok(Standing::Ready));
    assert_eq!(bench.departed(), [(1, 0)]);
}

#[test]
fn one_newcomer_evicts_a_bounded_number_of_others() {
    let mut bench = Bench::new(PoolLimits {
        max_bytes: 7_000,
        ..limits()
    });
    for id in 0..70 {
        bench.admit(tx(id, 0, 1)).unwrap();
    }
    let refused = bench.admit(TestTx {
        size: 6_401,
        ..tx(200, 0, 5)
    });
    assert_eq!(
        refused,
        Err(Refusal::PoolFull {
            count: 70,
            bytes: 7_000,
            outbid_tip_wei: None
        })
    );
    assert_eq!(
        bench.admit(TestTx {
            size: 6_400,
            ..tx(200, 0, 5)
        }),
        Ok(Standing::Ready)
    );
    assert_eq!(bench.departed().len(), 64);
}
