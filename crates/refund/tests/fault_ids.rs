//! Fault ids as wallets compute them: `fixtures/refunds/fault_ids.json`, which viem and the Solidity library agree on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test"
)]

use alloy_primitives::{Address, B256};
use forebond_evidence::{FaultKind, fault_ids};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    faults: Vec<Vector>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    fault: String,
    gateway: Option<u32>,
    rollup: Address,
    base: Option<B256>,
    frag: Option<B256>,
    index: Option<u64>,
    window: Option<u64>,
    operator: Option<Address>,
    place: Option<u64>,
    id: B256,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    gateway: u32,
    rollup: Address,
    base: B256,
    key: B256,
}

fn id(v: &Vector) -> B256 {
    let under_base =
        |kind| fault_ids::under_base(kind, v.gateway.unwrap(), v.rollup, v.base.unwrap());
    let of_operator =
        |kind| fault_ids::of_operator(kind, v.operator.unwrap(), v.rollup, v.place.unwrap());
    match v.fault.as_str() {
        "late" => fault_ids::of_window(v.gateway.unwrap(), v.rollup, v.window.unwrap()),
        "unkept" => fault_ids::of_promise(
            v.gateway.unwrap(),
            v.rollup,
            v.base.unwrap(),
            v.frag.unwrap(),
            v.index.unwrap(),
        ),
        "lie" => under_base(FaultKind::Lie),
        "fork" => under_base(FaultKind::Fork),
        "brokenBase" => under_base(FaultKind::BrokenBase),
        "falseClaim" => under_base(FaultKind::FalseClaim),
        "order" => under_base(FaultKind::Order),
        "doubleDelegation" => of_operator(FaultKind::DoubleDelegation),
        "missedSlot" => of_operator(FaultKind::MissedSlot),
        other => panic!("{other} is no fault"),
    }
}

#[test]
fn every_fault_has_the_id_that_a_wallet_computes() {
    let text = include_str!("../../../fixtures/refunds/fault_ids.json");
    let vectors: Vectors = serde_json::from_str(text).unwrap();
    assert!(vectors.faults.len() >= 9);
    for vector in &vectors.faults {
        assert_eq!(id(vector), vector.id, "{}", vector.fault);
    }
    for case in &vectors.cases {
        let key = fault_ids::case_key(case.gateway, case.rollup, case.base);
        assert_eq!(key, case.key);
    }
}
