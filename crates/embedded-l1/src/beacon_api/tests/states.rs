use forebond_beacon::{containers::BeaconState, preset::Minimal};
use serde_json::{Value, json};
use ssz::Decode as _;
use tree_hash::TreeHash as _;

use super::memory::{Served, refusal};

async fn served_epochs(epochs: u64) -> Served {
    let served = Served::new().await;
    for _ in 0..8 * epochs {
        served.chain.propose();
    }
    served
}

#[tokio::test]
async fn states_in_json_and_ssz_have_the_root_of_the_header() {
    let served = served_epochs(1).await;
    served.chain.miss();
    let expected =
        served.get("v1/beacon/headers/head").await["data"]["header"]["message"]["state_root"]
            .clone();
    assert_eq!(
        served.get("v1/beacon/states/head/root").await["data"]["root"],
        expected
    );
    let ssz = served.ssz("v2/debug/beacon/states/head").await;
    let state = BeaconState::<Minimal>::from_ssz_bytes(&ssz).unwrap();
    assert_eq!(
        state.tree_hash_root().to_string(),
        expected.as_str().unwrap()
    );
    let answer = served.get("v2/debug/beacon/states/head").await;
    assert_eq!(answer["version"], "fulu");
    let from_json: BeaconState<Minimal> = serde_json::from_value(answer["data"].clone()).unwrap();
    assert_eq!(from_json, state);
    // By slot: the empty slot's state is the one advanced to it.
    let of_slot =
        BeaconState::<Minimal>::from_ssz_bytes(&served.ssz("v2/debug/beacon/states/9").await)
            .unwrap();
    assert_eq!(of_slot, served.chain.state());
    let by_root = served
        .ssz(&format!(
            "v2/debug/beacon/states/{}",
            expected.as_str().unwrap()
        ))
        .await;
    assert_eq!(by_root, ssz);
    served.refused("v1/beacon/states/10/root", 404).await;
}

#[tokio::test]
async fn lookahead_is_this_epochs_and_the_next_ones_proposers() {
    let served = served_epochs(1).await;
    let answer = served.get("v1/beacon/states/head/proposer_lookahead").await;
    let expected: Vec<Value> = served
        .chain
        .state()
        .proposer_lookahead
        .iter()
        .map(|index| json!(index.to_string()))
        .collect();
    assert_eq!(answer["data"], Value::Array(expected));
    let ssz = served.ssz("v1/beacon/states/head/proposer_lookahead").await;
    assert_eq!(ssz.len(), 16 * 8);
}

#[tokio::test]
async fn finality_is_reported_for_states_and_blocks() {
    let served = served_epochs(4).await;
    let checkpoints = served
        .get("v1/beacon/states/head/finality_checkpoints")
        .await;
    let state = served.chain.state();
    assert!(state.finalized_checkpoint.epoch > 0);
    assert_eq!(
        checkpoints["data"]["finalized"],
        serde_json::to_value(state.finalized_checkpoint).unwrap()
    );
    assert_eq!(checkpoints["finalized"], false);
    let slot = state.finalized_checkpoint.epoch * 8;
    assert_eq!(
        served.get(&format!("v1/beacon/headers/{slot}")).await["finalized"],
        true
    );
    assert_eq!(
        served.get(&format!("v1/beacon/headers/{}", slot + 1)).await["finalized"],
        false
    );
    assert_eq!(
        served.get("v1/beacon/headers/finalized").await["data"]["header"]["message"]["slot"],
        slot.to_string()
    );
    assert_eq!(
        served.get("v1/beacon/states/head/fork").await["data"]["current_version"],
        "0x06000001"
    );
}

#[tokio::test]
async fn validators_are_found_by_index_key_and_status() {
    let served = Served::new().await;
    let all = served.get("v1/beacon/states/head/validators").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 16);
    let key = all["data"][3]["validator"]["pubkey"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(all["data"][3]["status"], "active_ongoing");
    assert_eq!(all["data"][3]["balance"], "32000000000");

    let some = served
        .get(&format!(
            "v1/beacon/states/head/validators?id=1,{key}&id=99"
        ))
        .await;
    let indices: Vec<_> = some["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["index"].clone())
        .collect();
    assert_eq!(indices, ["1", "3"]);
    let none = served
        .get("v1/beacon/states/head/validators?status=exited")
        .await;
    assert!(none["data"].as_array().unwrap().is_empty());
    let active = served
        .get("v1/beacon/states/head/validators?status=active&id=2")
        .await;
    assert_eq!(active["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        served
            .get(&format!("v1/beacon/states/head/validators/{key}"))
            .await["data"]["index"],
        "3"
    );
    served
        .refused("v1/beacon/states/head/validators/99", 404)
        .await;

    let posted = served
        .post(
            "v1/beacon/states/head/validators",
            &json!({ "ids": [key, "5"] }),
        )
        .await;
    assert_eq!(posted["data"].as_array().unwrap().len(), 2);
    let identities = served
        .post("v1/beacon/states/head/validator_identities", &json!(["3"]))
        .await;
    assert_eq!(identities["data"][0]["pubkey"], key);
    assert_eq!(identities["data"][0]["activation_epoch"], "0");
}

#[tokio::test]
async fn bad_validator_requests_are_refused_in_the_standard_form() {
    let served = Served::new().await;
    let many = (0..65)
        .map(|index| index.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let message = served
        .refused(&format!("v1/beacon/states/head/validators?id={many}"), 400)
        .await;
    assert!(message.contains("use POST"));
    served
        .refused("v1/beacon/states/head/validators?id=0xzz", 400)
        .await;
    served
        .refused("v1/beacon/states/head/validators?id=%zz", 400)
        .await;
    let post = |body: String| {
        served
            .http
            .post(served.url("v1/beacon/states/head/validators"))
            .body(body)
            .send()
    };
    refusal(post("{".to_owned()).await.unwrap(), 400).await;
    refusal(
        post(format!("[{}]", " ".repeat(2 << 20))).await.unwrap(),
        413,
    )
    .await;
}
