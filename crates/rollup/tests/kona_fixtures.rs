//! Batches that kona has read (`tools/kona` writes them): our decoder gives the same blocks, our encoder the same blobs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes};
use forebond_rollup::op::channel::{BatchBlock, blob::unpack, decode, encode, frame};
use serde_json::Value;

fn fixture(name: &str) -> (Vec<Box<Blob>>, Vec<BatchBlock>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/derivation");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    let fixture: Value = serde_json::from_str(&text).unwrap();
    let bytes = |value: &Value| value.as_str().unwrap().parse::<Bytes>().unwrap();
    let hash = |value: &Value| value.as_str().unwrap().parse::<B256>().unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let blobs = list(&fixture["blobs"]).into_iter().map(|text| {
        let used = bytes(&text);
        let mut blob = Box::new(Blob::ZERO);
        blob[..used.len()].copy_from_slice(&used);
        blob
    });
    let blocks = list(&fixture["blocks"])
        .into_iter()
        .map(|block| BatchBlock {
            parent_hash: hash(&block["parentHash"]),
            origin_number: block["originNumber"].as_u64().unwrap(),
            origin_hash: hash(&block["originHash"]),
            timestamp_s: block["timestamp"].as_u64().unwrap(),
            transactions: list(&block["transactions"]).iter().map(bytes).collect(),
        });
    (blobs.collect(), blocks.collect())
}

#[test]
fn blobs_decode_to_the_blocks_kona_reads_in_them() {
    for (name, count, blobs) in [("one_blob", 6, 1), ("three_blobs", 9, 3), ("by_kona", 5, 1)] {
        let (found, blocks) = fixture(name);
        assert_eq!((found.len(), blocks.len()), (blobs, count), "{name}");
        assert_eq!(decode(&found).unwrap(), blocks, "{name}");
    }
}

#[test]
fn the_encoder_still_writes_the_frozen_blobs() {
    let (blobs, blocks) = fixture("one_blob");
    assert_eq!(encode(&blocks).unwrap(), blobs);
}

#[test]
fn the_fixtures_cover_several_blobs_and_several_channels() {
    let channels = |name: &str| {
        let (blobs, _) = fixture(name);
        let mut ids = vec![];
        for blob in &blobs {
            let content = unpack(blob, 0).unwrap();
            let mut frames = &content[1..];
            while !frames.is_empty() {
                let frame = frame::read(&mut frames, 0).unwrap();
                ids.push((frame.id, frame.is_last));
            }
        }
        (
            ids.iter().filter(|(_, is_last)| *is_last).count(),
            ids.len(),
        )
    };
    assert_eq!(channels("three_blobs"), (1, 3));
    let (whole, frames) = channels("by_kona");
    assert_eq!(whole, 2);
    assert!(frames > 4);
}
