//! Turns that begin: on sealed blocks, on open ones, on earlier ones, on others.

use crate::world::{Follower, Producer, hashes};
use forebond_ledger::FollowError;
use forebond_types::{Envelope, FragEnvelope};

fn frag(envelope: &Envelope) -> &FragEnvelope {
    let Envelope::Frag(frag) = envelope else {
        panic!("a frag expected");
    };
    frag
}

/// Two blocks of a first turn are followed; the second one's seal is not heard.
fn unsealed() -> (Producer, Follower, Vec<Envelope>, Envelope) {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear_all(&turn.block(&producer.block(5), &[2]));
    let block = producer.block(5);
    let frags = turn.frags(&block, &[2]);
    follower.hear_all(&frags);
    let seal = Envelope::Seal(turn.seal(&block, frags.last().unwrap(), true));
    (producer, follower, frags, seal)
}

#[test]
fn the_end_of_window_seal_is_lost_and_the_next_base_settles_the_block_without_it() {
    let (mut producer, mut follower, frags, _) = unsealed();
    let mut next = producer
        .turn(101)
        .on(&frag(frags.last().unwrap()).frag, None);
    follower.hear(&next.base_envelope()).unwrap();
    assert_eq!(follower.latest().hash, producer.ledger.latest().hash);
    assert!(follower.latest().seal.is_none());
    follower.hear_all(&next.block(&producer.block(3), &[]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_seal_that_comes_with_the_next_base_is_kept_with_its_block() {
    let (mut producer, mut follower, frags, seal) = unsealed();
    let Envelope::Seal(seal) = &seal else {
        panic!("a seal")
    };
    let mut next = producer
        .turn(101)
        .on(&frag(frags.last().unwrap()).frag, Some(seal));
    follower.hear(&next.base_envelope()).unwrap();
    assert_eq!(
        follower.latest().seal.as_ref().map(|(s, _)| s),
        Some(&seal.seal)
    );
    follower.restart();
    assert_eq!(
        follower.latest().seal.as_ref().map(|(s, _)| s),
        Some(&seal.seal)
    );
    follower.hear(&next.base_envelope()).unwrap();
    follower.hear_all(&next.block(&producer.block(3), &[]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_base_heard_again_changes_nothing() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear_all(&turn.block(&producer.block(2), &[]));
    let frags = turn.frags(&producer.block(4), &[2, 2]);
    follower.hear_all(&frags[..2]);
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear(&frags[2]).unwrap();
}

#[test]
fn a_base_on_blocks_that_are_not_here_says_what_it_needs() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    let missed = turn.block(&producer.block(2), &[]);
    let next = producer.turn(101);
    let refused = follower.hear(&next.base_envelope());
    assert!(
        matches!(refused, Err(FollowError::Ahead { needs: 1, have: 0 })),
        "{refused:?}"
    );
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear_all(&missed);
    follower.hear(&next.base_envelope()).unwrap();
}

#[test]
fn a_base_on_an_earlier_block_takes_the_later_ones_back_once_the_owner_says_so() {
    let (mut producer, mut follower, ..) = unsealed();
    producer.rewind(1);
    let mut next = producer.turn(101);
    let refused = follower.hear(&next.base_envelope());
    assert!(
        matches!(refused, Err(FollowError::Behind { to: 1, newest: 2 })),
        "{refused:?}"
    );
    let before = follower.board().view();
    let lost: Vec<_> = before.unsealed[0]
        .frags
        .iter()
        .flat_map(|f| f.transactions.clone())
        .collect();
    assert!(
        follower.rewind(1).unwrap().is_empty(),
        "an unsealed block is not a removed one"
    );
    assert!(
        lost.iter()
            .all(|tx| follower.board().promise(&tx.leaf.tx_hash).is_none())
    );
    follower.hear(&next.base_envelope()).unwrap();
    follower.hear_all(&next.block(&producer.block(3), &[1]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

/// Pitfall: a gateway dies in mid-block; its successor builds on the signed prefix.
#[test]
fn a_base_that_closes_the_open_block_at_its_newest_frag_makes_it_the_parent() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let frags = turn.frags(&producer.block(6), &[2, 2, 2]);
    follower.hear_all(&frags[..2]);
    let parent = producer.shorten(2);
    let mut next = producer.turn(101).on(&frag(&frags[1]).frag, None);
    follower.hear(&next.base_envelope()).unwrap();
    assert_eq!(follower.latest().hash, parent.hash);
    follower.hear_all(&next.block(&producer.block(3), &[]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_base_that_closes_the_open_block_at_an_earlier_frag_takes_the_later_ones_back() {
    for sealed_before in [0, 1] {
        let (mut producer, mut follower) = (Producer::new(), Follower::new());
        let mut turn = producer.turn(100);
        follower.hear(&turn.base_envelope()).unwrap();
        for _ in 0..sealed_before {
            follower.hear_all(&turn.block(&producer.block(2), &[]));
        }
        let frags = turn.frags(&producer.block(6), &[2, 2, 2]);
        follower.hear_all(&frags);
        let parent = producer.shorten(2);
        let mut next = producer.turn(101).on(&frag(&frags[1]).frag, None);
        let refused = follower.hear(&next.base_envelope());
        let (to, newest) = (sealed_before, sealed_before + 1);
        assert!(
            matches!(refused, Err(FollowError::Behind { to: t, newest: n }) if (t, n) == (to, newest)),
            "{refused:?}"
        );
        let gone = follower.rewind_to_frag(next.base.parentFrag).unwrap();
        assert_eq!(gone.len(), 2);
        for tx in gone.iter().flat_map(|frag| &frag.transactions) {
            assert!(follower.board().promise(&tx.leaf.tx_hash).is_none());
        }
        follower.hear(&next.base_envelope()).unwrap();
        assert_eq!(follower.latest().hash, parent.hash);
        follower.hear_all(&next.block(&producer.block(3), &[]));
        assert_eq!(hashes(&follower), hashes(&producer.ledger));
    }
}

#[test]
fn the_turn_goes_on_after_going_back_to_one_of_its_frags() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear_all(&turn.block(&producer.block(2), &[]));
    let block = producer.block(6);
    let messages = turn.block(&block, &[2, 2, 2]);
    follower.hear_all(&messages[..3]);
    let first = follower.open_frags()[0].hash;
    let gone = follower.rewind_to_frag(first).unwrap();
    assert_eq!(gone.len(), 2);
    assert!(follower.rewind_to_frag(gone[0].hash).is_err());
    follower.hear_all(&messages[1..]);
    assert_eq!(follower.latest().hash, block.hash);
    assert!(follower.latest().seal.is_some());
}

#[test]
fn a_base_at_a_frag_nobody_here_has_heard_waits_for_it() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let frags = turn.frags(&producer.block(6), &[2, 2, 2]);
    follower.hear_all(&frags[..2]);
    let mut next = producer.turn(101).on(&frag(&frags[3]).frag, None);
    let refused = follower.hear(&next.base_envelope());
    assert!(
        matches!(refused, Err(FollowError::Ahead { needs: 1, have: 1 })),
        "{refused:?}"
    );
    follower.hear_all(&frags[2..]);
    follower.hear(&next.base_envelope()).unwrap();
    follower.hear_all(&next.block(&producer.block(1), &[]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_base_on_another_parent_is_refused_and_the_open_block_goes_on() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let block = producer.block(6);
    let messages = turn.block(&block, &[2, 2]);
    follower.hear_all(&messages[..2]);
    let wrong = producer.turn(101);
    let refused = follower.hear(&wrong.base_envelope());
    assert!(
        matches!(refused, Err(FollowError::OtherParent { number: 1, .. })),
        "{refused:?}"
    );
    follower.hear_all(&messages[2..]);
    assert_eq!(follower.latest().hash, block.hash);
    follower.hear_all(&turn.block(&producer.block(3), &[1]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}
