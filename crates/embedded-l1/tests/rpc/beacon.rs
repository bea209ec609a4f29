//! The two APIs of one chain tell the same story.

use serde_json::{Value, json};

use crate::{
    client,
    world::{Served, blob, wallet},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_was_sent_is_served_until_it_is_hidden() {
    let served = Served::start().await;
    let raw = blob(&wallet(0), 0);
    let hash = served.ask("eth_sendRawTransaction", json!([raw])).await;
    served.pass(1);
    let tx = served.ask("eth_getTransactionByHash", json!([hash])).await;
    let versioned_hash = tx["blobVersionedHashes"][0].as_str().unwrap();
    let path = format!("/eth/v1/beacon/blobs/1?versioned_hashes={versioned_hash}");
    let url = served.l1.beacon_url();
    let (status, body) = client::get(&url, &path).await;
    assert_eq!(status, 200);
    let blob = body["data"][0].as_str().unwrap();
    assert_eq!(blob.len(), 2 + 2 * 131_072);

    served.ask("l1_hideBlobs", json!([1])).await;
    let (status, body) = client::get(&url, &path).await;
    assert_eq!(status, 404, "{body}");
    served.ask("l1_showBlobs", json!([1])).await;
    assert_eq!(client::get(&url, &path).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parent_beacon_root_in_the_header_is_the_root_of_the_beacon_block_before() {
    let served = Served::start().await;
    served.pass(5);
    let block = served
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    let url = served.l1.beacon_url();
    let (status, head) = client::get(&url, "/eth/v1/beacon/headers/head").await;
    assert_eq!(status, 200);
    let parent = &head["data"]["header"]["message"]["parent_root"];
    assert_eq!(block["parentBeaconBlockRoot"], *parent);
    let (_, genesis) = client::get(&url, "/eth/v1/beacon/genesis").await;
    let genesis_time: u64 = text(&genesis["data"]["genesis_time"]);
    assert_eq!(genesis_time, served.l1.genesis_time_s());
}

#[tokio::test(flavor = "multi_thread")]
async fn duties_name_the_proposers_that_later_make_the_blocks() {
    let served = Served::start().await;
    served.pass(2);
    let url = served.l1.beacon_url();
    let (_, duties) = client::get(&url, "/eth/v1/validator/duties/proposer/1").await;
    served.pass(14);
    for duty in duties["data"].as_array().unwrap() {
        let path = format!("/eth/v1/beacon/headers/{}", text::<u64>(&duty["slot"]));
        let (status, header) = client::get(&url, &path).await;
        assert_eq!(status, 200, "{path}: {header}");
        let proposer = &header["data"]["header"]["message"]["proposer_index"];
        assert_eq!(*proposer, duty["validator_index"]);
    }
}

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}
