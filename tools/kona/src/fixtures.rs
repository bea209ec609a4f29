//! `fixtures/derivation/`: blobs, and the blocks kona reads in them.

use crate::{
    kona::{blobs_by_kona, read},
    words::{Dice, blocks, transaction},
};
use alloy_primitives::{B256, Bytes};
use forebond_rollup::op::channel::{BatchBlock, decode, encode, encode_in_frames_of};
use kona_eips::eip4844::Blob;
use serde::{Deserialize, Serialize};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/derivation");
const NAMES: [&str; 3] = ["one_blob", "three_blobs", "by_kona"];

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fixture {
    about: String,
    /// Without the zeros at their end.
    blobs: Vec<Bytes>,
    /// As kona reads them.
    blocks: Vec<Block>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Block {
    parent_hash: B256,
    origin_number: u64,
    origin_hash: B256,
    timestamp: u64,
    transactions: Vec<Bytes>,
}

fn shorten(blob: &Blob) -> Bytes {
    let used = blob
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    Bytes::copy_from_slice(&blob[..used])
}

fn restore(bytes: &Bytes) -> Box<Blob> {
    let mut blob = Box::new(Blob::ZERO);
    blob[..bytes.len()].copy_from_slice(bytes);
    blob
}

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}.json")
}

/// Writes all of them.
pub fn write() {
    let mut dice = Dice::new(4);
    let mut some = |count, each| blocks(&mut dice, count, each, |dice, _| transaction(dice));
    let (one, three, theirs) = (some(6, 2), some(9, 1), some(5, 2));
    let made = [
        (
            "six blocks with transactions of all types, our encoder",
            encode(&one),
        ),
        ("nine blocks, a channel over three blobs, our encoder", {
            let whole = encode_in_frames_of(100_000, &three).expect("fits");
            let bytes = shorten(&whole[0]).len() / 3 + 40;
            encode_in_frames_of(bytes, &three)
        }),
        (
            "two channels of many frames in one blob, kona's encoder",
            Ok(blobs_by_kona(&theirs, 300)),
        ),
    ];
    std::fs::create_dir_all(FOLDER).expect("folder");
    for (name, (about, blobs)) in NAMES.into_iter().zip(made) {
        let blobs = blobs.expect("fits");
        let fixture = Fixture {
            about: about.into(),
            blocks: read(&blobs).into_iter().map(Block::from).collect(),
            blobs: blobs.iter().map(|blob| shorten(blob)).collect(),
        };
        let text = serde_json::to_string_pretty(&fixture).expect("JSON");
        std::fs::write(path(name), text + "\n").expect("written");
    }
}

/// Kona still reads them as written, and so do we.
pub fn check() {
    for name in NAMES {
        let text = std::fs::read_to_string(path(name)).expect("committed fixture");
        let fixture: Fixture = serde_json::from_str(&text).expect("JSON");
        let blobs: Vec<_> = fixture.blobs.iter().map(restore).collect();
        let blocks: Vec<_> = fixture.blocks.into_iter().map(BatchBlock::from).collect();
        assert_eq!(read(&blobs), blocks, "{name}");
        assert_eq!(decode(&blobs).expect("decodes"), blocks, "{name}");
    }
    println!("{} fixtures: as kona reads them", NAMES.len());
}

impl From<BatchBlock> for Block {
    fn from(block: BatchBlock) -> Self {
        Self {
            parent_hash: block.parent_hash,
            origin_number: block.origin_number,
            origin_hash: block.origin_hash,
            timestamp: block.timestamp_s,
            transactions: block.transactions,
        }
    }
}

impl From<Block> for BatchBlock {
    fn from(block: Block) -> Self {
        Self {
            parent_hash: block.parent_hash,
            origin_number: block.origin_number,
            origin_hash: block.origin_hash,
            timestamp_s: block.timestamp,
            transactions: block.transactions,
        }
    }
}
