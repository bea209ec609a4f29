//! Every method once: the shape of its answer, and how it refuses.

use alloy_primitives::{B256, keccak256};
use serde_json::{Value, json};

use crate::{
    client::{Http, ask, call, refused},
    world::{
        BALANCE_WEI, CHAIN_ID, CONTRACT, KEPT_STATES, SENDER, TIP_WEI, config, raw_transaction,
        start,
    },
};

#[tokio::test]
async fn the_node_says_who_it_is() {
    let (_chain, server) = start(config()).await;
    let addr = server.local_addr();
    assert_eq!(
        ask(addr, "eth_chainId", json!([])).await,
        format!("{CHAIN_ID:#x}")
    );
    assert_eq!(
        ask(addr, "net_version", json!([])).await,
        CHAIN_ID.to_string()
    );
    assert_eq!(
        ask(addr, "web3_clientVersion", json!([])).await,
        "forebond/test"
    );
    assert_eq!(
        ask(addr, "web3_sha3", json!(["0x68656c6c6f"])).await,
        json!(keccak256("hello"))
    );
    assert_eq!(ask(addr, "eth_syncing", json!([])).await, false);
    assert_eq!(ask(addr, "eth_accounts", json!([])).await, json!([]));
    assert_eq!(ask(addr, "net_listening", json!([])).await, true);
    assert_eq!(ask(addr, "net_peerCount", json!([])).await, "0x0");
}

#[tokio::test]
async fn accounts_are_read_at_every_kind_of_block() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.promise_many(2);
    let sealed = chain.seal();
    chain.promise_many(1);
    assert_eq!(
        ask(addr, "eth_getBalance", json!([SENDER, "latest"])).await,
        format!("{BALANCE_WEI:#x}")
    );
    assert_eq!(
        ask(addr, "eth_getBalance", json!([SENDER])).await,
        format!("{BALANCE_WEI:#x}")
    );
    assert_eq!(
        ask(addr, "eth_getCode", json!([CONTRACT, "latest"])).await,
        "0x6001"
    );
    assert_eq!(
        ask(addr, "eth_getCode", json!([SENDER, "pending"])).await,
        "0x"
    );
    let word = json!(B256::with_last_byte(42));
    assert_eq!(
        ask(addr, "eth_getStorageAt", json!([CONTRACT, "0x1", "latest"])).await,
        word
    );
    assert_eq!(
        ask(
            addr,
            "eth_getStorageAt",
            json!([CONTRACT, B256::with_last_byte(1), "latest"])
        )
        .await,
        word
    );
    for (block, nonce) in [
        (json!("latest"), "0x2"),
        (json!("earliest"), "0x0"),
        (json!("safe"), "0x0"),
        (json!("finalized"), "0x0"),
        (json!("0x1"), "0x2"),
        (json!("pending"), "0x3"),
        (json!({ "blockNumber": "0x1" }), "0x2"),
        (json!({ "blockHash": sealed.hash }), "0x2"),
    ] {
        assert_eq!(
            ask(addr, "eth_getTransactionCount", json!([SENDER, block])).await,
            nonce,
            "{block}"
        );
    }
}

#[tokio::test]
async fn state_that_is_not_there_is_a_clear_error_and_never_a_zero() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    for _ in 0..KEPT_STATES + 2 {
        chain.seal();
    }
    let (code, message) = refused(addr, "eth_getBalance", json!([SENDER, "0x0"])).await;
    assert_eq!(code, -32000);
    assert!(
        message.contains("state of block 0 is not kept: the oldest kept is 3"),
        "{message}"
    );
    let (code, message) = refused(addr, "eth_getBalance", json!([SENDER, "0x99"])).await;
    assert_eq!(code, -32000);
    assert!(message.contains("block not found"), "{message}");
    let (_, message) = refused(
        addr,
        "eth_getCode",
        json!([SENDER, { "blockHash": B256::repeat_byte(1) }]),
    )
    .await;
    assert!(message.contains("block not found"), "{message}");
    let (code, message) = refused(addr, "eth_getProof", json!([SENDER, ["0x1"], "latest"])).await;
    assert_eq!(code, -32000);
    assert!(
        message.contains("proofs of this state are not available"),
        "{message}"
    );
    let slots: Vec<_> = (0..1_025).map(|slot| format!("{slot:#x}")).collect();
    assert_eq!(
        refused(addr, "eth_getProof", json!([SENDER, slots, "latest"]))
            .await
            .0,
        -32602
    );
}

