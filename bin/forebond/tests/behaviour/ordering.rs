//! Frags: how many, and in which order.

use crate::{
    support::{ANY_FEE, Home, Wallet, WebSocket, quantity},
    transfer,
};
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, Bytes, TxKind};
use forebond_protocol::{OrderingRule, check_order};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// The user transactions of a frag of the stream: sender and tip, deposits without one.
fn order_of(frag: &Value) -> Vec<(Address, Option<u128>)> {
    let base_fee = quantity(&frag["blockEnv"]["baseFee"]);
    let transactions = frag["transactions"].as_array().unwrap();
    let placed = transactions.iter().map(|tx| {
        let sender: Address = serde_json::from_value(tx["leaf"]["sender"].clone()).unwrap();
        let raw: Bytes = serde_json::from_value(tx["transaction"].clone()).unwrap();
        let tip = TxEnvelope::decode_2718_exact(&raw)
            .ok()
            .map(|tx| tx.effective_tip_per_gas(base_fee).unwrap());
        (sender, tip)
    });
    placed.collect()
}

/// R19, rule 1.
#[test]
fn r19_under_priority_fee_tips_never_rise_in_a_frag_and_no_sender_is_in_it_twice() {
    const EACH: u64 = 25;
    let home = Home::new();
    let gateway = home.start(&["--ordering", "priority-fee", "--frag-interval", "50ms"]);
    let mut socket = WebSocket::connect(&gateway.addr);
    socket.subscribe(json!(["preconfirmations"]));
    std::thread::scope(|scope| {
        for index in 0..8 {
            let mut client = gateway.client();
            scope.spawn(move || {
                let wallet = Wallet::dev(index);
                for nonce in 0..EACH {
                    let to = TxKind::Call(Address::repeat_byte(0x77));
                    let mut tx = wallet.template(nonce, to, 1, 21_000, Bytes::new());
                    // Rising and falling tips: a sender's own later ones are often dearer.
                    let step = (nonce * 7 + index as u64 * 3) % 11;
                    tx.max_priority_fee_per_gas = 1_000_000 * u128::from(step + 1);
                    client.call("eth_sendRawTransaction", json!([wallet.sign(tx)]));
                }
            });
        }
    });
    let (mut users, mut largest) = (0, 0);
    while users < 8 * EACH {
        let event = socket.next();
        if event["type"] != "frag" {
            continue;
        }
        assert_eq!(event["frag"]["orderingRule"], "0x1");
        let order = order_of(&event);
        check_order(OrderingRule::PriorityFee, &order).unwrap_or_else(|e| panic!("{e}: {order:?}"));
        let count = order.iter().filter(|(_, tip)| tip.is_some()).count() as u64;
        (users, largest) = (users + count, largest.max(count));
    }
    assert!(
        largest > 3,
        "no frag with several senders: the order was not tried"
    );
    gateway.stop();
}

#[test]
fn a_frag_interval_makes_few_large_frags_where_the_default_makes_one_for_each_lone_transaction() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let sequences: BTreeSet<u64> = (0..30)
        .map(|nonce| quantity(&transfer(&mut client, &wallet, nonce)["frag"]["sequence"]))
        .collect();
    assert_eq!(sequences.len(), 30);
    gateway.stop();

    let home = Home::new();
    let gateway = home.start(&["--frag-interval", "200ms"]);
    let mut client = gateway.client();
    let (started, mut raws) = (Instant::now(), Vec::new());
    while started.elapsed() < Duration::from_millis(1_500) {
        let raw = wallet.transfer(raws.len() as u64, Address::repeat_byte(0x77), 1);
        client.call("eth_sendRawTransaction", json!([raw]));
        raws.push(raw);
    }
    let objects: Vec<_> = raws
        .iter()
        .map(|raw| client.call("eth_requestPreconf", json!([raw, ANY_FEE])))
        .collect();
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap();
    let sequences: BTreeSet<u64> = objects
        .iter()
        .map(|object| quantity(&object["frag"]["sequence"]))
        .collect();
    // One for each interval; every border cuts what is open.
    let most = usize::try_from(elapsed_ms / 200 + elapsed_ms / 1_000 + 3).unwrap();
    assert!(
        sequences.len() <= most,
        "{} frags in {elapsed_ms} ms",
        sequences.len()
    );
    assert!(raws.len() > 2 * most, "only {} transactions", raws.len());
    gateway.stop();
}
