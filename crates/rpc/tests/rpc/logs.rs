//! `eth_getLogs`.

use alloy_primitives::{Address, B256, U256};
use forebond_rpc::RpcConfig;
use serde_json::{Value, json};

use crate::{
    client::{ask, refused},
    world::{CONTRACT, TOPIC, config, start},
};

fn word(nonce: u64) -> B256 {
    B256::from(U256::from(nonce))
}

fn count(logs: &Value) -> usize {
    logs.as_array().unwrap().len()
}

#[tokio::test]
async fn logs_are_found_by_range_address_topics_and_block_hash() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.promise_many(2);
    chain.seal();
    chain.seal();
    chain.promise_many(1);
    let third = chain.seal();
    let logs = |filter: Value| async move { ask(addr, "eth_getLogs", json!([filter])).await };

    let all = logs(json!({ "fromBlock": "earliest", "toBlock": "latest" })).await;
    let places: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|log| (log["blockNumber"].clone(), log["logIndex"].clone()))
        .collect();
    assert_eq!(
        places,
        [
            (json!("0x1"), json!("0x0")),
            (json!("0x1"), json!("0x1")),
            (json!("0x3"), json!("0x0"))
        ]
    );
    assert_eq!(
        count(&logs(json!({})).await),
        1,
        "without a range, the newest sealed block"
    );
    assert_eq!(
        count(&logs(json!({ "fromBlock": "0x0", "toBlock": "0x2" })).await),
        2
    );
    assert_eq!(
        count(&logs(json!({ "fromBlock": "0x0", "address": CONTRACT })).await),
        3
    );
    assert_eq!(count(&logs(json!({ "fromBlock": "0x0", "address": [CONTRACT, Address::ZERO], "topics": [TOPIC] })).await), 3);
    assert_eq!(
        count(&logs(json!({ "fromBlock": "0x0", "topics": [null, [word(0), word(2)]] })).await),
        2
    );
    assert_eq!(
        count(&logs(json!({ "fromBlock": "0x0", "topics": [word(0)] })).await),
        0
    );
    assert_eq!(
        count(&logs(json!({ "fromBlock": "0x0", "address": Address::ZERO })).await),
        0
    );
    assert_eq!(
        logs(json!({ "blockHash": third.hash })).await[0]["topics"],
        json!([TOPIC, word(2)])
    );
    assert_eq!(
        count(&logs(json!({ "fromBlock": "0x9" })).await),
        0,
        "a poller ahead of the chain is told: nothing yet"
    );
    let (code, message) = refused(
        addr,
        "eth_getLogs",
        json!([{ "blockHash": B256::repeat_byte(5) }]),
    )
    .await;
    assert_eq!(code, -32000);
    assert!(message.starts_with("unknown block"), "{message}");
}

#[tokio::test]
async fn promised_logs_are_found_in_pending_and_nowhere_twice() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.promise_many(1);
    chain.seal();
    chain.promise_many(2);
    let to_pending = ask(
        addr,
        "eth_getLogs",
        json!([{ "fromBlock": "0x0", "toBlock": "pending" }]),
    )
    .await;
    assert_eq!(count(&to_pending), 3);
    assert_eq!(
        (&to_pending[2]["blockNumber"], &to_pending[2]["blockHash"]),
        (&json!("0x2"), &Value::Null)
    );
    assert_eq!(
        count(
            &ask(
                addr,
                "eth_getLogs",
                json!([{ "fromBlock": "pending", "toBlock": "pending" }])
            )
            .await
        ),
        2
    );
    assert_eq!(
        count(
            &ask(
                addr,
                "eth_getLogs",
                json!([{ "fromBlock": "0x0", "toBlock": "latest" }])
            )
            .await
        ),
        1
    );
}

#[tokio::test]
async fn the_caps_are_named_when_they_are_passed() {
    let (chain, server) = start(RpcConfig {
        max_logs_block_range: 2,
        max_logs_per_response: 3,
        ..config()
    })
    .await;
    let addr = server.local_addr();
    for _ in 0..3 {
        chain.promise_many(2);
        chain.seal();
    }
    let (code, message) = refused(
        addr,
        "eth_getLogs",
        json!([{ "fromBlock": "0x1", "toBlock": "0x3" }]),
    )
    .await;
    assert_eq!(code, -32005);
    assert!(message.contains("max block range 2: got 3"), "{message}");
    let (code, message) = refused(
        addr,
        "eth_getLogs",
        json!([{ "fromBlock": "0x1", "toBlock": "0x2" }]),
    )
    .await;
    assert_eq!(code, -32005);
    assert!(message.contains("more than 3 results"), "{message}");
    assert_eq!(
        count(
            &ask(
                addr,
                "eth_getLogs",
                json!([{ "fromBlock": "0x2", "toBlock": "0x2" }])
            )
            .await
        ),
        2
    );
}