#[tokio::test]
async fn a_sealed_block_has_the_shape_wallets_expect() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.deposit();
    let transfer = chain.promise_many(1)[0].clone();
    let sealed = chain.seal();

    let block = ask(addr, "eth_getBlockByNumber", json!(["latest", false])).await;
    for (key, value) in [
        ("hash", json!(sealed.hash)),
        ("parentHash", json!(sealed.header.parent_hash)),
        ("number", json!("0x1")),
        ("gasUsed", json!(format!("{:#x}", 75_000))),
        ("size", json!("0x258")),
        ("baseFeePerGas", json!("0x3e8")),
        ("uncles", json!([])),
        ("withdrawals", json!([])),
        (
            "transactions",
            json!([sealed.transactions[0].hash, transfer.hash]),
        ),
    ] {
        assert_eq!(block[key], value, "{key}");
    }
    for key in [
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "difficulty",
        "gasLimit",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
    ] {
        assert!(block[key].is_string(), "{key}: {block}");
    }
    assert_eq!(
        ask(addr, "eth_getBlockByHash", json!([sealed.hash, false])).await,
        block
    );
    assert_eq!(ask(addr, "eth_blockNumber", json!([])).await, "0x1");

    let full = ask(addr, "eth_getBlockByNumber", json!(["0x1", true])).await;
    let (deposit, second) = (&full["transactions"][0], &full["transactions"][1]);
    assert_eq!(
        (&deposit["type"], &deposit["from"], &deposit["nonce"]),
        (&json!("0x7e"), &json!(SENDER), &json!("0x3"))
    );
    assert!(deposit["sourceHash"].is_string(), "{deposit}");
    assert_eq!(second["hash"], json!(transfer.hash));
    assert_eq!(
        *second,
        ask(addr, "eth_getTransactionByHash", json!([transfer.hash])).await
    );
    assert_eq!(
        *second,
        ask(
            addr,
            "eth_getTransactionByBlockNumberAndIndex",
            json!(["latest", "0x1"])
        )
        .await
    );
    assert_eq!(
        *second,
        ask(
            addr,
            "eth_getTransactionByBlockHashAndIndex",
            json!([sealed.hash, "0x1"])
        )
        .await
    );

    assert_eq!(
        ask(addr, "eth_getBlockTransactionCountByNumber", json!(["0x1"])).await,
        "0x2"
    );
    assert_eq!(
        ask(
            addr,
            "eth_getBlockTransactionCountByHash",
            json!([sealed.hash])
        )
        .await,
        "0x2"
    );
    assert_eq!(
        ask(addr, "eth_getUncleCountByBlockNumber", json!(["0x1"])).await,
        "0x0"
    );
    assert_eq!(
        ask(addr, "eth_getUncleCountByBlockHash", json!([sealed.hash])).await,
        "0x0"
    );
    assert_eq!(
        ask(
            addr,
            "eth_getUncleByBlockNumberAndIndex",
            json!(["0x1", "0x0"])
        )
        .await,
        Value::Null
    );
    assert_eq!(
        ask(
            addr,
            "eth_getUncleByBlockHashAndIndex",
            json!([sealed.hash, "0x0"])
        )
        .await,
        Value::Null
    );
}

