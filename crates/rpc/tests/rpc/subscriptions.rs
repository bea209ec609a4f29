//! `eth_subscribe`.

use alloy_primitives::{Address, B256};
use forebond_rpc::RpcConfig;
use serde_json::{Value, json};

use crate::{
    client::{Ws, refused},
    world::{CONTRACT, config, start},
};

#[tokio::test]
async fn new_heads_are_the_sealed_blocks_in_order() {
    let (chain, server) = start(config()).await;
    let mut ws = Ws::connect(server.local_addr()).await;
    let id = ws.subscribe(json!(["newHeads"])).await;
    assert!(id.starts_with("0x"), "wallets expect a hex string: {id}");
    chain.promise_many(1);
    for _ in 0..3 {
        let sealed = chain.seal();
        let notified = ws.notified().await;
        assert_eq!(
            (&notified["subscription"], &notified["result"]["hash"]),
            (&json!(id), &json!(sealed.hash))
        );
        assert_eq!(
            notified["result"]["number"],
            json!(format!("{:#x}", sealed.header.number))
        );
    }
}

#[tokio::test]
async fn logs_come_with_their_sealed_block() {
    let (chain, server) = start(config()).await;
    let mut ws = Ws::connect(server.local_addr()).await;
    ws.subscribe(json!(["logs", { "address": CONTRACT }])).await;
    let mut other = Ws::connect(server.local_addr()).await;
    other
        .subscribe(json!(["logs", { "address": Address::ZERO }]))
        .await;
    other.subscribe(json!(["newHeads"])).await;
    chain.promise_many(2);
    let sealed = chain.seal();
    for nth in ["0x0", "0x1"] {
        let log = ws.notified().await["result"].clone();
        assert_eq!(
            (&log["blockHash"], &log["logIndex"]),
            (&json!(sealed.hash), &json!(nth))
        );
    }
    assert_eq!(
        other.notified().await["result"]["number"],
        "0x1",
        "no log matched, the head is the first to come"
    );
}

#[tokio::test]
async fn with_its_flag_logs_come_when_promised() {
    let (chain, server) = start(RpcConfig {
        latest_shows_preconfirmed: true,
        ..config()
    })
    .await;
    let mut ws = Ws::connect(server.local_addr()).await;
    ws.subscribe(json!(["logs", {}])).await;
    let batch = chain.promise_many(1);
    let log = ws.notified().await["result"].clone();
    assert_eq!(
        (
            &log["blockHash"],
            &log["blockNumber"],
            &log["transactionHash"]
        ),
        (&Value::Null, &json!("0x1"), &json!(batch[0].hash))
    );
}

#[tokio::test]
async fn promised_transactions_come_as_hashes_or_whole() {
    let (chain, server) = start(config()).await;
    let (mut hashes, mut whole) = (
        Ws::connect(server.local_addr()).await,
        Ws::connect(server.local_addr()).await,
    );
    hashes.subscribe(json!(["newPendingTransactions"])).await;
    whole
        .subscribe(json!(["newPendingTransactions", true]))
        .await;
    for view in chain.promise_many(3).iter() {
        assert_eq!(hashes.notified().await["result"], json!(view.hash));
        assert_eq!(whole.notified().await["result"]["hash"], json!(view.hash));
    }
}

#[tokio::test]
async fn an_ended_subscription_is_silent_and_the_connection_goes_on() {
    let (chain, server) = start(config()).await;
    let mut ws = Ws::connect(server.local_addr()).await;
    let id = ws.subscribe(json!(["newHeads"])).await;
    assert_eq!(
        ws.call("eth_unsubscribe", json!([id])).await["result"],
        true
    );
    chain.seal();
    assert_eq!(ws.call("eth_blockNumber", json!([])).await["result"], "0x1");
    assert_eq!(
        ws.call("eth_unsubscribe", json!([id])).await["result"],
        false
    );
}

#[tokio::test]
async fn a_subscription_of_another_connection_cannot_be_ended() {
    let (chain, server) = start(config()).await;
    let (mut one, mut other) = (
        Ws::connect(server.local_addr()).await,
        Ws::connect(server.local_addr()).await,
    );
    let id = one.subscribe(json!(["newHeads"])).await;
    assert_eq!(
        other.call("eth_unsubscribe", json!([id])).await["result"],
        false
    );
    chain.seal();
    assert_eq!(one.notified().await["result"]["number"], "0x1");
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_refused() {
    let (_chain, server) = start(RpcConfig {
        max_subscriptions_per_connection: 1,
        ..config()
    })
    .await;
    let mut ws = Ws::connect(server.local_addr()).await;
    for bad in [
        json!(["newBlocks"]),
        json!([]),
        json!(["logs", { "fromBlock": "0x1" }]),
        json!(["logs", { "blockHash": B256::ZERO }]),
        json!(["newHeads", 1]),
    ] {
        assert_eq!(
            ws.call("eth_subscribe", bad.clone()).await["error"]["code"],
            -32602,
            "{bad}"
        );
    }
    ws.subscribe(json!(["newHeads"])).await;
    assert_eq!(
        ws.call("eth_subscribe", json!(["newHeads"])).await["error"]["code"],
        -32006
    );
    let (code, message) = refused(server.local_addr(), "eth_subscribe", json!(["newHeads"])).await;
    assert_eq!(code, -32601);
    assert!(message.contains("WebSocket"), "{message}");
}
