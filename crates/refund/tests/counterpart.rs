//! Nodes and watchers as `forebond claim` asks them: what they say, what they refuse, and that a silent or lying one is told in words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test"
)]

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, keccak256};
use forebond_refund::{Counterpart, Finding, Held};
use forebond_types::Domain;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const BLOCK: B256 = B256::repeat_byte(9);
const TX: B256 = B256::repeat_byte(1);

fn receipt() -> Value {
    json!({
        "type": "0x2", "status": "0x1", "cumulativeGasUsed": "0x5208", "gasUsed": "0x5208", "effectiveGasPrice": "0x1",
        "logsBloom": format!("0x{}", "00".repeat(256)), "logs": [], "transactionHash": TX, "transactionIndex": "0x1",
        "blockHash": BLOCK, "blockNumber": "0x7", "from": Address::ZERO, "to": Address::ZERO, "contractAddress": null,
    })
}

fn held() -> Held {
    let receipt: alloy_rpc_types_eth::TransactionReceipt =
        serde_json::from_value(receipt()).unwrap();
    let encoded = receipt.into_primitives_receipt().inner.encoded_2718();
    Held {
        domain: Domain {
            l1_chain_id: 1,
            inbox: Address::ZERO,
        },
        base: B256::ZERO,
        window: 40,
        frag: B256::ZERO,
        signer: Address::ZERO,
        block: 7,
        index: 1,
        tx_hash: TX,
        receipt_hash: keccak256(encoded),
        sender: Address::ZERO,
        coverage_wei: 1,
    }
}

/// Answers each request by its method, one connection at a time, until the test ends.
async fn serve(answer: impl Fn(&str) -> Value + Send + 'static) -> Counterpart {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut text = Vec::new();
            let mut part = [0; 4_096];
            // A request ends with its JSON.
            let body = loop {
                let read = stream.read(&mut part).await.unwrap();
                text.extend_from_slice(part.get(..read).unwrap());
                let end = text.windows(4).position(|four| four == b"\r\n\r\n");
                let body = end.and_then(|end| text.get(end + 4..));
                if let Some(Ok(body)) = body.map(serde_json::from_slice::<Value>) {
                    break body;
                }
            };
            let mut said = answer(body["method"].as_str().unwrap());
            said["jsonrpc"] = json!("2.0");
            said["id"] = body["id"].clone();
            let said = said.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                said.len()
            );
            stream
                .write_all([head.as_bytes(), said.as_bytes()].concat().as_slice())
                .await
                .unwrap();
        }
    });
    Counterpart::new(&url).unwrap()
}

async fn finding(transactions: Value, receipt: Value) -> Finding {
    let node = serve(move |method| match method {
        "eth_getBlockByNumber" => {
            json!({ "result": { "hash": BLOCK, "transactions": transactions } })
        }
        _ => json!({ "result": receipt }),
    })
    .await;
    node.compare(&held()).await.unwrap()
}

#[tokio::test]
async fn a_promise_is_kept_only_by_its_transaction_at_its_place_with_its_receipt() {
    let other = B256::repeat_byte(2);
    assert_eq!(finding(json!([other, TX]), receipt()).await, Finding::Kept);
    for transactions in [json!([TX, other]), json!([other, other]), json!([other])] {
        assert_eq!(finding(transactions, receipt()).await, Finding::Different);
    }
    let mut failed = receipt();
    failed["status"] = json!("0x0");
    assert_eq!(
        finding(json!([other, TX]), failed).await,
        Finding::Different
    );
    let mut deposit = receipt();
    deposit["type"] = json!("0x7e");
    assert_eq!(
        finding(json!([other, TX]), deposit).await,
        Finding::Different
    );
}

#[tokio::test]
async fn a_node_that_is_not_so_far_says_nothing_about_the_promise() {
    let node = serve(|_| json!({ "result": null })).await;
    assert_eq!(node.compare(&held()).await.unwrap(), Finding::NotThere);
}

#[tokio::test]
async fn a_block_that_is_replaced_between_two_questions_is_no_finding() {
    let mut moved = receipt();
    moved["blockHash"] = json!(B256::repeat_byte(8));
    let node = serve(move |method| match method {
        "eth_getBlockByNumber" => {
            json!({ "result": { "hash": BLOCK, "transactions": [B256::ZERO, TX] } })
        }
        _ => json!({ "result": moved }),
    })
    .await;
    let error = node.compare(&held()).await.unwrap_err().to_string();
    assert!(error.contains("replaced"), "{error}");
}

#[tokio::test]
async fn a_refusal_names_the_one_asked_the_method_and_the_reason() {
    let node = serve(|_| json!({ "error": { "code": -32601, "message": "no such method" } })).await;
    let error = node.compare(&held()).await.unwrap_err().to_string();
    for part in [
        "http://127.0.0.1:",
        "eth_getBlockByNumber",
        "no such method",
        "-32601",
    ] {
        assert!(error.contains(part), "{part} not in {error}");
    }
    let liar = serve(|_| json!({ "result": { "hash": 5 } })).await;
    let error = liar.compare(&held()).await.unwrap_err().to_string();
    assert!(error.contains("not an answer to it"), "{error}");
}
