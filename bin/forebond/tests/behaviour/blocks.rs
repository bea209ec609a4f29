//! What blocks hold: nothing, deposits first, and the right hashes of their parents (R13, R23).

use crate::{
    artifact::{deploy_block_hash_reader, selector},
    block, request,
    support::{Gateway, Home, Wallet, free_port, quantity, until},
    transfer,
};
use alloy_primitives::{Address, TxKind, U256};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

#[test]
fn empty_blocks_are_sealed_on_time_and_hold_the_l1_attributes_alone() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let mut client = gateway.client();
    client.wait_sealed(3);
    for number in 1..=3 {
        let (parent, this) = (block(&mut client, number - 1), block(&mut client, number));
        assert_eq!(this["parentHash"], parent["hash"]);
        assert_eq!(
            quantity(&this["timestamp"]),
            quantity(&parent["timestamp"]) + 1
        );
        assert_eq!(this["transactions"].as_array().unwrap().len(), 1);
        let receipt = &client.call("eth_getBlockReceipts", json!([format!("{number:#x}")]))[0];
        assert_eq!(
            (&receipt["type"], &receipt["status"]),
            (&json!("0x7e"), &json!("0x1"))
        );
    }
    gateway.stop();
}

/// R13: a promise given right after a block border reads its parent's hash, and it is the hash the
/// parent is sealed with.
#[test]
fn r13_a_promise_at_a_block_border_holds_the_hash_its_parent_is_sealed_with() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    request(&mut client, &deploy_block_hash_reader(&wallet, 0));
    let reader = wallet.address.create(0);
    let started = Instant::now();
    let mut objects = Vec::new();
    // By turns: the opcode, the history contract, and both compared by the contract itself.
    let calls = ["recordOpcode()", "recordHistory()", "recordBoth()"];
    for (nonce, call) in (1..).zip(calls.into_iter().cycle()) {
        let tx = wallet.template(nonce, TxKind::Call(reader), 0, 300_000, selector(call));
        objects.push(request(&mut client, &wallet.sign(tx)));
        if started.elapsed() > Duration::from_millis(3_300) {
            break;
        }
    }
    let blocks: BTreeSet<u64> = objects
        .iter()
        .map(|object| quantity(&object["frag"]["blockNumber"]))
        .collect();
    assert!(blocks.len() >= 3, "{blocks:?}");
    client.wait_sealed(*blocks.last().unwrap());
    for object in objects {
        let receipt = client.call(
            "eth_getTransactionReceipt",
            json!([object["leaf"]["txHash"]]),
        );
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        let number = quantity(&object["frag"]["blockNumber"]);
        let parent = block(&mut client, number - 1)["hash"].clone();
        let hash = parent.as_str().unwrap().trim_start_matches("0x");
        let data = receipt["logs"][0]["data"].as_str().unwrap();
        assert!(
            data.contains(hash),
            "block {number}: {data} is not about {hash}"
        );
        // The very receipt that was promised says so, too.
        assert!(object["receipt"].as_str().unwrap().contains(hash));
    }
    gateway.stop();
}

