//! `kill -9` at random moments under load: nothing that reached a client is ever lost, moved or
//! signed a second time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

mod support;

use alloy_primitives::{Address, keccak256};
use forebond_protocol::{Verifier, verify_json};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use support::{Gateway, Home, Wallet, quantity};

/// Every promise a client held, by transaction hash.
type Promises = HashMap<String, Value>;

/// Sends transfers from one account and keeps the answers, until the connection breaks.
fn load(addr: &str, index: usize, stop: &AtomicBool) -> Vec<Value> {
    let wallet = Wallet::dev(index);
    let mut held = Vec::new();
    let Ok(mut client) = support::Client::try_connect(addr) else {
        return held;
    };
    let asked = client.try_call(
        "eth_getTransactionCount",
        json!([wallet.address, "pending"]),
    );
    let Ok(mut nonce) = asked.map(|answer| quantity(&answer["result"])) else {
        return held;
    };
    while !stop.load(Ordering::Relaxed) {
        let raw = wallet.transfer(nonce, Address::repeat_byte(0x77), 1);
        match client.try_call("eth_requestPreconf", json!([raw, "0x77359400"])) {
            Ok(answer) if answer.get("result").is_some() => held.push(answer["result"].clone()),
            Ok(answer) => panic!("refused: {answer}"),
            Err(_) => break,
        }
        nonce += 1;
    }
    held
}

fn hash_of(object: &Value) -> String {
    object["leaf"]["txHash"].as_str().unwrap().to_owned()
}

/// One life of a gateway: load for a random while, then `kill -9`.
fn live_and_die(gateway: Gateway, promises: &mut Promises, life: Duration) {
    let stop = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..3)
        .map(|index| {
            let (addr, stop) = (gateway.addr.clone(), stop.clone());
            std::thread::spawn(move || load(&addr, index, &stop))
        })
        .collect();
    std::thread::sleep(life);
    gateway.kill();
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        for object in sender.join().unwrap() {
            promises.insert(hash_of(&object), object);
        }
    }
}

/// No two different frags at one sequence, in anything anybody ever held.
fn assert_no_position_signed_twice(promises: &Promises) {
    let mut by_sequence: HashMap<String, (String, Value)> = HashMap::new();
    for object in promises.values() {
        let sequence = object["frag"]["sequence"].as_str().unwrap().to_owned();
        let signature = object["fragSignature"].as_str().unwrap().to_owned();
        let entry = by_sequence
            .entry(sequence)
            .or_insert_with(|| (signature.clone(), object["frag"].clone()));
        assert_eq!(entry.0, signature);
        assert_eq!(entry.1, object["frag"]);
    }
}

#[test]
fn fifty_kills_under_load_lose_nothing_and_sign_nothing_twice() {
    let seed = std::env::var("FOREBOND_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(7u64);
    println!("seed {seed} (set FOREBOND_SEED to replay)");
    let mut random = StdRng::seed_from_u64(seed);
    let home = Home::new();
    let mut promises = Promises::new();
    let mut checked = 0usize;
    for round in 0..50 {
        let gateway = home.start(&[]);
        let mut client = gateway.client();
        // What was held before the kill is served again, byte for byte.
        let sample: Vec<_> = promises
            .iter()
            .skip(checked.min(promises.len()))
            .chain(promises.iter().take(20))
            .collect();
        for (hash, object) in sample {
            let again = client.call("eth_getPreconfirmation", json!([hash]));
            assert_eq!(
                &again, object,
                "round {round}: the promise of {hash} changed"
            );
        }
        checked = promises.len();
        live_and_die(
            gateway,
            &mut promises,
            Duration::from_millis(random.random_range(20..450)),
        );
    }
    assert!(
        promises.len() > 200,
        "only {} promises: the load did not run",
        promises.len()
    );
    assert_no_position_signed_twice(&promises);

    let gateway = home.start(&[]);
    let mut client = gateway.client();
    let committer: Address =
        serde_json::from_value(client.call("eth_getGatewayStatus", json!([]))["committer"].clone())
            .unwrap();
    let highest = promises
        .values()
        .map(|object| quantity(&object["frag"]["blockNumber"]))
        .max()
        .unwrap();
    client.wait_sealed(highest);
    let mut verifier = Verifier::new(committer);
    // In the order of the chain: each stored block is decoded once.
    let mut in_order: Vec<_> = promises.iter().collect();
    in_order.sort_by_key(|(_, object)| {
        (
            quantity(&object["frag"]["blockNumber"]),
            quantity(&object["leaf"]["index"]),
        )
    });
    for (hash, object) in in_order {
        let text = object.to_string();
        verify_json(&text, &mut verifier).unwrap();
        assert_eq!(
            &client.call("eth_getPreconfirmation", json!([hash])),
            object
        );
        let receipt = client.call("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["blockNumber"], object["frag"]["blockNumber"]);
        assert_eq!(receipt["transactionIndex"], object["leaf"]["index"]);
        assert_eq!(receipt["status"], "0x1");
        assert!(receipt["blockHash"].is_string());
        let raw: alloy_primitives::Bytes =
            serde_json::from_value(object["transaction"].clone()).unwrap();
        assert_eq!(keccak256(raw).to_string(), *hash);
    }
    let hashes: Vec<Value> = (0..=highest)
        .map(|n| {
            client.call("eth_getBlockByNumber", json!([format!("{n:#x}"), false]))["hash"].clone()
        })
        .collect();
    gateway.stop();

    // The state database is gone: everything is rebuilt from the promise log, to the same hashes.
    std::fs::remove_dir_all(home.data().join("state")).unwrap();
    let gateway = home.start(&[]);
    let mut client = gateway.client();
    for (number, hash) in hashes.iter().enumerate() {
        let block = client.call(
            "eth_getBlockByNumber",
            json!([format!("{number:#x}"), false]),
        );
        assert_eq!(
            &block["hash"], hash,
            "block {number} after a replay from the log"
        );
    }
    for (hash, object) in promises.iter().take(50) {
        assert_eq!(
            &client.call("eth_getPreconfirmation", json!([hash])),
            object
        );
    }
    gateway.stop();
}

#[test]
fn a_restored_old_backup_is_refused_before_anything_is_signed() {
    let home = Home::new();
    let mut promises = Promises::new();
    live_and_die(home.start(&[]), &mut promises, Duration::from_millis(1500));
    let backup = home.path().join("backup");
    copy_dir(&home.data(), &backup);
    live_and_die(home.start(&[]), &mut promises, Duration::from_millis(1500));
    std::fs::remove_dir_all(home.data()).unwrap();
    std::fs::rename(&backup, home.data()).unwrap();
    let output = home.command(&[]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        text.contains("older copy") && text.contains("Restore the newest copy"),
        "{text}"
    );
}

#[test]
fn a_second_instance_on_one_data_directory_is_refused() {
    let home = Home::new();
    let first = home.start(&[]);
    let output = home.command(&[]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        text.contains("data") && text.contains("in use") || text.contains("another"),
        "{text}"
    );
    first.stop();
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
