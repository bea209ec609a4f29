use alloy_primitives::B256;
use ethereum_hashing::hash_fixed;

use super::memory::Served;

#[tokio::test]
async fn blobs_come_in_order_or_by_versioned_hash() {
    let served = Served::new().await;
    let root = served.chain.propose_with_blobs(3);
    let all = served.get(&format!("v1/beacon/blobs/{root}")).await;
    let blobs = all["data"].as_array().unwrap();
    assert_eq!(blobs.len(), 3);
    assert_eq!(blobs[2].as_str().unwrap().len(), 2 + 2 * 131_072);

    let mut hash = B256::from(hash_fixed(&[1; 48]));
    hash[0] = 1;
    let one = served
        .get(&format!("v1/beacon/blobs/head?versioned_hashes={hash}"))
        .await;
    assert_eq!(one["data"].as_array().unwrap(), &blobs[1..2]);
    assert_eq!(served.ssz("v1/beacon/blobs/head").await.len(), 3 * 131_072);
    served
        .refused("v1/beacon/blobs/head?versioned_hashes=0x01", 400)
        .await;
}

#[tokio::test]
async fn a_block_without_blobs_has_an_empty_list() {
    let served = Served::new().await;
    served.chain.propose();
    assert!(
        served.get("v1/beacon/blobs/head").await["data"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn withheld_blobs_are_not_found_rather_than_empty() {
    let served = Served::new().await;
    let root = served.chain.propose_with_blobs(1);
    served.chain.hide_blobs(root);
    assert!(
        served
            .refused("v1/beacon/blobs/head", 404)
            .await
            .contains("not available")
    );
}

#[tokio::test]
async fn sidecars_are_gone() {
    let served = Served::new().await;
    assert!(
        served
            .refused("v1/beacon/blob_sidecars/head", 410)
            .await
            .contains("/eth/v1/beacon/blobs/")
    );
}
