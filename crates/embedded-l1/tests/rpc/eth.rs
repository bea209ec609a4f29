use alloy_primitives::{B256, U256, keccak256};
use serde_json::{Value, json};

use crate::{
    client,
    world::{Served, blob, call, deploy_logger, transfer, wallet},
};

fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap();
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_pooled_then_included_and_its_receipt_is_that_of_its_block() {
    let served = Served::start().await;
    let sender = wallet(0);
    let hash = served
        .ask("eth_sendRawTransaction", json!([transfer(&sender, 0)]))
        .await;
    let waiting = served.ask("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(waiting["blockNumber"], Value::Null);
    let nonce = |tag: &'static str| {
        let params = json!([sender.address(), tag]);
        served.ask("eth_getTransactionCount", params)
    };
    assert_eq!(nonce("pending").await, "0x1");
    assert_eq!(nonce("latest").await, "0x0");
    served.pass(1);
    let receipt = served.ask("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["blockNumber"], "0x1");
    let block = served
        .ask("eth_getBlockByNumber", json!(["0x1", true]))
        .await;
    assert_eq!(block["hash"], receipt["blockHash"]);
    assert_eq!(block["transactions"][0]["hash"], hash);
    assert_eq!(nonce("latest").await, "0x1");
    let again = served
        .ask("eth_sendRawTransaction", json!([transfer(&sender, 0)]))
        .await;
    assert_eq!(again, hash, "the same transaction again is a success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_transaction_shows_its_hashes_and_what_its_blobs_cost_but_not_the_blobs() {
    let served = Served::start().await;
    let raw = blob(&wallet(0), 0);
    let hash = served.ask("eth_sendRawTransaction", json!([raw])).await;
    served.pass(1);
    let tx = served.ask("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(tx["type"], "0x3");
    assert_eq!(tx["blobVersionedHashes"].as_array().unwrap().len(), 1);
    assert_eq!(tx.get("blobs"), None);
    let receipt = served.ask("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["type"], "0x3");
    assert_eq!(receipt["blobGasUsed"], "0x20000");
    assert_eq!(receipt["blobGasPrice"], "0x1");
    let block = served
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    assert_eq!(block["blobGasUsed"], "0x20000");
    assert_eq!(block["excessBlobGas"], "0x0");
    assert_eq!(served.ask("eth_blobBaseFee", json!([])).await, "0x1");
    let raw = served
        .ask("eth_getRawTransactionByHash", json!([hash]))
        .await;
    assert!(raw.as_str().unwrap().len() < 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fee_history_has_one_entry_more_for_prices_than_for_blocks_with_blobs_too() {
    let served = Served::start().await;
    served.pass(3);
    let history = served
        .ask("eth_feeHistory", json!(["0x3", "latest", [50.0]]))
        .await;
    let count = |name: &str| history[name].as_array().unwrap().len();
    assert_eq!(count("baseFeePerGas"), 4);
    assert_eq!(count("gasUsedRatio"), 3);
    assert_eq!(count("baseFeePerBlobGas"), 4);
    assert_eq!(count("blobGasUsedRatio"), 3);
    let next = &history["baseFeePerGas"][3];
    served.pass(1);
    let block = served
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    assert_eq!(block["baseFeePerGas"], *next);
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_found_by_topic_and_those_of_an_abandoned_block_are_gone() {
    let served = Served::start().await;
    let sender = wallet(0);
    let at = sender.address().create(0);
    served
        .ask("eth_sendRawTransaction", json!([deploy_logger(&sender, 0)]))
        .await;
    served.pass(1);
    let topic = B256::repeat_byte(7);
    let raw = call(&sender, 1, at, topic.to_vec());
    let hash = served.ask("eth_sendRawTransaction", json!([raw])).await;
    served.pass(1);
    let filter = json!([{"fromBlock": "0x0", "address": at, "topics": [topic]}]);
    let logs = served.ask("eth_getLogs", filter.clone()).await;
    assert_eq!(logs[0]["transactionHash"], hash);
    assert_eq!(logs[0]["blockNumber"], "0x2");
    served.l1.control().reorg(1).unwrap();
    assert_eq!(served.ask("eth_getLogs", filter.clone()).await, json!([]));
    served.pass(1);
    let logs = served.ask("eth_getLogs", filter).await;
    assert_eq!(logs[0]["blockNumber"], "0x3", "included again");
}

#[tokio::test(flavor = "multi_thread")]
async fn gas_is_estimated_and_calls_see_overrides() {
    let served = Served::start().await;
    let sender = wallet(0).address();
    let plain = json!([{"from": sender, "to": wallet(1).address(), "value": "0x1"}]);
    assert_eq!(served.ask("eth_estimateGas", plain).await, "0x5208");
    // PUSH0 SLOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    let code = "0x5f545f5260205ff3";
    let to = "0x00000000000000000000000000000000000000ee";
    let word = B256::from(U256::from(42));
    let params = json!([
        {"to": to, "data": "0x"},
        "latest",
        {to: {"code": code, "stateDiff": {B256::ZERO.to_string(): word}}}
    ]);
    assert_eq!(served.ask("eth_call", params).await, json!(word));
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_verify_against_the_state_root_of_the_block_asked_for() {
    let served = Served::start().await;
    let sender = wallet(0);
    served.pass(1);
    served
        .ask("eth_sendRawTransaction", json!([transfer(&sender, 0)]))
        .await;
    served.pass(2);
    for (block, nonce) in [("0x1", "0x0"), ("0x3", "0x1"), ("0x2", "0x1")] {
        let proof = served
            .ask("eth_getProof", json!([sender.address(), [], block]))
            .await;
        assert_eq!(proof["nonce"], nonce, "block {block}");
        let root: alloy_primitives::Bytes =
            serde_json::from_value(proof["accountProof"][0].clone()).unwrap();
        let header = served
            .ask("eth_getBlockByNumber", json!([block, false]))
            .await;
        assert_eq!(header["stateRoot"], json!(keccak256(&root)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn safe_and_finalized_follow_the_beacon_chain() {
    let served = Served::start().await;
    for (tag, expected) in [("safe", 0), ("finalized", 0)] {
        let block = served
            .ask("eth_getBlockByNumber", json!([tag, false]))
            .await;
        assert_eq!(number(&block["number"]), expected);
    }
    served.pass(40);
    for (tag, expected) in [("safe", 32), ("finalized", 24), ("latest", 40)] {
        let block = served
            .ask("eth_getBlockByNumber", json!([tag, false]))
            .await;
        assert_eq!(number(&block["number"]), expected, "{tag}");
    }
    let block = served
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    // What validators have earned goes to their withdrawal address.
    let withdrawal = &block["withdrawals"][0];
    assert_eq!(withdrawal["address"], json!(wallet(0).address()));
    assert!(number(&withdrawal["amount"]) > 0, "{withdrawal}");
    assert!(block["parentBeaconBlockRoot"].is_string());
    assert!(block["requestsHash"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_can_be_waited_for_until_it_is_in_a_block() {
    let served = Served::start().await;
    let control = served.l1.control();
    let raw = transfer(&wallet(0), 0);
    let waiting = tokio::spawn(client::ask(
        served.addr,
        "eth_sendRawTransactionSync",
        json!([raw, 60_000]),
    ));
    while served.l1.ledger().pool_len() == 0 {
        tokio::task::yield_now().await;
    }
    control.advance_slots(1).unwrap();
    let receipt = waiting.await.unwrap();
    assert_eq!(receipt["result"]["blockNumber"], "0x1", "{receipt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_transaction_says_why() {
    let served = Served::start().await;
    let mut raw = transfer(&wallet(0), 0).to_vec();
    raw.truncate(40);
    let raw = alloy_primitives::Bytes::from(raw);
    let why = client::refusal(served.addr, "eth_sendRawTransaction", json!([raw])).await;
    assert!(why.contains("cannot decode"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_that_are_polled_report_the_blocks_that_took_the_place_of_reported_ones() {
    let served = Served::start().await;
    let filter = served.ask("eth_newBlockFilter", json!([])).await;
    let poll = || served.ask("eth_getFilterChanges", json!([filter]));
    served.pass(3);
    assert_eq!(poll().await.as_array().unwrap().len(), 3);
    served.l1.control().reorg(2).unwrap();
    let mut expected = Vec::new();
    for number in ["0x2", "0x3"] {
        let params = json!([number, false]);
        let block = served.ask("eth_getBlockByNumber", params).await;
        expected.push(block["hash"].clone());
    }
    assert_eq!(poll().await, json!(expected));
    assert_eq!(poll().await, json!([]));
    // Now the chain gets shorter, and later as long as it was.
    let params = json!([{"depth": 1, "missFirst": true}]);
    served.ask("l1_reorg", params).await;
    assert_eq!(poll().await, json!([]));
    served.pass(1);
    assert_eq!(poll().await.as_array().unwrap().len(), 1);
}
