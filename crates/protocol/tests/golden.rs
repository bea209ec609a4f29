//! Golden vectors of trees, receipts and whole preconfirmations in `fixtures/messages/`.
//!
//! Frozen: an object that verified once verifies for ever. Writing the files again is a decision
//! to review: `cargo test -p forebond-protocol --test golden -- --ignored`. Digests, leaves and
//! write sets are frozen by the tests of `forebond-types`; `make fixtures-check` asks viem for a
//! second opinion on all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod example;

use alloy_consensus::Receipt;
use alloy_eips::{Decodable2718, Encodable2718, Typed2718};
use alloy_primitives::{Address, B256, Bytes, Log, U256, hex, keccak256};
use example::{Draft, address, gateway_key, predecessor_key};
use forebond_protocol::{PromisesTree, Verifier, branch_root, verify_json};
use op_alloy_consensus::{OpDepositReceipt, OpReceiptEnvelope};
use serde_json::{Value, json};
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/messages")
        .join(name)
}

fn frozen(name: &str) -> Value {
    let text = std::fs::read_to_string(fixture(name)).expect("the fixture is committed");
    serde_json::from_str(&text).expect("the fixture is JSON")
}

fn assert_frozen(name: &str, computed: &Value) {
    let frozen = frozen(name);
    assert_eq!(
        computed, &frozen,
        "{name}: the code computes something else than what is frozen"
    );
}

fn trees() -> Value {
    [1usize, 2, 3, 5, 8]
        .iter()
        .map(|&count| {
            let leaves: Vec<B256> = (0..count).map(|i| keccak256(format!("leaf {i}"))).collect();
            let tree = PromisesTree::new(leaves.clone()).unwrap();
            let branches: Vec<_> = (0..count)
                .map(|place| tree.branch(place).unwrap())
                .collect();
            json!({"leaves": leaves, "root": tree.root(), "branches": branches})
        })
        .collect()
}

fn receipts() -> Vec<(&'static str, OpReceiptEnvelope)> {
    let receipt = |success: bool, cumulative_gas_used, logs| Receipt {
        status: success.into(),
        cumulative_gas_used,
        logs,
    };
    let logs = || {
        let topics = |count: u8| (0..count).map(|i| keccak256([i])).collect();
        vec![
            Log::new_unchecked(Address::repeat_byte(0xaa), topics(0), Bytes::new()),
            Log::new_unchecked(
                Address::repeat_byte(0xbb),
                topics(4),
                U256::MAX.to_be_bytes_vec().into(),
            ),
        ]
    };
    let deposit = |success, gas, logs| {
        let inner = receipt(success, gas, logs);
        OpReceiptEnvelope::Deposit(
            OpDepositReceipt {
                inner,
                deposit_nonce: Some(4),
                deposit_receipt_version: Some(1),
            }
            .with_bloom(),
        )
    };
    vec![
        (
            "legacy transfer",
            OpReceiptEnvelope::Legacy(receipt(true, 21_000, vec![]).with_bloom()),
        ),
        (
            "type 1 reverted",
            OpReceiptEnvelope::Eip2930(receipt(false, 51_000, vec![]).with_bloom()),
        ),
        (
            "type 2 with logs",
            OpReceiptEnvelope::Eip1559(receipt(true, 146_218, logs()).with_bloom()),
        ),
        (
            "type 2, most gas",
            OpReceiptEnvelope::Eip1559(receipt(true, u64::MAX, vec![]).with_bloom()),
        ),
        (
            "type 4",
            OpReceiptEnvelope::Eip7702(receipt(true, 60_000, vec![]).with_bloom()),
        ),
        ("deposit", deposit(true, 46_218, vec![])),
        ("deposit that failed", deposit(false, 1_000_000, vec![])),
        ("deposit with logs", deposit(true, 146_218, logs())),
    ]
}

