use forebond_beacon::{containers::SignedBeaconBlock, preset::Minimal};
use serde_json::Value;
use ssz::Decode as _;
use tree_hash::TreeHash as _;

use super::memory::Served;
use crate::beacon_api::BeaconView as _;

#[tokio::test]
async fn a_block_is_found_by_slot_root_and_name() {
    let served = Served::new().await;
    let root = served.chain.propose().to_string();
    for id in ["head", "1", &root] {
        let header = served.get(&format!("v1/beacon/headers/{id}")).await;
        assert_eq!(header["data"]["root"], root, "{id}");
        assert_eq!(header["data"]["canonical"], true);
        assert_eq!(header["data"]["header"]["message"]["slot"], "1");
        assert_eq!(
            served.get(&format!("v1/beacon/blocks/{id}/root")).await["data"]["root"],
            root
        );
    }
    let genesis = served.get("v1/beacon/headers/genesis").await;
    assert_eq!(genesis["data"]["header"]["message"]["slot"], "0");
    assert_eq!(genesis["finalized"], true);
    // Until something is final, genesis is.
    assert_eq!(
        served.get("v1/beacon/headers/finalized").await["data"]["root"],
        genesis["data"]["root"]
    );
}

#[tokio::test]
async fn blocks_in_json_and_ssz_are_the_block() {
    let served = Served::new().await;
    let root = served.chain.propose_with_blobs(2);
    let block = served.chain.block(root).unwrap();
    let answer = served.get("v2/beacon/blocks/head").await;
    assert_eq!(answer["version"], "fulu");
    let from_json: SignedBeaconBlock<Minimal> =
        serde_json::from_value(answer["data"].clone()).unwrap();
    assert_eq!(from_json, *block);
    let from_ssz =
        SignedBeaconBlock::<Minimal>::from_ssz_bytes(&served.ssz("v2/beacon/blocks/head").await)
            .unwrap();
    assert_eq!(from_ssz, *block);
    assert_eq!(from_ssz.message.tree_hash_root(), root);
}

#[tokio::test]
async fn an_empty_slot_has_no_block() {
    let served = Served::new().await;
    served.chain.propose();
    served.chain.miss();
    assert!(
        served
            .refused("v1/beacon/headers/2", 404)
            .await
            .contains("empty slot")
    );
    assert!(
        served.get("v1/beacon/headers?slot=2").await["data"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn an_abandoned_block_is_known_but_not_canonical() {
    let served = Served::new().await;
    served.chain.propose();
    let abandoned = served.chain.propose();
    served.chain.rewind(1);
    served.chain.miss();
    let kept = served.chain.propose();
    let header = served.get(&format!("v1/beacon/headers/{abandoned}")).await;
    assert_eq!(header["data"]["canonical"], false);
    assert_eq!(header["finalized"], false);
    let parent = served.chain.root_at(1);
    let children = served
        .get(&format!("v1/beacon/headers?parent_root={parent}"))
        .await;
    let roots: Vec<&Value> = children["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| &child["root"])
        .collect();
    assert_eq!(roots, [&kept.to_string()]);
}

#[tokio::test]
async fn ids_that_are_none_are_refused_with_what_was_expected() {
    let served = Served::new().await;
    for id in [
        "latest",
        "-1",
        "0x12",
        "1.5",
        "99999999999999999999",
        "0X00",
    ] {
        let message = served
            .refused(&format!("v1/beacon/headers/{id}"), 400)
            .await;
        assert!(message.contains("expected head"), "{message}");
    }
    served
        .refused(&format!("v1/beacon/headers/0x{}", "ab".repeat(32)), 404)
        .await;
    served
        .refused("v1/beacon/headers?parent_root=0x1", 400)
        .await;
}
