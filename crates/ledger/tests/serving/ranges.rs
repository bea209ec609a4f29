use crate::{
    asked::{ask, methods},
    world::{Follower, Producer, hashes},
};
use alloy_primitives::{Bytes, hex};
use forebond_types::Envelope;
use serde_json::{Value, json};
use std::sync::Arc;

fn envelopes(answer: &Value) -> Vec<Envelope> {
    let decode =
        |one: &Value| Envelope::decode(&hex::decode(one.as_str().unwrap()).unwrap()).unwrap();
    answer.as_array().unwrap().iter().map(decode).collect()
}

/// Two derived blocks, three promised ones in a turn, one open.
fn followed() -> (Producer, Follower, Vec<Envelope>) {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    for _ in 0..2 {
        producer.block(3);
        producer
            .plans
            .last()
            .unwrap()
            .derive(&mut follower)
            .unwrap();
    }
    let mut turn = producer.turn(100);
    let mut sent = vec![turn.base_envelope()];
    for _ in 0..3 {
        sent.extend(turn.block(&producer.block(4), &[2]));
    }
    sent.extend(turn.frags(&producer.block(4), &[2]));
    follower.hear_all(&sent);
    (producer, follower, sent)
}

#[tokio::test]
async fn blocks_come_with_all_that_a_batch_is_made_of_and_end_before_the_unsealed_one() {
    let (producer, follower, _) = followed();
    let methods = methods(&follower, Arc::default());
    let answer = ask(&methods, "forebond_getBlocks", json!(["0x1", "0x40"]))
        .await
        .unwrap();
    let blocks = answer.as_array().unwrap();
    assert_eq!(blocks.len(), 5);
    let all = hashes(&producer.ledger);
    for (number, block) in (1u64..).zip(blocks) {
        let made = producer.ledger.block(number).unwrap().unwrap();
        assert_eq!(block["number"], format!("{number:#x}"));
        assert_eq!(block["hash"], all[number as usize].to_string());
        assert_eq!(block["parentHash"], all[number as usize - 1].to_string());
        assert_eq!(block["timestamp"], format!("{:#x}", made.header.timestamp));
        assert_eq!(
            block["origin"]["number"],
            format!("{:#x}", made.start.origin.number)
        );
        assert_eq!(block["origin"]["hash"], made.start.origin.hash.to_string());
        assert_eq!(
            block["originSequence"],
            format!("{:#x}", made.start.origin_sequence)
        );
        assert_eq!(block["gasUsed"], format!("{:#x}", made.header.gas_used));
        assert_eq!(
            block["transactionCount"],
            format!("{:#x}", made.transactions().count())
        );
        let users: Vec<Bytes> = serde_json::from_value(block["transactions"].clone()).unwrap();
        let sent = producer.plans[number as usize - 1].transactions.iter();
        assert_eq!(
            users,
            sent.filter(|raw| raw[0] != 0x7e)
                .cloned()
                .collect::<Vec<_>>()
        );
        let ours = follower.block(number).unwrap().unwrap();
        assert_eq!(block["base"], json!(ours.base().map(|base| base.hash)));
        assert_eq!(
            block["lastFrag"],
            json!(ours.frags().last().map(|frag| frag.hash))
        );
        assert_eq!(block["base"].is_null(), number <= 2);
    }
    let part = ask(&methods, "forebond_getBlocks", json!(["0x2", "0x3"]))
        .await
        .unwrap();
    assert_eq!(part.as_array().unwrap()[..], blocks[1..4]);
    let beyond = ask(&methods, "forebond_getBlocks", json!(["0x6", "0x3"]))
        .await
        .unwrap();
    assert_eq!(beyond, json!([]));
}

#[tokio::test]
async fn a_missing_frag_can_be_requested_and_whoever_did_ends_where_the_others_are() {
    let (producer, follower, sent) = followed();
    let methods = methods(&follower, Arc::default());
    let answer = ask(&methods, "forebond_getEnvelopes", json!(["0x0", "0x10"]))
        .await
        .unwrap();
    assert_eq!(envelopes(&answer), sent);
    // From the middle on: the base comes first again, and a follower that has it already does not mind.
    let mut second = Follower::new();
    for plan in &producer.plans[..2] {
        plan.derive(&mut second).unwrap();
    }
    for from in ["0x3", "0x4", "0x5"] {
        let answer = ask(&methods, "forebond_getEnvelopes", json!([from, "0x1"]))
            .await
            .unwrap();
        second.hear_all(&envelopes(&answer));
    }
    let answer = ask(&methods, "forebond_getEnvelopes", json!(["0x6", "0x10"]))
        .await
        .unwrap();
    second.hear_all(&envelopes(&answer));
    assert_eq!(hashes(&second), hashes(&follower));
    assert_eq!(second.board().view().pending_number(), 6);
}

#[tokio::test]
async fn a_range_that_is_too_long_or_no_range_says_what_to_ask_instead() {
    let (_, follower, _) = followed();
    let methods = methods(&follower, Arc::default());
    for (method, most) in [("forebond_getBlocks", 64), ("forebond_getEnvelopes", 16)] {
        for count in [0, most + 1, u64::MAX] {
            let count = format!("{count:#x}");
            let refused = ask(&methods, method, json!(["0x1", count]))
                .await
                .unwrap_err();
            assert!(refused.contains(&format!("1 to {most}")), "{refused}");
        }
        let refused = ask(&methods, method, json!(["first"])).await.unwrap_err();
        assert!(
            refused.contains("expected [first block, number of blocks]"),
            "{refused}"
        );
        let last = ask(&methods, method, json!(["0xffffffffffffffff", "0x10"]))
            .await
            .unwrap();
        assert_eq!(last, json!([]));
    }
}

#[tokio::test]
async fn an_answer_ends_before_the_block_that_would_make_it_too_long() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    for _ in 0..3 {
        producer.ballast(1_500_000);
        producer
            .plans
            .last()
            .unwrap()
            .derive(&mut follower)
            .unwrap();
    }
    producer.ballast(4_300_000);
    producer
        .plans
        .last()
        .unwrap()
        .derive(&mut follower)
        .unwrap();
    let methods = methods(&follower, Arc::default());
    let answer = ask(&methods, "forebond_getBlocks", json!(["0x1", "0x10"]))
        .await
        .unwrap();
    assert_eq!(answer.as_array().unwrap().len(), 2);
    assert!(answer.to_string().len() <= 8 << 20);
    let refused = ask(&methods, "forebond_getBlocks", json!(["0x4", "0x1"]))
        .await
        .unwrap_err();
    assert!(refused.contains("block 4 alone"), "{refused}");
}
