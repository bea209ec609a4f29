//! Blocks from L1 alone, and taking blocks back.

use crate::world::{Follower, Producer, deriving, hashes, ledger_with, state_of};
use alloy_primitives::Bytes;
use forebond_exec::StoreOptions;
use forebond_ledger::{
    DeriveError, FollowError, LedgerError,
    board::{Event, Settled},
};
use forebond_types::Envelope;

#[test]
fn blocks_taken_back_and_derived_again_have_the_hashes_of_a_ledger_that_never_went_back() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    for _ in 0..9 {
        producer.block(6);
    }
    let (_dir, fresh) = deriving(&producer.plans);
    for plan in &producer.plans {
        plan.derive(&mut follower).unwrap();
    }
    for to in [8, 5, 4, 0] {
        let removed = follower.rewind(to).unwrap();
        let numbers: Vec<_> = removed.iter().map(|block| block.number()).collect();
        assert_eq!(numbers, (to + 1..=9).rev().collect::<Vec<_>>());
        assert_eq!(follower.latest().number(), to);
        for tx in removed.iter().flat_map(|block| block.transactions()) {
            assert!(
                follower
                    .reader()
                    .find_promise(tx.leaf.tx_hash)
                    .unwrap()
                    .is_none()
            );
            let snapshot = follower.board().view().stored.clone();
            assert!(snapshot.tx_location(tx.leaf.tx_hash).unwrap().is_none());
        }
        for plan in &producer.plans[to as usize..] {
            plan.derive(&mut follower).unwrap();
        }
        assert_eq!(hashes(&follower), hashes(&fresh));
        assert_eq!(
            state_of(
                follower.board().view().latest_state.as_ref(),
                &producer.watched
            ),
            state_of(
                fresh.board().view().latest_state.as_ref(),
                &producer.watched
            ),
        );
    }
    follower.restart();
    assert_eq!(hashes(&follower), hashes(&fresh));
}

