use crate::{
    asked::Desk,
    world::{Follower, Producer, hashes},
};
use alloy_primitives::Bytes;
use forebond_ledger::rpc::LedgerChain;
use forebond_rpc::Chain;
use forebond_types::Envelope;
use serde_json::{Value, json};
use std::sync::Arc;

/// Pitfall: a lagging subscriber resumes and misses what was published meanwhile.
#[tokio::test]
async fn a_subscription_from_a_block_brings_the_past_then_the_present_without_a_gap() {
    let (mut producer, mut gateway) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    gateway.hear(&turn.base_envelope()).unwrap();
    for _ in 0..3 {
        gateway.hear_all(&turn.block(&producer.block(3), &[1]));
    }
    let open = turn.block(&producer.block(4), &[2]);
    gateway.hear_all(&open[..2]);
    let desk = Desk::of(&gateway);
    let chain = Arc::new(LedgerChain::new(Arc::new(gateway.reader()), desk));
    let mut feed = chain
        .subscribe_own("envelopes", Some(json!("0x1")))
        .unwrap()
        .unwrap();
    gateway.hear_all(&open[2..]);
    gateway.hear_all(&turn.block(&producer.block(3), &[1]));
    let mut second = Follower::new();
    while second.latest().number() < 5 {
        let message = feed.recv().await.unwrap().unwrap();
        let message: Value = serde_json::from_str(message.get()).unwrap();
        if message.is_string() {
            let bytes: Bytes = serde_json::from_value(message).unwrap();
            second.hear(&Envelope::decode(&bytes).unwrap()).unwrap();
        }
    }
    assert_eq!(hashes(&second), hashes(&producer.ledger));
}
