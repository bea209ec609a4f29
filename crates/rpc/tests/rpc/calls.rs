//! `eth_call` and `eth_estimateGas`.

use serde_json::{Value, json};

use crate::{
    client::{ask, call, refused},
    world::{BALANCE_WEI, CONTRACT, CONTRACT_GAS, RECIPIENT, SENDER, config, revert_no, start},
};

fn quantity(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

#[tokio::test]
async fn a_call_returns_reverts_or_halts() {
    let (_chain, server) = start(config()).await;
    let addr = server.local_addr();
    let to = |input: &str| json!([{ "from": SENDER, "to": CONTRACT, "input": input }, "latest"]);
    assert_eq!(ask(addr, "eth_call", to("0x0099")).await, "0x0099");
    assert_eq!(
        ask(
            addr,
            "eth_call",
            json!([{ "to": CONTRACT, "data": "0x07" }])
        )
        .await,
        "0x07"
    );
    let overrides = json!([{ "to": CONTRACT, "data": "0x07" }, "pending", { (SENDER.to_string()): { "balance": "0x1" } }, {}]);
    assert_eq!(ask(addr, "eth_call", overrides).await, "0x07");

    let reverted = call(addr, "eth_call", to("0x01")).await;
    let error = &reverted["error"];
    assert_eq!(
        (&error["code"], &error["message"], &error["data"]),
        (
            &json!(3),
            &json!("execution reverted: no"),
            &json!(revert_no())
        )
    );
    let (code, message) = refused(addr, "eth_call", to("0x02")).await;
    assert_eq!(code, -32000);
    assert!(message.contains("InvalidFEOpcode"), "{message}");
    let rich = format!("{:#x}", u128::from(BALANCE_WEI) + 1);
    let (_, message) = refused(
        addr,
        "eth_call",
        json!([{ "from": SENDER, "to": RECIPIENT, "value": rich }]),
    )
    .await;
    assert!(
        message.starts_with("insufficient funds for gas * price + value"),
        "{message}"
    );
    let both = json!([{ "to": CONTRACT, "data": "0x07", "input": "0x08" }]);
    assert_eq!(refused(addr, "eth_call", both).await.0, -32602);
}

#[tokio::test]
async fn a_plain_transfer_is_estimated_at_21000() {
    let (_chain, server) = start(config()).await;
    let estimate = ask(
        server.local_addr(),
        "eth_estimateGas",
        json!([{ "from": SENDER, "to": RECIPIENT, "value": "0x1" }]),
    )
    .await;
    assert_eq!(quantity(&estimate), 21_000);
}

#[tokio::test]
async fn an_estimate_covers_what_the_run_needs_and_not_much_more() {
    let (_chain, server) = start(config()).await;
    let estimate = ask(
        server.local_addr(),
        "eth_estimateGas",
        json!([{ "from": SENDER, "to": CONTRACT, "data": "0x00" }]),
    )
    .await;
    let (estimate, needed) = (quantity(&estimate), CONTRACT_GAS);
    assert!(
        (needed..needed * 106 / 100).contains(&estimate),
        "{estimate}"
    );
}

#[tokio::test]
async fn a_transfer_to_an_account_with_code_is_not_taken_for_a_plain_one() {
    let (_chain, server) = start(config()).await;
    let estimate = ask(
        server.local_addr(),
        "eth_estimateGas",
        json!([{ "from": SENDER, "to": CONTRACT, "value": "0x1" }]),
    )
    .await;
    assert!(quantity(&estimate) >= CONTRACT_GAS);
}

#[tokio::test]
async fn an_estimate_that_no_limit_satisfies_says_why() {
    let (_chain, server) = start(config()).await;
    let addr = server.local_addr();
    let reverted = call(
        addr,
        "eth_estimateGas",
        json!([{ "from": SENDER, "to": CONTRACT, "data": "0x01" }]),
    )
    .await;
    assert_eq!(
        (&reverted["error"]["code"], &reverted["error"]["data"]),
        (&json!(3), &json!(revert_no()))
    );
    let capped = json!([{ "from": SENDER, "to": CONTRACT, "data": "0x00", "gas": "0xc350" }]);
    let (code, message) = refused(addr, "eth_estimateGas", capped).await;
    assert_eq!(code, -32000);
    assert!(
        message.starts_with("gas required exceeds allowance (50000)"),
        "{message}"
    );
    // The balance pays for 90,000 gas at this price; the call needs more.
    let price = format!("{:#x}", BALANCE_WEI / 90_000);
    let dear = json!([{ "from": SENDER, "to": CONTRACT, "data": "0x00", "maxFeePerGas": price }]);
    let (_, message) = refused(addr, "eth_estimateGas", dear).await;
    assert!(
        message.starts_with("gas required exceeds allowance (90000)"),
        "{message}"
    );
}
