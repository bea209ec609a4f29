//! Bases, frags and seals in the orders a network delivers them.

use crate::world::{Follower, Producer, hashes, state_of};
use forebond_ledger::FollowError;
use forebond_types::Envelope;

#[test]
fn a_follower_ends_with_the_hashes_states_and_seals_of_the_chain_it_heard_of() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    for sizes in [&[][..], &[1], &[2, 1, 3], &[1, 1, 1, 1, 1, 1, 1], &[100]] {
        let block = producer.block(7);
        follower.hear_all(&turn.block(&block, sizes));
        assert_eq!(follower.latest().hash, block.hash);
        assert!(follower.latest().seal.is_some());
    }
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
    let (ours, theirs) = (follower.board().view(), producer.ledger.board().view());
    assert_eq!(
        state_of(ours.latest_state.as_ref(), &producer.watched),
        state_of(theirs.latest_state.as_ref(), &producer.watched),
    );
}

#[test]
fn a_promise_is_on_the_board_with_its_frag_as_soon_as_the_frag_is_followed() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let block = producer.block(6);
    let frags = turn.frags(&block, &[2, 4]);
    let mut waiting = follower
        .board()
        .waiters()
        .register(block.transaction(5).unwrap().leaf.tx_hash)
        .unwrap();
    for (count, frag) in [1, 3, 7].into_iter().zip(&frags) {
        assert!(waiting.try_recv().is_err());
        follower.hear(frag).unwrap();
        let view = follower.board().view();
        assert_eq!(view.unsealed.last().unwrap().transactions, count);
        for tx in block.transactions() {
            let promise = follower.board().promise(&tx.leaf.tx_hash);
            assert_eq!(promise.is_some(), tx.leaf.index < u64::from(count));
        }
    }
    assert!(waiting.try_recv().is_ok());
    let pending = follower.board().view().pending_state.clone();
    let sealed = producer.ledger.board().view().latest_state.clone();
    let vaults_too = &producer.watched;
    assert_eq!(
        state_of(pending.as_ref(), vaults_too),
        state_of(sealed.as_ref(), vaults_too)
    );
}

#[test]
fn first_frag_arrives_before_its_parents_seal_and_is_followed_all_the_same() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let (mut seals, mut last) = (Vec::new(), None);
    for _ in 0..5 {
        let block = producer.block(4);
        let frags = turn.frags(&block, &[2]);
        follower.hear_all(&frags);
        seals.push(Envelope::Seal(turn.seal(
            &block,
            frags.last().unwrap(),
            false,
        )));
        last = Some(block);
    }
    assert_eq!(follower.latest().number(), 0);
    assert_eq!(follower.board().view().unsealed.len(), 5);
    follower.hear_all(&seals);
    assert_eq!(follower.latest().hash, last.unwrap().hash);
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_gap_is_refused_and_the_missing_frag_closes_it() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let first = producer.block(6);
    let messages = turn.block(&first, &[2, 2]);
    follower.hear(&messages[0]).unwrap();
    for later in [&messages[2], &messages[3], &messages[4], &messages[0]] {
        assert!(matches!(follower.hear(later), Err(FollowError::Turn(_))));
    }
    follower.hear_all(&messages[1..]);
    let second = turn.block(&producer.block(3), &[]);
    assert!(matches!(
        follower.hear(&second[1]),
        Err(FollowError::Turn(_))
    ));
    follower.hear_all(&second);
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn messages_under_another_base_than_the_one_followed_are_refused() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let (mut turn, mut other) = (producer.turn(100), producer.turn(101));
    let block = producer.block(2);
    let messages = other.block(&block, &[]);
    assert!(matches!(
        follower.hear(&messages[0]),
        Err(FollowError::OtherBase {
            following: None,
            ..
        })
    ));
    follower.hear(&turn.base_envelope()).unwrap();
    for message in &messages {
        assert!(matches!(
            follower.hear(message),
            Err(FollowError::OtherBase {
                following: Some(_),
                ..
            })
        ));
    }
    follower.hear_all(&turn.block(&block, &[]));
    assert_eq!(follower.latest().hash, block.hash);
}

#[test]
fn nothing_follows_the_end_of_window() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let block = producer.block(2);
    let frags = turn.frags(&block, &[]);
    follower.hear_all(&frags);
    follower
        .hear(&Envelope::Seal(turn.seal(
            &block,
            frags.last().unwrap(),
            true,
        )))
        .unwrap();
    let next = turn.frags(&producer.block(1), &[]);
    assert!(matches!(follower.hear(&next[0]), Err(FollowError::Turn(_))));
    follower.restart();
    assert!(follower.follow_on());
    assert!(matches!(follower.hear(&next[0]), Err(FollowError::Turn(_))));
}

/// Pitfall: parallel sender recovery that reorders one sender's transactions.
#[test]
fn a_frag_of_hundreds_of_one_senders_transactions_is_followed_in_order() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let block = producer.transfers(400);
    follower.hear_all(&turn.block(&block, &[400]));
    assert_eq!(follower.latest().hash, block.hash);
}
