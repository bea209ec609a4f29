//! Fabric's Commitments API.

use crate::{
    request,
    support::{Gateway, Home, Wallet, until},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use forebond_protocol::{Verifier, verify_json};
use forebond_types::Signature;
use serde_json::{Value, json};

/// "FBX1".
const EXECUTION: u64 = 0x4642_5831;

fn committer(gateway: &Gateway) -> Address {
    let status = gateway.client().call("eth_getGatewayStatus", json!([]));
    serde_json::from_value(status["committer"].clone()).unwrap()
}

/// keccak256 of the ABI encoding of a commitment, as anybody can compute it from the JSON.
fn digest(commitment: &Value) -> B256 {
    let payload: Bytes = serde_json::from_value(commitment["payload"].clone()).unwrap();
    let request_hash: B256 = serde_json::from_value(commitment["request_hash"].clone()).unwrap();
    let slasher: Address = serde_json::from_value(commitment["slasher"].clone()).unwrap();
    let commitment_type = commitment["commitment_type"].as_u64().unwrap();
    keccak256((commitment_type, payload, request_hash, slasher).abi_encode())
}

#[test]
fn a_commitment_is_signed_by_the_committer_and_holds_the_promise_of_the_transaction() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let committer = committer(&gateway);
    let raw = wallet.transfer(0, Address::repeat_byte(0x77), 1);
    let slasher = Address::repeat_byte(0x51);
    let asked = json!({ "commitment_type": EXECUTION, "payload": raw, "slasher": slasher });

    let fee = client.call("fee", json!([asked]));
    assert_eq!(fee["commitment_type"], EXECUTION);
    let quoted: Bytes = serde_json::from_value(fee["payload"].clone()).unwrap();
    let quote: U256 =
        serde_json::from_value(client.call("eth_maxPriorityFeePerGas", json!([]))).unwrap();
    assert_eq!(quoted, Bytes::from(quote.abi_encode()));

    let signed = client.call("commitmentRequest", json!([asked]));
    let commitment = &signed["commitment"];
    let signature: Signature = serde_json::from_value(signed["signature"].clone()).unwrap();
    assert_eq!(signature.recover(digest(commitment)).unwrap(), committer);
    let request_hash = keccak256((EXECUTION, raw.clone(), slasher).abi_encode());
    assert_eq!(commitment["request_hash"], json!(request_hash));
    assert_eq!(commitment["slasher"], json!(slasher));

    let payload: Bytes = serde_json::from_value(commitment["payload"].clone()).unwrap();
    let text = String::from_utf8(payload.to_vec()).unwrap();
    verify_json(&text, &mut Verifier::new(committer)).unwrap();
    let object: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object, request(&mut client, &raw));

    // Asked again, by either method, it is the same commitment.
    assert_eq!(client.call("commitmentRequest", json!([asked])), signed);
    assert_eq!(
        client.call("commitmentResult", json!([request_hash])),
        signed
    );
    gateway.stop();
}

#[test]
fn a_result_nobody_asked_for_and_a_type_not_offered_are_errors_that_say_what_to_do() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let mut client = gateway.client();
    let error = client.refusal("commitmentResult", json!([B256::repeat_byte(7)]));
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("send commitmentRequest again"),
        "{error}"
    );
    let asked = json!({ "commitment_type": 1, "payload": "0x", "slasher": Address::ZERO });
    for method in ["commitmentRequest", "fee"] {
        let error = client.refusal(method, json!([asked]));
        assert_eq!(error["code"], -32602);
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains(&EXECUTION.to_string()),
            "{error}"
        );
    }
    gateway.stop();
}

#[test]
fn slots_name_the_chain_and_the_type_on_offer() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let mut client = gateway.client();
    let slots = until("the first frag is published", 10, || {
        let slots = client.call("slots", json!([]))["slots"].clone();
        slots.get(0).is_some().then_some(slots)
    });
    // `--dev` is one endless window, named by its last slot.
    assert_eq!(slots[0]["slot"], u64::MAX.to_string(), "{slots}");
    let offering = &slots[0]["offerings"][0];
    assert_eq!(
        (&offering["chain_id"], &offering["commitment_types"]),
        (&json!("9545"), &json!([EXECUTION]))
    );
    gateway.stop();
}
