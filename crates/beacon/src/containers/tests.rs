#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

use alloy_primitives::{B256, hex};
use serde_json::Value;
use ssz::{Decode as _, Encode as _};
use tree_hash::TreeHash as _;

use super::{BeaconState, SignedBeaconBlock, VariableList};
use crate::preset::{Mainnet, Minimal};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/beacon/minimal/"
    );
    std::fs::read([folder, name].concat()).unwrap()
}

fn state() -> BeaconState<Minimal> {
    BeaconState::from_ssz_bytes(&fixture("slot_38.ssz")).unwrap()
}

fn block_bytes() -> Vec<u8> {
    let chain: Value = serde_json::from_slice(&fixture("chain.json")).unwrap();
    hex::decode(chain["steps"][9]["block"].as_str().unwrap()).unwrap()
}

#[test]
fn a_state_with_outstanding_writes_has_the_root_it_will_have() {
    let mut state = state();
    let before = state.tree_hash_root();
    *state.balances.get_mut(3).unwrap() += 1;
    *state.block_roots.get_mut(5).unwrap() = B256::repeat_byte(7);
    let outstanding = state.tree_hash_root();
    assert_ne!(outstanding, before);
    state.apply_updates().unwrap();
    assert_eq!(state.tree_hash_root(), outstanding);
}

#[test]
fn a_clone_is_not_changed_with_its_original() {
    let mut state = state();
    let copy = state.clone();
    let root = copy.tree_hash_root();
    state.validators.get_mut(0).unwrap().slashed = true;
    state.apply_updates().unwrap();
    assert_eq!(copy.tree_hash_root(), root);
    assert_ne!(state.tree_hash_root(), root);
}

#[test]
fn json_quotes_integers_and_writes_bytes_as_hex() {
    let state = state();
    let json = serde_json::to_value(&state).unwrap();
    assert_eq!(json["slot"], "38");
    assert_eq!(json["fork"]["current_version"], "0x06000001");
    assert_eq!(json["balances"].as_array().unwrap().len(), 32);
    assert!(json["balances"][0].is_string());
    assert!(json["previous_epoch_participation"][0].is_string());
    assert!(json["proposer_lookahead"][15].is_string());
    assert_eq!(json["validators"][0]["slashed"], false);
    assert!(
        json["validators"][0]["pubkey"]
            .as_str()
            .unwrap()
            .starts_with("0x")
    );
    assert!(
        json["justification_bits"]
            .as_str()
            .unwrap()
            .starts_with("0x")
    );
    assert!(!has_number(&json));
    assert_eq!(
        serde_json::from_value::<BeaconState<Minimal>>(json).unwrap(),
        state
    );
}

fn has_number(json: &Value) -> bool {
    match json {
        Value::Number(_) => true,
        Value::Array(items) => items.iter().any(has_number),
        Value::Object(fields) => fields.values().any(has_number),
        _ => false,
    }
}

#[test]
fn blocks_survive_json() {
    let block = SignedBeaconBlock::<Minimal>::from_ssz_bytes(&block_bytes()).unwrap();
    let json = serde_json::to_value(&block).unwrap();
    assert!(!has_number(&json));
    assert_eq!(
        serde_json::from_value::<SignedBeaconBlock<Minimal>>(json).unwrap(),
        block
    );
}

#[test]
fn headers_have_the_root_of_what_they_stand_for() {
    let block = SignedBeaconBlock::<Minimal>::from_ssz_bytes(&block_bytes())
        .unwrap()
        .message;
    assert_eq!(block.to_header().tree_hash_root(), block.tree_hash_root());
    let mut payload = block.body.execution_payload;
    payload.transactions =
        VariableList::new(vec![VariableList::new(vec![1, 2, 3]).unwrap()]).unwrap();
    assert_eq!(
        payload.to_header().tree_hash_root(),
        payload.tree_hash_root()
    );
}

/// Pitfall: strict decode.
#[test]
fn bytes_too_many_too_few_or_of_another_preset_are_refused() {
    let block = block_bytes();
    let longer = [block.as_slice(), &[0]].concat();
    let refused = |bytes: &[u8]| SignedBeaconBlock::<Minimal>::from_ssz_bytes(bytes).is_err();
    assert!(!refused(&block));
    // A byte more lands in the last list, whose items are of fixed size.
    assert!(refused(&longer));
    assert!(refused(&block[..block.len() - 1]));
    assert!(refused(&[]));
    assert!(SignedBeaconBlock::<Mainnet>::from_ssz_bytes(&block).is_err());

    let state = state().as_ssz_bytes();
    let longer = [state.as_slice(), &[0]].concat();
    assert!(BeaconState::<Minimal>::from_ssz_bytes(&longer).is_err());
    assert!(BeaconState::<Minimal>::from_ssz_bytes(&state[1..]).is_err());
    assert!(BeaconState::<Mainnet>::from_ssz_bytes(&state).is_err());
}
