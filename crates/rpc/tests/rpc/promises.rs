//! What is promised but not sealed: where it shows, and what the sender holds.

use forebond_rpc::{RpcConfig, SubmitError};
use serde_json::{Value, json};

use crate::{
    client::{ask, call, refused},
    world::{SENDER, TIP_WEI, config, raw_transaction, start},
};

#[tokio::test]
async fn a_promised_transaction_shows_in_pending_at_once_and_in_latest_when_sealed() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    let hash = ask(
        addr,
        "eth_sendRawTransaction",
        json!([raw_transaction(0, TIP_WEI, &[])]),
    )
    .await;

    let pending = ask(addr, "eth_getBlockByNumber", json!(["pending", true])).await;
    assert_eq!(
        (&pending["number"], &pending["hash"]),
        (&json!("0x1"), &Value::Null)
    );
    assert_eq!(
        (
            &pending["transactions"][0]["hash"],
            &pending["transactions"][0]["blockHash"]
        ),
        (&hash, &Value::Null)
    );
    assert_eq!(
        ask(addr, "eth_getBlockReceipts", json!(["pending"])).await[0]["blockHash"],
        Value::Null
    );
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER, "pending"])).await,
        "0x1"
    );
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER, "latest"])).await,
        "0x0"
    );
    assert_eq!(
        ask(addr, "eth_getBlockByNumber", json!(["latest", false])).await["number"],
        "0x0"
    );
    assert_eq!(
        ask(addr, "eth_getBlockByNumber", json!(["0x1", false])).await,
        Value::Null,
        "a numbered block has a hash"
    );
    // Shaped like a pooled transaction: libraries take a block number without a hash for a contradiction.
    let transaction = ask(addr, "eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(
        (
            &transaction["hash"],
            &transaction["blockNumber"],
            &transaction["blockHash"]
        ),
        (&hash, &Value::Null, &Value::Null)
    );
    assert_eq!(
        ask(addr, "eth_getTransactionReceipt", json!([hash])).await,
        Value::Null
    );

    let sealed = chain.seal();
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER, "latest"])).await,
        "0x1"
    );
    let receipt = ask(addr, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(
        (&receipt["blockHash"], &receipt["blockNumber"]),
        (&json!(sealed.hash), &json!("0x1"))
    );
}

#[tokio::test]
async fn with_its_flag_latest_state_includes_promises_while_latest_blocks_stay_sealed() {
    let (chain, server) = start(RpcConfig {
        latest_shows_preconfirmed: true,
        ..config()
    })
    .await;
    let addr = server.local_addr();
    chain.promise_many(1);
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER, "latest"])).await,
        "0x1"
    );
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER])).await,
        "0x1"
    );
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER, "0x0"])).await,
        "0x0"
    );
    assert_eq!(
        ask(addr, "eth_getBlockByNumber", json!(["latest", false])).await["number"],
        "0x0"
    );
    assert_eq!(ask(addr, "eth_blockNumber", json!([])).await, "0x0");
    assert_eq!(
        ask(addr, "eth_getLogs", json!([{ "fromBlock": "0x0" }])).await[0]["blockHash"],
        Value::Null
    );
}

#[tokio::test]
async fn with_its_flag_receipts_show_before_the_block_is_sealed_without_a_made_up_hash() {
    let (chain, server) = start(RpcConfig {
        receipts_before_seal: true,
        ..config()
    })
    .await;
    let addr = server.local_addr();
    let hash = chain.promise_many(1)[0].hash;
    for method in ["eth_getTransactionReceipt", "eth_getTransactionByHash"] {
        let answer = ask(addr, method, json!([hash])).await;
        assert_eq!(
            (&answer["blockNumber"], &answer["blockHash"]),
            (&json!("0x1"), &Value::Null),
            "{method}"
        );
    }
}

#[tokio::test]
async fn the_waiting_call_answers_with_the_promised_receipt() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    let raw = raw_transaction(0, TIP_WEI, &[]);
    let receipt = ask(addr, "eth_sendRawTransactionSync", json!([raw])).await;
    for (key, value) in [
        ("status", json!("0x1")),
        ("blockHash", Value::Null),
        ("blockNumber", json!("0x1")),
        ("transactionIndex", json!("0x0")),
    ] {
        assert_eq!(receipt[key], value, "{key}");
    }
    assert_eq!(receipt["logs"][0]["blockHash"], Value::Null);
    // A transaction sent twice is answered with the same promise, also after its block was sealed.
    assert_eq!(
        ask(addr, "eth_sendRawTransactionSync", json!([raw, 5_000])).await,
        receipt
    );
    assert_eq!(
        ask(addr, "eth_sendRawTransaction", json!([raw])).await,
        receipt["transactionHash"]
    );
    let sealed = chain.seal();
    let again = ask(addr, "eth_sendRawTransactionSync", json!([raw, "0x1388"])).await;
    assert_eq!(
        (&again["transactionHash"], &again["blockHash"]),
        (&receipt["transactionHash"], &json!(sealed.hash))
    );
}

#[tokio::test]
async fn a_wait_that_ends_names_the_hash_and_the_transaction_stays_in_the_pool() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.hold();
    let answer = call(
        addr,
        "eth_sendRawTransactionSync",
        json!([raw_transaction(0, TIP_WEI, &[]), 1]),
    )
    .await;
    assert_eq!(answer["error"]["code"], 4, "{answer}");
    let hash = &answer["error"]["data"];
    let pooled = ask(addr, "eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(
        (&pooled["hash"], &pooled["blockNumber"]),
        (hash, &Value::Null)
    );
    // The pending nonce counts what is contiguous in the pool.
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER, "pending"])).await,
        "0x1"
    );
    assert_eq!(
        ask(addr, "eth_getTransactionCount", json!([SENDER, "latest"])).await,
        "0x0"
    );
}

#[tokio::test]
async fn refused_transactions_come_back_with_code_text_and_data() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    ask(
        addr,
        "eth_sendRawTransaction",
        json!([raw_transaction(0, TIP_WEI, &[])]),
    )
    .await;
    let (code, message) = refused(
        addr,
        "eth_sendRawTransaction",
        json!([raw_transaction(0, TIP_WEI + 1, &[])]),
    )
    .await;
    assert_eq!(code, -32000);
    assert!(
        message.starts_with("nonce too low: next nonce 1, tx nonce 0"),
        "{message}"
    );
    for garbage in ["0x", "0x00", "0x02c0", "0xffffffff"] {
        assert_eq!(
            refused(addr, "eth_sendRawTransaction", json!([garbage]))
                .await
                .0,
            -32602,
            "{garbage}"
        );
    }
    let mut surplus = raw_transaction(1, TIP_WEI, &[]).to_vec();
    surplus.push(0);
    assert_eq!(
        refused(
            addr,
            "eth_sendRawTransaction",
            json!([alloy_primitives::Bytes::from(surplus)])
        )
        .await
        .0,
        -32602
    );
    let (code, message) = refused(addr, "eth_sendRawTransaction", json!(["0x03c0"])).await;
    assert_eq!(code, -32000);
    assert!(
        message.starts_with("transaction type not supported"),
        "{message}"
    );
    chain.refuse(SubmitError::NonceTooHigh {
        expected: 1,
        highest: 65,
        got: 99,
    });
    let answer = call(
        addr,
        "eth_sendRawTransactionSync",
        json!([raw_transaction(99, TIP_WEI, &[])]),
    )
    .await;
    assert_eq!(
        (&answer["error"]["code"], &answer["error"]["data"]),
        (&json!(6), &json!("0x1"))
    );
}