#[test]
fn followed_blocks_are_taken_back_with_their_promises_and_another_chain_takes_their_place() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    for _ in 0..4 {
        follower.hear_all(&turn.block(&producer.block(5), &[2]));
    }
    follower.hear_all(&turn.frags(&producer.block(5), &[2]));
    let mut events = follower.board().subscribe();
    producer.rewind(2);
    let removed = follower.rewind(2).unwrap();
    assert_eq!(removed.len(), 2);
    assert!(matches!(events.try_recv(), Ok(Event::Removed(blocks)) if blocks.len() == 2));
    let promises = removed.iter().flat_map(|block| block.transactions());
    for tx in promises {
        assert!(follower.board().promise(&tx.leaf.tx_hash).is_none());
        assert!(
            follower
                .reader()
                .find_promise(tx.leaf.tx_hash)
                .unwrap()
                .is_none()
        );
    }
    producer.block(3);
    producer
        .plans
        .last()
        .unwrap()
        .derive(&mut follower)
        .unwrap();
    let mut next = producer.turn(101);
    follower.hear(&next.base_envelope()).unwrap();
    follower.hear_all(&next.block(&producer.block(4), &[1]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_bad_transaction_in_a_derived_block_changes_nothing() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear_all(&turn.block(&producer.block(5), &[2]));
    let before = hashes(&follower);
    let good = producer.block(4);
    let plan = producer.plans.last().unwrap().clone();
    let twice = plan.transactions.last().unwrap().clone();
    for (index, bad) in [
        (6, twice),
        (6, Bytes::from_static(&[0x7e, 1])),
        (6, Bytes::new()),
    ] {
        let mut plan = plan.clone();
        let expected = plan.transactions.len();
        plan.transactions.push(bad);
        let refused = plan.derive(&mut follower).unwrap_err();
        let DeriveError::Transaction {
            block: 2,
            index: at,
            ..
        } = refused
        else {
            panic!("{index}: {refused}");
        };
        assert_eq!(at, expected);
        assert_eq!(hashes(&follower), before);
        assert_eq!(follower.board().view().pending_number(), 1);
    }
    // The turn is still followed, and the block can still be promised or derived.
    follower.hear_all(&turn.block(&good, &[1]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn nothing_is_derived_over_blocks_that_are_not_settled() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let frags = turn.frags(&producer.block(3), &[]);
    follower.hear(&frags[0]).unwrap();
    let plan = producer.opening();
    assert!(matches!(
        plan.derive(&mut follower),
        Err(DeriveError::Ledger(LedgerError::OutOfOrder(_)))
    ));
    follower.hear_all(&frags[1..]);
    follower.settle_all().unwrap();
    producer.block(2);
    producer.plans[1].derive(&mut follower).unwrap();
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn going_back_below_the_kept_history_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let kept = StoreOptions {
        history_blocks: 3,
        ..StoreOptions::default()
    };
    let mut ledger = ledger_with(dir.path(), kept);
    let mut producer = Producer::new();
    for _ in 0..8 {
        producer.block(2);
        producer.plans.last().unwrap().derive(&mut ledger).unwrap();
    }
    let mut turn = producer.turn(100);
    let Envelope::Base(base) = turn.base_envelope() else {
        panic!("a base")
    };
    ledger
        .follow_base(std::sync::Arc::new(crate::world::signed(base)))
        .unwrap();
    // One block waits for its seal, the next one is open.
    let frags: Vec<_> = [producer.block(4), producer.block(4)]
        .iter()
        .flat_map(|block| turn.frags(block, &[]))
        .map(|envelope| match envelope {
            Envelope::Frag(frag) => frag,
            other => panic!("a frag, not {other:?}"),
        })
        .collect();
    for frag in &frags[..3] {
        ledger.follow_frag(frag).unwrap();
    }
    assert!(ledger.rewind(4).is_err());
    ledger.follow_frag(&frags[3]).unwrap();
    ledger.settle_all().unwrap();
    assert_eq!(hashes(&ledger), hashes(&producer.ledger));
    assert_eq!(ledger.rewind(7).unwrap().len(), 3);
}

#[test]
fn after_going_back_within_a_turn_its_frags_are_followed_on() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let blocks: Vec<_> = (0..4)
        .map(|_| turn.block(&producer.block(5), &[2]))
        .collect();
    follower.hear_all(blocks.iter().flatten());
    follower.rewind(2).unwrap();
    assert!(matches!(
        follower.hear(&blocks[2][0]),
        Err(FollowError::OtherBase {
            following: None,
            ..
        })
    ));
    assert!(follower.follow_on());
    follower.hear_all(blocks[2..].iter().flatten());
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_seal_that_comes_after_its_block_was_settled_is_refused_and_stops_nobody() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let messages = turn.block(&producer.block(5), &[2]);
    follower.hear_all(&messages[..3]);
    follower.settle_all().unwrap();
    assert!(matches!(
        follower.hear(&messages[3]),
        Err(FollowError::OtherBase { .. })
    ));
    assert!(follower.follow_on());
    assert!(matches!(
        follower.hear(&messages[3]),
        Err(FollowError::Turn(_))
    ));
    follower.hear_all(&turn.block(&producer.block(3), &[]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

/// Pitfall: a head counter that only ratchets up.
#[test]
fn blocks_that_replace_settled_ones_are_not_settled_by_them() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    for _ in 0..4 {
        producer.block(1);
        producer
            .plans
            .last()
            .unwrap()
            .derive(&mut follower)
            .unwrap();
    }
    follower.board().settle(Settled {
        safe: 4,
        finalized: 1,
    });
    follower.rewind(2).unwrap();
    producer.rewind(2);
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    for _ in 0..4 {
        follower.hear_all(&turn.block(&producer.block(2), &[]));
    }
    assert_eq!(
        follower.board().settled(),
        Settled {
            safe: 2,
            finalized: 1
        }
    );
}

#[test]
fn a_seal_of_a_block_that_was_settled_without_it_is_taken_if_its_hash_is_right() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let blocks: Vec<_> = (0..3).map(|_| producer.block(4)).collect();
    let frags: Vec<_> = blocks.iter().map(|block| turn.frags(block, &[2])).collect();
    follower.hear_all(frags.iter().flatten());
    follower.settle_through(2).unwrap();
    let seal = |number: usize, hash| {
        let mut block = blocks[number - 1].as_ref().clone();
        block.hash = hash;
        Envelope::Seal(turn.seal(&block, frags[number - 1].last().unwrap(), false))
    };
    let refused = follower.hear(&seal(1, blocks[1].hash));
    assert!(
        matches!(
            refused,
            Err(FollowError::Untrue {
                what: "block hash",
                ..
            })
        ),
        "{refused:?}"
    );
    follower.hear(&seal(1, blocks[0].hash)).unwrap();
    follower.hear(&seal(2, blocks[1].hash)).unwrap();
    assert!(follower.latest().seal.is_some());
    follower.hear(&seal(3, blocks[2].hash)).unwrap();
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}
