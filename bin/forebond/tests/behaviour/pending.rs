//! What is promised is visible at once.

use crate::{
    artifact::{deploy_token, selector},
    request,
    support::{Home, Wallet},
    transfer,
};
use alloy_primitives::{Address, U256, keccak256};
use serde_json::{Value, json};

#[test]
fn pending_shows_a_promise_the_moment_it_is_given_and_latest_waits_for_the_seal() {
    let home = Home::new();
    let gateway = home.start(&["--block-time", "3s"]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let to = Address::repeat_byte(0x77);
    for nonce in 0..20u64 {
        let object = request(&mut client, &wallet.transfer(nonce, to, 1));
        let seen = client.call("eth_getBalance", json!([to, "pending"]));
        assert_eq!(seen, format!("{:#x}", nonce + 1));
        assert_eq!(client.nonce(wallet.address, "pending"), nonce + 1);
        let block = client.call("eth_getBlockByNumber", json!(["pending", false]));
        // A seal may come in between; in the same block the transaction is in its list.
        if block["number"] == object["frag"]["blockNumber"] {
            let listed = block["transactions"].as_array().unwrap();
            assert!(listed.contains(&object["leaf"]["txHash"]), "{block}");
            assert_eq!(block["hash"], Value::Null);
        }
    }
    gateway.stop();
}

#[test]
fn a_contract_answers_calls_and_shows_its_logs_right_after_the_promise_of_its_creation() {
    let home = Home::new();
    let gateway = home.start(&["--block-time", "3s"]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let object = request(&mut client, &deploy_token(&wallet, 0, 1_000));
    let token = wallet.address.create(0);
    let code = client.call("eth_getCode", json!([token, "pending"]));
    assert!(code.as_str().unwrap().len() > 100, "{code}");
    let call = json!([{ "to": token, "input": selector("totalSupply()") }, "pending"]);
    let supply: U256 = serde_json::from_value(client.call("eth_call", call)).unwrap();
    assert_eq!(supply, U256::from(1_000));

    let filter = json!([{ "fromBlock": "pending", "toBlock": "pending", "address": token }]);
    let logs = client.call("eth_getLogs", filter);
    let still_open = client.call("eth_getBlockByNumber", json!(["pending", false]))["number"]
        == object["frag"]["blockNumber"];
    if still_open {
        assert_eq!(
            logs[0]["transactionHash"], object["leaf"]["txHash"],
            "{logs}"
        );
        let event = keccak256("Transfer(address,address,uint256)");
        assert_eq!(logs[0]["topics"][0], json!(event));
        assert_eq!(logs[0]["blockHash"], Value::Null);
    }
    gateway.stop();
}

#[test]
fn beyond_the_reserve_a_promise_covers_nothing_and_says_so() {
    let home = Home::new();
    // One transfer with the test's tip costs about 2.1e13 wei, is covered ten times, and counts twice.
    let gateway = home.start_with("[coverage]\nreserve_wei = \"1000000000000000\"\n", &[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let objects: Vec<_> = (0..6)
        .map(|nonce| transfer(&mut client, &wallet, nonce))
        .collect();
    let wei = |value: &Value| serde_json::from_value::<U256>(value.clone()).unwrap();
    let coverage: Vec<U256> = objects
        .iter()
        .map(|o| wei(&o["leaf"]["coverage"]))
        .collect();
    assert!(
        coverage[0] > U256::ZERO && coverage[1] > U256::ZERO,
        "{coverage:?}"
    );
    assert!(coverage[2..].iter().all(U256::is_zero), "{coverage:?}");

    let last = objects.last().unwrap();
    let running = wei(&last["frag"]["windowCoverage"]);
    assert_eq!(running, coverage.iter().sum::<U256>());
    assert!(running * U256::from(2) <= U256::from(1_000_000_000_000_000u64));
    let status = client.call("eth_getGatewayStatus", json!([]));
    assert_eq!(wei(&status["coverage"]["windowCoverageWei"]), running);
    assert_eq!(
        wei(&status["coverage"]["reserveWei"]),
        U256::from(1_000_000_000_000_000u64)
    );

    // Without coverage it is a valid promise all the same, and the words say what it lacks.
    let committer = status["committer"].as_str().unwrap();
    let path = home.path().join("promise.json");
    std::fs::write(&path, last.to_string()).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_forebond"))
        .args(["verify", path.to_str().unwrap(), "--gateway", committer])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && words.starts_with("VALID"),
        "{words}"
    );
    let line = words.lines().find(|line| line.contains("overage")).unwrap();
    assert!(line.contains("none") || line.contains(" 0 "), "{words}");
    gateway.stop();
}
