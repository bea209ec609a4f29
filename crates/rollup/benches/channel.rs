//! Cost of batches: time to encode, gauge and decode, and bytes per transfer. `tools/kona` prints the same transfers as span batches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a wrong answer should stop the benchmark; it prints a table"
)]

#[path = "../tests/world/mod.rs"]
mod world;

use divan::{Bencher, counter::ItemsCount};
use forebond_rollup::op::channel::{BatchBlock, BlobGauge, decode, encode, singular};
use std::sync::OnceLock;

/// Seconds of rollup time in the batch, at one block and [`RATE`] transfers a second.
const SECONDS: u64 = 6;
const RATE: u64 = 1_000;

fn blocks() -> &'static [BatchBlock] {
    static BLOCKS: OnceLock<Vec<BatchBlock>> = OnceLock::new();
    BLOCKS.get_or_init(|| world::chain(SECONDS, RATE))
}

fn main() {
    let mut rlp = Vec::new();
    blocks()
        .iter()
        .for_each(|block| singular::write(block, &mut rlp));
    let transfers = (SECONDS * RATE) as f64;
    println!("bytes per signed transfer, singular batches");
    println!("  uncompressed  {:.1}", rlp.len() as f64 / transfers);
    for level in [1, 6, 9, 10] {
        let start = std::time::Instant::now();
        let bytes = miniz_oxide::deflate::compress_to_vec_zlib(&rlp, level).len();
        println!(
            "  zlib level {level:<2} {:.1}  ({} ms)",
            bytes as f64 / transfers,
            start.elapsed().as_millis()
        );
    }
    println!(
        "  blobs {} for {} transfers",
        encode(blocks()).unwrap().len(),
        SECONDS * RATE
    );
    divan::main();
}

#[divan::bench]
fn encode_transfers(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(SECONDS * RATE))
        .bench(|| encode(blocks()).unwrap());
}

#[divan::bench]
fn gauge_transfers(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(SECONDS * RATE)).bench(|| {
        let mut gauge = BlobGauge::default();
        blocks().iter().for_each(|block| gauge.push(block));
        gauge.channel_bytes()
    });
}

#[divan::bench]
fn decode_transfers(bencher: Bencher<'_, '_>) {
    let blobs = encode(blocks()).unwrap();
    bencher
        .counter(ItemsCount::new(SECONDS * RATE))
        .bench(|| decode(&blobs).unwrap());
}
