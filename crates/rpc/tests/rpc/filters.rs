//! Filters polled over HTTP.

use forebond_rpc::RpcConfig;
use serde_json::{Value, json};

use crate::{
    client::{ask, refused},
    world::{CONTRACT, FakeChain, config, start, start_with},
};

fn count(changes: &Value) -> usize {
    changes.as_array().unwrap().len()
}

#[tokio::test]
async fn each_poll_reports_what_is_new_and_nothing_twice() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.promise_many(1);
    chain.seal();
    let blocks = ask(addr, "eth_newBlockFilter", json!([])).await;
    let logs = ask(
        addr,
        "eth_newFilter",
        json!([{ "address": CONTRACT, "fromBlock": "0x0" }]),
    )
    .await;
    let promised = ask(addr, "eth_newPendingTransactionFilter", json!([])).await;
    let poll = |id: &Value| {
        let id = id.clone();
        async move { ask(addr, "eth_getFilterChanges", json!([id])).await }
    };
    assert_eq!(poll(&blocks).await, json!([]));
    assert_eq!(poll(&logs).await, json!([]));
    let batch = chain.promise_many(2);
    assert_eq!(poll(&promised).await, json!([batch[0].hash, batch[1].hash]));
    assert_eq!(poll(&promised).await, json!([]));
    let (second, third) = (chain.seal(), chain.seal());
    assert_eq!(poll(&blocks).await, json!([second.hash, third.hash]));
    assert_eq!(poll(&blocks).await, json!([]));
    assert_eq!(count(&poll(&logs).await), 2);
    assert_eq!(poll(&logs).await, json!([]));
    assert_eq!(
        count(&ask(addr, "eth_getFilterLogs", json!([logs])).await),
        3,
        "all logs of the filter's range"
    );
    assert_eq!(ask(addr, "eth_uninstallFilter", json!([logs])).await, true);
    assert_eq!(ask(addr, "eth_uninstallFilter", json!([logs])).await, false);
    let (code, message) = refused(addr, "eth_getFilterChanges", json!([logs])).await;
    assert_eq!(code, -32000);
    assert!(message.starts_with("filter not found"), "{message}");
    assert_eq!(
        refused(addr, "eth_getFilterLogs", json!([blocks])).await.0,
        -32000
    );
}

#[tokio::test]
async fn a_filter_that_fell_behind_catches_up_in_pieces_and_skips_nothing() {
    let (chain, server) = start(RpcConfig {
        max_logs_block_range: 2,
        max_logs_per_response: 3,
        ..config()
    })
    .await;
    let addr = server.local_addr();
    let logs = ask(addr, "eth_newFilter", json!([{}])).await;
    let blocks = ask(addr, "eth_newBlockFilter", json!([])).await;
    for _ in 0..5 {
        chain.promise_many(4);
        chain.seal();
    }
    let mut found = Vec::new();
    for _ in 0..5 {
        let part = ask(addr, "eth_getFilterChanges", json!([logs])).await;
        assert_eq!(
            count(&part),
            4,
            "a block has more logs than the cap: it comes alone"
        );
        found.extend(
            part.as_array()
                .unwrap()
                .iter()
                .map(|log| log["blockNumber"].clone()),
        );
    }
    assert_eq!(
        found
            .chunks(4)
            .map(|block| block[0].clone())
            .collect::<Vec<_>>(),
        ["0x1", "0x2", "0x3", "0x4", "0x5"]
    );
    let parts = [
        ask(addr, "eth_getFilterChanges", json!([blocks])).await,
        ask(addr, "eth_getFilterChanges", json!([blocks])).await,
        ask(addr, "eth_getFilterChanges", json!([blocks])).await,
    ];
    assert_eq!(parts.each_ref().map(count), [2, 2, 1]);
}

#[tokio::test]
async fn a_filter_whose_feed_ran_over_says_so_instead_of_skipping() {
    let (chain, server) = start_with(FakeChain::new(2), config()).await;
    let addr = server.local_addr();
    let promised = ask(addr, "eth_newPendingTransactionFilter", json!([true])).await;
    for _ in 0..5 {
        chain.promise_many(1);
    }
    let (code, message) = refused(addr, "eth_getFilterChanges", json!([promised])).await;
    assert_eq!(code, -32000);
    assert!(message.contains("missed 3 batches"), "{message}");
    let (_, message) = refused(addr, "eth_getFilterChanges", json!([promised])).await;
    assert!(message.starts_with("filter not found"), "{message}");
}

#[tokio::test]
async fn the_number_of_filters_is_bounded() {
    let (_chain, server) = start(RpcConfig {
        max_filters: 2,
        ..config()
    })
    .await;
    let addr = server.local_addr();
    let first = ask(addr, "eth_newBlockFilter", json!([])).await;
    ask(addr, "eth_newBlockFilter", json!([])).await;
    let (code, message) = refused(addr, "eth_newBlockFilter", json!([])).await;
    assert_eq!(code, -32005);
    assert!(message.starts_with("too many filters: 2"), "{message}");
    ask(addr, "eth_uninstallFilter", json!([first])).await;
    ask(addr, "eth_newBlockFilter", json!([])).await;
}