/// A gateway with an administrative port on a chain that began this many seconds ago. It makes up
/// for the blocks it missed at once, so that L1 origins move without waiting for them.
fn start_with_past(home: &Home, seconds: u64) -> (Gateway, String) {
    home.start(&[]).stop();
    let path = home.data().join("chain.json");
    let mut chain: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for entry in std::fs::read_dir(home.data()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let now_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    chain["chain"]["genesis_s"] = json!(now_s - seconds);
    std::fs::write(&path, chain.to_string()).unwrap();
    let admin = format!("127.0.0.1:{}", free_port());
    (home.start(&["--admin", &admin]), admin)
}

fn deposit(from: Address, to: Address, mint: u64, value: u64) -> Value {
    json!({ "from": from, "to": to, "mint": format!("{mint:#x}"), "value": format!("{value:#x}"),
        "gasLimit": "0x186a0", "input": "0x" })
}

#[test]
fn deposits_come_first_in_the_block_of_their_origin_and_mint() {
    let home = Home::new();
    let (gateway, admin) = start_with_past(&home, 30);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let mut operator = crate::support::Client::connect(&admin);
    // Administrative methods are not on the port of the wallets.
    assert_eq!(client.refusal("admin_deposit", json!([]))["code"], -32601);

    let (from, to) = (Address::repeat_byte(0xd1), Address::repeat_byte(0xd2));
    operator.call("admin_deposit", json!([deposit(from, to, 1_000, 300)]));
    // More than it has: it fails in the block, its mint stays, and the chain goes on.
    operator.call("admin_deposit", json!([deposit(from, to, 5, 1_000_000)]));
    let mut nonce = 0;
    until("the deposit is promised", 30, || {
        transfer(&mut client, &wallet, nonce);
        nonce += 1;
        let balance = client.call("eth_getBalance", json!([to, "pending"]));
        (balance == "0x12c").then_some(())
    });
    assert_eq!(
        client.call("eth_getBalance", json!([from, "pending"])),
        "0x2c1"
    );

    let pending = quantity(&client.call("eth_getGatewayStatus", json!([]))["pendingBlock"]);
    client.wait_sealed(pending);
    let with_deposit = (1..=pending).rev().find_map(|number| {
        let receipts = client.call("eth_getBlockReceipts", json!([format!("{number:#x}")]));
        let receipts = receipts.as_array().unwrap().clone();
        (receipts.len() > 1 && receipts[1]["type"] == "0x7e").then_some(receipts)
    });
    let receipts = with_deposit.unwrap();
    let types: Vec<_> = receipts.iter().map(|r| r["type"] == "0x7e").collect();
    // Attributes, both deposits, then users.
    assert!(
        types[..3].iter().all(|is_deposit| *is_deposit) && !types[3..].contains(&true),
        "{types:?}"
    );
    assert_eq!(
        (&receipts[1]["status"], &receipts[1]["from"]),
        (&json!("0x1"), &json!(from))
    );
    assert_eq!(receipts[2]["status"], "0x0");

    // R23: they are promised like everything else, in the first frag of the block.
    let object = client.call(
        "eth_getPreconfirmation",
        json!([receipts[1]["transactionHash"]]),
    );
    assert_eq!(
        (
            &object["leaf"]["index"],
            &object["frag"]["firstTransaction"]
        ),
        (&json!("0x1"), &json!("0x0"))
    );
    assert_eq!(object["frag"]["transactionCount"], "0x3");
    gateway.stop();
}

#[test]
fn a_deposit_no_block_could_hold_is_refused_and_does_not_end_the_gateway() {
    let home = Home::new();
    let (gateway, admin) = start_with_past(&home, 30);
    let mut operator = crate::support::Client::connect(&admin);
    let (from, to) = (Address::repeat_byte(0xd1), Address::repeat_byte(0xd2));
    let with = |field: &str, value: Value| {
        let mut request = deposit(from, to, 0, 0);
        request[field] = value;
        json!([request])
    };
    for (field, value) in [
        ("gasLimit", json!("0xffffffffffffffff")),
        ("gasLimit", json!("0x3b9aca01")),
        ("gasLimit", json!("0x0")),
        ("gasLimit", json!("0x5207")),
        ("input", json!(format!("0x{}", "00".repeat(200_000)))),
    ] {
        let error = operator.refusal("admin_deposit", with(field, value.clone()));
        assert_eq!(error["code"], -32602, "{field}: {error}");
    }
    // As much as one L1 block's deposits may buy, several times over: each waits for its turn.
    let sink = Address::repeat_byte(0xd3);
    for _ in 0..3 {
        let mut request = deposit(from, sink, 1, 1);
        request["gasLimit"] = json!("0x1312d00");
        operator.call("admin_deposit", json!([request]));
    }
    operator.call(
        "admin_deposit",
        with("value", json!(format!("{:#x}", U256::MAX))),
    );
    operator.call(
        "admin_deposit",
        with("mint", json!(format!("{:#x}", u128::MAX))),
    );
    let mut client = gateway.client();
    until("the first of the large ones is executed", 30, || {
        (client.call("eth_getBalance", json!([sink, "pending"])) != "0x0").then_some(())
    });
    gateway.assert_promises(&Wallet::dev(0));
    gateway.stop();
}