fn receipt_vectors() -> Value {
    let quantity = |number: u64| U256::from(number);
    receipts()
        .iter()
        .map(|(about, receipt)| {
            let encoded = receipt.encoded_2718();
            let deposit = match receipt {
                OpReceiptEnvelope::Deposit(deposit) => json!({
                    "depositNonce": deposit.receipt.deposit_nonce.map(quantity),
                    "depositReceiptVersion": deposit.receipt.deposit_receipt_version.map(quantity),
                }),
                _ => Value::Null,
            };
            let logs: Vec<_> = receipt
                .logs()
                .iter()
                .map(|log| json!({"address": log.address, "topics": log.topics(), "data": log.data.data}))
                .collect();
            json!({
                "about": about,
                "type": quantity(receipt.ty().into()),
                "status": receipt.status(),
                "cumulativeGasUsed": quantity(receipt.cumulative_gas_used()),
                "logs": logs,
                "deposit": deposit,
                "encoded": hex::encode_prefixed(&encoded),
                "hash": keccak256(&encoded),
            })
        })
        .collect()
}

fn preconfirmations() -> Value {
    let about = [
        "a deposit",
        "a transfer",
        "a reverted call",
        "a creation with a log",
        "a legacy transfer",
    ];
    let mut objects: Vec<_> = about
        .iter()
        .enumerate()
        .map(|(place, about)| json!({"about": about, "object": Draft::first().object(place)}))
        .collect();
    objects.push(json!({"about": "in the middle of a block", "object": Draft::middle().object(1)}));
    objects
        .push(json!({"about": "on the predecessor's seal", "object": Draft::sealed().object(1)}));
    json!({
        "gateway": address(&gateway_key()),
        "predecessor": address(&predecessor_key()),
        "objects": objects,
    })
}

#[test]
fn trees_and_branches_are_the_frozen_ones() {
    assert_frozen("trees.json", &trees());
    for tree in frozen("trees.json").as_array().unwrap() {
        let read = |name: &str| serde_json::from_value::<Vec<B256>>(tree[name].clone()).unwrap();
        let (leaves, root) = (
            read("leaves"),
            tree["root"].as_str().unwrap().parse().unwrap(),
        );
        let count = u32::try_from(leaves.len()).unwrap();
        for (place, leaf) in (0..count).zip(&leaves) {
            let branch =
                serde_json::from_value::<Vec<B256>>(tree["branches"][place as usize].clone());
            assert_eq!(
                branch_root(*leaf, place, count, &branch.unwrap()),
                Some(root)
            );
        }
    }
}

#[test]
fn consensus_receipts_encode_as_frozen_and_decode_again() {
    assert_frozen("receipts.json", &receipt_vectors());
    for (about, receipt) in receipts() {
        let decoded = OpReceiptEnvelope::decode_2718_exact(&receipt.encoded_2718()).unwrap();
        assert_eq!(decoded, receipt, "{about}");
    }
}

#[test]
fn whole_preconfirmations_are_the_frozen_ones_and_verify() {
    assert_frozen("preconfirmations.json", &preconfirmations());
    let file = frozen("preconfirmations.json");
    let read = |name: &str| file[name].as_str().unwrap().parse::<Address>().unwrap();
    let mut verifier = Verifier::new(read("gateway")).after(read("predecessor"));
    for vector in file["objects"].as_array().unwrap() {
        let text = vector["object"].to_string();
        let checked = verify_json(&text, &mut verifier);
        assert!(checked.is_ok(), "{}: {:?}", vector["about"], checked.err());
    }
}

#[test]
#[ignore = "writes the frozen vectors again; a change is a new version of the protocol"]
fn write_the_fixtures() {
    for (name, value) in [
        ("trees.json", trees()),
        ("receipts.json", receipt_vectors()),
        ("preconfirmations.json", preconfirmations()),
    ] {
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        std::fs::write(fixture(name), text).unwrap();
    }
}
