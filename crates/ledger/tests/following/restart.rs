//! Closing a ledger and opening it again; taking it apart and putting it together.

use crate::world::{Follower, Producer, hashes, state_of};
use forebond_ledger::{Ledger, envelopes::EnvelopeWriter};
use forebond_types::Envelope;

#[test]
fn a_restarted_follower_goes_on_in_the_turn_of_its_newest_block() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    for _ in 0..6 {
        let messages = turn.block(&producer.block(5), &[1, 2]);
        // It stops in mid-block, and hears that block from its start again.
        follower.hear_all(&messages[..2]);
        follower.restart();
        if !follower.follow_on() {
            follower.hear(&turn.base_envelope()).unwrap();
        }
        follower.hear_all(&messages);
    }
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
    assert_eq!(follower.base().unwrap().base, turn.base);
}

#[test]
fn what_a_follower_stored_is_served_bit_for_bit_as_it_was_signed() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    let mut sent = vec![turn.base_envelope()];
    for _ in 0..3 {
        sent.extend(turn.block(&producer.block(5), &[1, 2]));
    }
    follower.hear_all(&sent);
    follower.restart();
    let (mut writer, mut served) = (EnvelopeWriter::default(), Vec::new());
    for number in 1..=3 {
        writer.block(&follower.block(number).unwrap().unwrap(), &mut served);
    }
    let sent: Vec<_> = sent.iter().map(Envelope::encode).collect();
    assert_eq!(served, sent);
    let mut second = Follower::new();
    for bytes in &served {
        second.hear(&Envelope::decode(bytes).unwrap()).unwrap();
    }
    assert_eq!(hashes(&second), hashes(&producer.ledger));
}

#[test]
fn a_ledger_taken_apart_and_put_together_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut producer = Producer::new();
    let mut ledger = crate::world::ledger_in(dir.path());
    for round in 0..3 {
        for _ in 0..2 {
            producer.block(4);
            producer.plans.last().unwrap().derive(&mut ledger).unwrap();
        }
        let rest = ledger.rest().unwrap();
        assert_eq!(rest.latest.number(), 2 * (round + 1));
        ledger = rest.resume().unwrap();
    }
    assert_eq!(hashes(&ledger), hashes(&producer.ledger));
    let same = |ledger: &Ledger| {
        state_of(
            ledger.board().view().latest_state.as_ref(),
            &producer.watched,
        )
    };
    assert_eq!(same(&ledger), same(&producer.ledger));
}

/// Pitfall: a checkpoint that names blocks a power cut takes away.
#[test]
fn what_is_done_behind_blocks_finds_them_on_the_disk() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut producer = Producer::new();
    let mut ledger = crate::world::ledger_in(dir.path());
    for _ in 0..3 {
        producer.block(4);
        producer.plans.last().unwrap().derive(&mut ledger).unwrap();
    }
    let (from, to) = (dir.path().to_owned(), copy.path().to_owned());
    let (done, wait) = std::sync::mpsc::sync_channel(1);
    ledger
        .sync_then(move || {
            // What a power cut at this moment would leave.
            for file in std::fs::read_dir(from)? {
                let file = file?;
                std::fs::copy(file.path(), to.join(file.file_name()))?;
            }
            done.send(()).map_err(std::io::Error::other)
        })
        .unwrap();
    wait.recv().unwrap();
    let left = crate::world::ledger_in(copy.path());
    assert_eq!(hashes(&left), hashes(&producer.ledger));
}

#[test]
fn what_fails_behind_a_block_is_told_with_a_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut producer = Producer::new();
    let mut ledger = crate::world::ledger_in(dir.path());
    ledger
        .sync_then(|| Err(std::io::Error::other("the disk is full")))
        .unwrap();
    let failure = (0..32).find_map(|_| {
        producer.block(1);
        producer.plans.last().unwrap().derive(&mut ledger).err()
    });
    let words = failure.expect("it fails in the end").to_string();
    assert!(words.contains("the disk is full"), "{words}");
}
