//! A gateway and followers that have gossip and nothing else: real networks on loopback, real ledgers, signed messages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "tests stop where something is wrong"
)]

mod judging;
mod parties;
#[path = "../../../../ledger/tests/following/world/mod.rs"]
mod world;

use crate::core::Heard;
use alloy_primitives::Bytes;
use forebond_net::{History as _, Source};
use forebond_types::Envelope;
use parties::{Party, WINDOW};
use world::Producer;

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_has_gossip_and_no_stream_follows_the_chain() {
    let mut producer = Producer::new();
    let mut turn = producer.turn(WINDOW);
    let mut gateway = Party::gateway().await;
    let mut node = Party::node(&[&gateway]).await;
    node.connected().await;
    gateway.say(vec![turn.base_envelope()]);
    for _ in 0..4 {
        let block = producer.block(5);
        gateway.say(turn.block(&block, &[1, 2]));
        node.follows_to(block.hash).await;
    }
    // Some of it may have been asked for instead.
    assert!(node.net.counters().accepted >= 4);
    assert_eq!(
        node.net.counters().published,
        0,
        "followers relay, they do not publish"
    );
    assert_eq!(
        gateway.net.counters().accepted,
        0,
        "nobody is told what it said itself"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_in_the_middle_of_a_turn_asks_for_its_base_and_what_was_missed() {
    let mut producer = Producer::new();
    let mut turn = producer.turn(WINDOW);
    let mut gateway = Party::gateway().await;
    gateway.say(vec![turn.base_envelope()]);
    for _ in 0..3 {
        let block = producer.block(5);
        gateway.say(turn.block(&block, &[2]));
    }
    let mut node = Party::node(&[&gateway]).await;
    node.connected().await;
    let block = producer.block(3);
    gateway.say(turn.block(&block, &[1]));
    node.follows_to(block.hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_follower_heard_it_hands_out_when_the_gateway_is_gone() {
    let mut producer = Producer::new();
    let mut turn = producer.turn(WINDOW);
    let mut gateway = Party::gateway().await;
    let mut first = Party::node(&[&gateway]).await;
    first.connected().await;
    gateway.say(vec![turn.base_envelope()]);
    let block = producer.block(4);
    gateway.say(turn.block(&block, &[2]));
    first.follows_to(block.hash).await;
    drop(gateway);
    let mut second = Party::node(&[&first]).await;
    second.connected().await;
    second.follows_to(block.hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seal_that_ended_a_turn_is_in_history_and_no_other_is() {
    let mut producer = Producer::new();
    let mut turn = producer.turn(WINDOW);
    let mut gateway = Party::gateway().await;
    gateway.say(vec![turn.base_envelope()]);
    let block = producer.block(2);
    gateway.say(turn.block(&block, &[]));
    assert_eq!(gateway.history().end_seal(WINDOW), None);
    let block = producer.block(2);
    let frags = turn.frags(&block, &[]);
    let end = Envelope::Seal(turn.seal(&block, frags.last().unwrap(), true));
    gateway.say(frags);
    gateway.say(vec![end.clone()]);
    assert_eq!(gateway.history().end_seal(WINDOW), Some(end.encode()));
    assert_eq!(gateway.history().end_seal(WINDOW + 1), None);
    assert_eq!(
        gateway.history().base(WINDOW),
        Some(turn.base_envelope().encode())
    );
    let all = gateway.history().envelopes(1, 16, 1 << 20);
    assert_eq!(all.first(), Some(&turn.base_envelope().encode()));
    assert_eq!(all.last(), Some(&end.encode()));
    let short = gateway.history().envelopes(1, 16, all[0].len() + 1);
    assert_eq!(short, all[..1], "whole messages only");
}

/// Pitfall: a copy altered on the way must not keep the honest one away.
#[tokio::test(flavor = "multi_thread")]
async fn a_frag_altered_on_the_way_is_refused_its_bringer_named_and_the_honest_copy_taken() {
    let mut producer = Producer::new();
    let mut turn = producer.turn(WINDOW);
    let mut node = Party::node(&[]).await;
    let block = producer.block(4);
    let honest = turn.block(&block, &[2]);
    node.say(vec![turn.base_envelope(), honest[0].clone()]);
    let Envelope::Frag(mut altered) = honest[1].clone() else {
        panic!("a frag")
    };
    altered.transactions.swap(0, 1);
    altered.transactions[0].raw = Bytes::from_static(&[2, 3]);
    let signer = altered_signer(&honest[1]);
    let liar = Source::Stream("ws://liar".into());
    let heard = Heard {
        envelope: Envelope::Frag(altered),
        signer,
        from: liar.clone(),
    };
    node.hear(heard);
    let untrue = node.follower.take_untrue();
    assert_eq!(untrue.len(), 1);
    assert_eq!(untrue[0].0, liar);
    node.say(honest[1..].to_vec());
    assert_eq!(node.latest(), block.hash);
    assert!(node.follower.take_untrue().is_empty());
}

fn altered_signer(envelope: &Envelope) -> alloy_primitives::Address {
    envelope.signer(world::DOMAIN.separator()).unwrap()
}
