//! Prices and their history.

use serde_json::{Value, json};

use crate::{
    client::{ask, refused},
    world::{BASE_FEE_WEI, TIP_WEI, config, raw_transaction, start},
};

#[tokio::test]
async fn the_price_is_the_base_fee_plus_the_quoted_tip() {
    let (_chain, server) = start(config()).await;
    let addr = server.local_addr();
    assert_eq!(
        ask(addr, "eth_gasPrice", json!([])).await,
        format!("{:#x}", u128::from(BASE_FEE_WEI) + TIP_WEI)
    );
    assert_eq!(
        ask(addr, "eth_maxPriorityFeePerGas", json!([])).await,
        format!("{TIP_WEI:#x}")
    );
    assert_eq!(ask(addr, "eth_blobBaseFee", json!([])).await, "0x1");
}

#[tokio::test]
async fn the_history_has_one_base_fee_more_than_blocks_and_a_row_of_rewards_for_each() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    // A deposit pays no tip and counts for none.
    chain.deposit();
    for (nonce, tip_wei) in [(0, 30), (1, 10), (2, 20)] {
        let raw = raw_transaction(nonce, tip_wei, &[]);
        ask(addr, "eth_sendRawTransaction", json!([raw])).await;
    }
    chain.seal();
    chain.seal();
    let history = ask(
        addr,
        "eth_feeHistory",
        json!(["0x3", "latest", [0, 50, 100]]),
    )
    .await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(
        history["baseFeePerGas"],
        json!(["0x3e8", "0x3e8", "0x3e8", "0x3e8"])
    );
    assert_eq!(
        history["gasUsedRatio"],
        json!([0.0, 135_000.0 / 30_000_000.0, 0.0])
    );
    // Where nobody paid, the tip asked for at present: less would be refused.
    let quoted = format!("{TIP_WEI:#x}");
    let nobody = json!([quoted, quoted, quoted]);
    assert_eq!(
        history["reward"],
        json!([nobody, ["0xa", "0x14", "0x1e"], nobody])
    );
}

#[tokio::test]
async fn the_history_is_clipped_to_the_chain_and_takes_numbers_as_well_as_hex() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.seal();
    let history = ask(addr, "eth_feeHistory", json!([2_000, "pending"])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(
        (
            history["baseFeePerGas"].as_array().unwrap().len(),
            history["gasUsedRatio"].as_array().unwrap().len()
        ),
        (3, 2)
    );
    assert_eq!(history.get("reward"), None);
    let one = ask(addr, "eth_feeHistory", json!(["0x1", "0x0"])).await;
    assert_eq!(
        (
            one["oldestBlock"].as_str(),
            one["gasUsedRatio"].as_array().unwrap().len()
        ),
        (Some("0x0"), 1)
    );
    let none = ask(addr, "eth_feeHistory", json!([0, "latest"])).await;
    assert_eq!(
        (&none["oldestBlock"], &none["gasUsedRatio"]),
        (&json!("0x0"), &Value::Array(Vec::new()))
    );
}

#[tokio::test]
async fn bad_percentiles_and_future_blocks_are_refused() {
    let (_chain, server) = start(config()).await;
    let addr = server.local_addr();
    for bad in [
        json!([50, 10]),
        json!([101]),
        json!([-1]),
        json!(vec![1; 101]),
    ] {
        assert_eq!(
            refused(addr, "eth_feeHistory", json!(["0x1", "latest", bad]))
                .await
                .0,
            -32602
        );
    }
    let (_, message) = refused(addr, "eth_feeHistory", json!(["0x1", "0x7"])).await;
    assert!(message.contains("requested 7, head 0"), "{message}");
}