#[tokio::test]
async fn a_transaction_and_its_receipt_have_the_shape_wallets_expect() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    let deposit = chain.deposit();
    let transfer = chain.promise_many(1)[0].clone();
    let sealed = chain.seal();

    let transaction = ask(addr, "eth_getTransactionByHash", json!([transfer.hash])).await;
    for (key, value) in [
        ("hash", json!(transfer.hash)),
        ("type", json!("0x2")),
        ("from", json!(SENDER)),
        ("nonce", json!("0x0")),
        ("chainId", json!(format!("{CHAIN_ID:#x}"))),
        ("blockHash", json!(sealed.hash)),
        ("blockNumber", json!("0x1")),
        ("transactionIndex", json!("0x1")),
        ("gasPrice", json!(format!("{:#x}", 1_000 + TIP_WEI))),
        ("maxPriorityFeePerGas", json!(format!("{TIP_WEI:#x}"))),
    ] {
        assert_eq!(transaction[key], value, "{key}: {transaction}");
    }
    assert_eq!(
        ask(addr, "eth_getRawTransactionByHash", json!([transfer.hash])).await,
        json!(transfer.raw)
    );

    let receipt = ask(addr, "eth_getTransactionReceipt", json!([transfer.hash])).await;
    for (key, value) in [
        ("transactionHash", json!(transfer.hash)),
        ("transactionIndex", json!("0x1")),
        ("blockHash", json!(sealed.hash)),
        ("blockNumber", json!("0x1")),
        ("from", json!(SENDER)),
        ("to", transaction["to"].clone()),
        ("contractAddress", Value::Null),
        ("status", json!("0x1")),
        ("type", json!("0x2")),
        ("gasUsed", json!(format!("{:#x}", 30_000))),
        ("cumulativeGasUsed", json!(format!("{:#x}", 75_000))),
        (
            "effectiveGasPrice",
            json!(format!("{:#x}", 1_000 + TIP_WEI)),
        ),
        ("l1Fee", json!("0x4d")),
        ("l1GasPrice", json!("0x5")),
    ] {
        assert_eq!(receipt[key], value, "{key}: {receipt}");
    }
    let log = &receipt["logs"][0];
    for (key, value) in [
        ("address", json!(CONTRACT)),
        ("logIndex", json!("0x1")),
        ("transactionIndex", json!("0x1")),
        ("transactionHash", json!(transfer.hash)),
        ("blockHash", json!(sealed.hash)),
        ("blockNumber", json!("0x1")),
        ("removed", json!(false)),
    ] {
        assert_eq!(log[key], value, "{key}: {log}");
    }
    let deposited = ask(addr, "eth_getTransactionReceipt", json!([deposit.hash])).await;
    assert_eq!(
        (
            &deposited["type"],
            &deposited["depositNonce"],
            &deposited["depositReceiptVersion"]
        ),
        (&json!("0x7e"), &json!("0x3"), &json!("0x1"))
    );
    assert_eq!(
        ask(addr, "eth_getBlockReceipts", json!(["0x1"])).await,
        json!([deposited, receipt])
    );
}

#[tokio::test]
async fn what_does_not_exist_is_null() {
    let (_chain, server) = start(config()).await;
    let addr = server.local_addr();
    let hash = B256::repeat_byte(7);
    for (method, params) in [
        ("eth_getTransactionByHash", json!([hash])),
        ("eth_getTransactionReceipt", json!([hash])),
        ("eth_getRawTransactionByHash", json!([hash])),
        ("eth_getBlockByHash", json!([hash, true])),
        ("eth_getBlockByNumber", json!(["0x5", true])),
        ("eth_getBlockReceipts", json!(["0x5"])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x5"])),
        ("eth_getUncleCountByBlockHash", json!([hash])),
        (
            "eth_getTransactionByBlockNumberAndIndex",
            json!(["latest", "0x9"]),
        ),
        (
            "eth_getTransactionByBlockHashAndIndex",
            json!([hash, "0x0"]),
        ),
    ] {
        assert_eq!(ask(addr, method, params).await, Value::Null, "{method}");
    }
}

#[tokio::test]
async fn wrong_parameters_are_refused_by_every_method() {
    let (_chain, server) = start(config()).await;
    let mut http = Http::connect(server.local_addr()).await;
    for (method, params) in [
        ("eth_chainId", json!([1])),
        ("eth_getBalance", json!([])),
        ("eth_getBalance", json!(["0x12", "latest"])),
        ("eth_getBalance", json!([SENDER, "newest"])),
        ("eth_getBalance", json!([SENDER, "latest", 1])),
        ("eth_getBalance", json!({ "address": SENDER })),
        ("eth_getStorageAt", json!([SENDER])),
        ("eth_getBlockByNumber", json!([])),
        ("eth_getBlockByNumber", json!(["latest", "yes"])),
        ("eth_getTransactionByHash", json!(["0x12"])),
        ("eth_call", json!([])),
        ("eth_call", json!([{ "to": "0x12" }, "latest"])),
        (
            "eth_getLogs",
            json!([{ "fromBlock": "0x5", "toBlock": "0x1" }]),
        ),
        ("eth_sendRawTransaction", json!([])),
        ("eth_sendRawTransaction", json!(["0x0"])),
        ("eth_sendRawTransaction", json!(["hello"])),
        (
            "eth_sendRawTransactionSync",
            json!([raw_transaction(0, 50, &[]), -5]),
        ),
        ("web3_sha3", json!([])),
    ] {
        let answer = http.call(method, params.clone()).await;
        assert_eq!(
            answer["error"]["code"], -32602,
            "{method} {params}: {answer}"
        );
        assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_unknown_method_is_not_found() {
    let (_chain, server) = start(config()).await;
    let answer = call(server.local_addr(), "eth_mine", json!([])).await;
    assert_eq!(
        (&answer["error"]["code"], &answer["id"]),
        (&json!(-32601), &json!(1))
    );
}
