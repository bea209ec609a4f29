//! What a restart keeps, what it refuses, and what the configuration says.

use crate::{
    block,
    support::{ANY_FEE, Client, Home, Wallet, quantity, until},
    transfer,
};
use alloy_primitives::Address;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn another_ordering_rule_block_time_or_chain_id_on_the_same_data_is_refused_in_words() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let object = transfer(&mut gateway.client(), &Wallet::dev(0), 0);
    gateway.stop();
    let text = home.refused_start(&["--ordering", "priority-fee"]);
    assert!(
        text.contains("ordering rule") && text.contains("new data directory"),
        "{text}"
    );
    let text = home.refused_start(&["--block-time", "2s"]);
    assert!(
        text.contains("block time") && text.contains("--data-dir"),
        "{text}"
    );
    let path = home.path().join("other.toml");
    std::fs::write(&path, "[chain]\nchain_id = 4242\n").unwrap();
    let text = home.refused_start(&["--config", path.to_str().unwrap()]);
    assert!(text.contains("chain id") && text.contains("4242"), "{text}");
    // The refusals changed nothing.
    let gateway = home.start(&[]);
    let hash = &object["leaf"]["txHash"];
    assert_eq!(
        gateway
            .client()
            .call("eth_getPreconfirmation", json!([hash])),
        object
    );
    gateway.stop();
}

#[test]
fn a_configuration_file_is_followed_and_flags_override_it() {
    let home = Home::new();
    let toml = "[chain]\nchain_id = 4242\nblock_time_s = 7\n[fees]\nbase_fee_wei_per_gas = 777\n\
        [rpc]\nmax_batch_requests = 2\n";
    let gateway = home.start_with(toml, &["--block-time", "2s"]);
    let mut client = gateway.client();
    assert_eq!(client.call("eth_chainId", json!([])), "0x1092");
    assert_eq!(client.call("eth_maxPriorityFeePerGas", json!([])), "0x309");
    let calls =
        json!([1, 2, 3].map(|id| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" })));
    let (_, body) = client.post(calls.to_string().as_bytes()).unwrap();
    assert!(String::from_utf8_lossy(&body).contains("-32010"));
    client.wait_sealed(1);
    let (first, genesis) = (block(&mut client, 1), block(&mut client, 0));
    assert_eq!(
        quantity(&first["timestamp"]) - quantity(&genesis["timestamp"]),
        2
    );
    gateway.stop();
}

#[test]
fn a_configuration_with_a_mistake_stops_the_start_and_names_the_line_or_the_key() {
    let home = Home::new();
    let path = home.path().join("wrong.toml");
    for (toml, words) in [
        ("[chain]\nblock_time_s = \"1s\"\n", "line 2"),
        ("[chain]\nblock_tiem_s = 1\n", "block_tiem_s"),
        ("[chain]\nblock_time_s = 0\n", "block_time_s"),
        ("[rpc]\nmax_connections = 0\n", "max_connections"),
    ] {
        std::fs::write(&path, toml).unwrap();
        let text = home.refused_start(&["--config", path.to_str().unwrap()]);
        assert!(text.contains(words), "{toml}: {text}");
    }
}

/// Sends transfers and keeps their promises until the gateway goes away. A refusal must say why.
fn send_until_gone(addr: &str, index: usize, held: &AtomicUsize) -> Vec<Value> {
    let (wallet, mut objects) = (Wallet::dev(index), Vec::new());
    let mut client = Client::connect(addr);
    loop {
        let raw = wallet.transfer(objects.len() as u64, Address::repeat_byte(0x77), 1);
        match client.try_call("eth_requestPreconf", json!([raw, ANY_FEE])) {
            Ok(answer) if answer.get("result").is_some() => {
                objects.push(answer["result"].clone());
                held.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => {
                let message = answer["error"]["message"].as_str().unwrap();
                assert!(message.contains("shutting down"), "{answer}");
                return objects;
            }
            Err(_) => return objects,
        }
    }
}

#[test]
fn sigterm_under_load_ends_in_order_and_loses_no_promise() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (addr, held) = (gateway.addr.clone(), AtomicUsize::new(0));
    let objects: Vec<Value> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|index| {
                let (addr, held) = (&addr, &held);
                scope.spawn(move || send_until_gone(addr, index, held))
            })
            .collect();
        until("the load runs", 30, || {
            (held.load(Ordering::Relaxed) > 100).then_some(())
        });
        gateway.stop();
        senders
            .into_iter()
            .flat_map(|sender| sender.join().unwrap())
            .collect()
    });
    let gateway = home.start(&[]);
    let mut client = gateway.client();
    let newest = objects
        .iter()
        .map(|o| quantity(&o["frag"]["blockNumber"]))
        .max()
        .unwrap();
    client.wait_sealed(newest);
    for object in &objects {
        let hash = &object["leaf"]["txHash"];
        assert_eq!(
            &client.call("eth_getPreconfirmation", json!([hash])),
            object
        );
        let receipt = client.call("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["blockNumber"], object["frag"]["blockNumber"]);
        assert_eq!(receipt["transactionIndex"], object["leaf"]["index"]);
    }
    gateway.stop();
}
