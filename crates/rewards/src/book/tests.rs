#![allow(clippy::unwrap_used, reason = "a test")]
use super::{Book, Entry, Party};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use forebond_contracts::bindings::RewardsManager::{
    Attribution, Checkpointed, Forfeited, Settled, Settlement,
};
use proptest::prelude::*;

const OPERATOR: Address = Address::repeat_byte(1);
const GATEWAY: Address = Address::repeat_byte(2);
const ROLLUP: Address = Address::repeat_byte(3);

fn attributed(place: u64, period: u64) -> Entry {
    Entry::Attributed {
        place,
        attribution: Box::new(Attribution {
            firstBlock: place * 10,
            lastBlock: place * 10 + 9,
            period,
            opensAt: 1_000 + period,
            gateway: GATEWAY,
            operator: OPERATOR,
            operatorAccount: OPERATOR,
            rollupOperator: ROLLUP,
            ..Attribution::default()
        }),
    }
}

fn settled(place: u64, wei: u64) -> Entry {
    Entry::Settled(Box::new(Settled {
        place,
        gateway: GATEWAY,
        operator: OPERATOR,
        firstBlock: place * 10,
        lastBlock: place * 10 + 9,
        settlement: Settlement {
            sharedWei: U256::from(6 * wei),
            l1FeesWei: U256::ZERO,
            gatewayWei: U256::from(3 * wei),
            operatorWei: U256::from(2 * wei),
            rollupWei: U256::from(wei),
            unmeasuredWei: U256::from(1),
        },
    }))
}

#[test]
fn batches_are_settled_in_their_order_and_never_over_a_gap() {
    let mut book = Book::default();
    for place in [1, 2, 4] {
        book.add(attributed(place, 0));
    }
    let places = |book: &Book| -> Vec<u64> {
        book.next_to_settle(8)
            .iter()
            .map(|(place, _)| *place)
            .collect()
    };
    assert_eq!(places(&book), [1, 2]);
    assert_eq!(book.next_to_settle(1).len(), 1);
    book.add(settled(1, 5));
    book.add(Entry::Unmeasured { place: 2 });
    assert!(places(&book).is_empty() && book.settled_place() == 2);
    book.add(attributed(3, 0));
    assert_eq!(places(&book), [3, 4]);
    book.add(attributed(1, 0));
    assert_eq!(places(&book), [3, 4], "a message again changes nothing");
}

#[test]
fn a_forfeiture_before_or_after_the_rewards_marks_the_pot() {
    for early in [true, false] {
        let mut book = Book::default();
        let forfeited = Entry::Forfeited {
            operator: OPERATOR,
            period: 7,
        };
        if early {
            book.add(forfeited.clone());
        }
        book.add(attributed(1, 7));
        book.add(settled(1, 5));
        if !early {
            book.add(forfeited);
        }
        let pot = book.pots().next().unwrap();
        assert!(pot.forfeited && pot.amount_wei == U256::from(10));
        assert!(book.is_forfeited(OPERATOR, 7) && !book.is_forfeited(OPERATOR, 8));
    }
}

#[test]
fn events_that_move_nobodys_money_are_no_entries() {
    let log = |data| alloy_primitives::Log {
        address: Address::ZERO,
        data,
    };
    let seen = Checkpointed {
        blockNumber: 1,
        sharedWei: U256::ZERO,
        l1FeesWei: U256::ZERO,
    };
    assert_eq!(Entry::read(&log(seen.encode_log_data())).unwrap(), None);
    let lost = Forfeited {
        operator: OPERATOR,
        period: 4,
    };
    let mut data = lost.encode_log_data();
    let entry = Entry::read(&log(data.clone())).unwrap();
    assert_eq!(
        entry,
        Some(Entry::Forfeited {
            operator: OPERATOR,
            period: 4
        })
    );
    data.set_topics_truncating(vec![Forfeited::SIGNATURE_HASH]);
    assert!(Entry::read(&log(data)).is_err(), "half an event is none");
}

proptest! {
    #[test]
    fn what_was_earned_is_credited_waits_or_burned(
        batches in prop::collection::vec((0u64..4, 0u64..1_000_000), 1..20),
        ends in prop::collection::vec(0u8..3, 4),
    ) {
        let mut book = Book::default();
        for (place, (period, wei)) in (1..).zip(&batches) {
            book.add(attributed(place, *period));
            book.add(settled(place, *wei));
        }
        let pots: Vec<_> = book.pots().cloned().collect();
        for pot in pots {
            let (operator, period, amount_wei) = (pot.operator, pot.period, pot.amount_wei);
            match ends[usize::try_from(period).unwrap()] {
                0 => {}
                1 => book.add(Entry::Released { operator, period, amount_wei }),
                _ => book.add(Entry::Burned { operator, period, amount_wei }),
            }
        }
        let credited = |party, account| book.statements()[&(party, account)].credited_wei();
        let sum: u64 = batches.iter().map(|(_, wei)| *wei).sum();
        prop_assert_eq!(book.totals().earned_wei, U256::from(6 * sum + batches.len() as u64));
        if sum > 0 {
            let validator = &book.statements()[&(Party::Validator, OPERATOR)];
            let all = validator.credited_wei() + validator.waiting_wei() + validator.forfeited_wei;
            prop_assert_eq!(all, validator.earned_wei);
            prop_assert_eq!(validator.earned_wei, U256::from(2 * sum));
            prop_assert_eq!(credited(Party::Gateway, GATEWAY), U256::from(3 * sum));
        }
        prop_assert_eq!(credited(Party::Rollup, ROLLUP), U256::from(sum + batches.len() as u64));
        prop_assert_eq!(book.totals().burned_wei, book.statements().values().fold(U256::ZERO, |a, s| a + s.forfeited_wei));
    }
}
