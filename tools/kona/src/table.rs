//! Bytes per transfer: our singular batches beside the span batches that OP batchers usually post.

use crate::{
    kona::{rlp_by_kona, single},
    words::{CHAIN_ID, Dice, GENESIS_S, blocks, transfer},
};
use alloy_primitives::Bytes;
use forebond_rollup::op::channel::{BatchBlock, encode};
use kona_consensus::TxEnvelope;
use kona_eips::eip2718::Decodable2718;
use kona_protocol::{Batch, SpanBatch};
use miniz_oxide::deflate::compress_to_vec_zlib;

/// Transfers in the batch.
const TRANSFERS: u64 = 6_000;

/// Prints the table, for busy and for quiet blocks.
pub fn print() {
    println!(
        "bytes per signed transfer of ETH ({TRANSFERS} transfers, 50 senders, new recipients)"
    );
    println!(
        "{:<18} {:>8} {:>8} {:>8} {:>10} {:>6}",
        "batch", "raw", "zlib 6", "zlib 10", "brotli 10", "blobs"
    );
    for per_block in [1_000, 100, 10] {
        let mut dice = Dice::new(5);
        let sent = blocks(&mut dice, TRANSFERS / per_block, per_block, transfer);
        let ours = rlp_by_kona(&sent);
        let blobs = encode(&sent).map_or(0, |blobs| blobs.len());
        row(&format!("singular, {per_block}/block"), &ours, blobs);
        row(&format!("span, {per_block}/block"), &span(&sent), 0);
    }
}

fn row(name: &str, rlp: &[u8], blobs: usize) {
    let per = |bytes: usize| bytes as f64 / TRANSFERS as f64;
    println!(
        "{name:<20} {:>6.1} {:>8.1} {:>8.1} {:>10.1} {:>6}",
        per(rlp.len()),
        per(compress_to_vec_zlib(rlp, 6).len()),
        per(compress_to_vec_zlib(rlp, 10).len()),
        per(brotli(rlp)),
        if blobs == 0 {
            String::from("-")
        } else {
            blobs.to_string()
        },
    );
}

/// The channel with one span batch, uncompressed.
fn span(blocks: &[BatchBlock]) -> Vec<u8> {
    let mut span = SpanBatch {
        genesis_timestamp: GENESIS_S,
        chain_id: CHAIN_ID,
        ..Default::default()
    };
    let mut origin = 0;
    for block in blocks {
        let sequence = u64::from(block.origin_number == origin);
        origin = block.origin_number;
        let mut batch = single(block);
        // Kona wants transactions in their network form here.
        for transaction in &mut batch.transactions {
            let envelope = TxEnvelope::decode_2718(&mut transaction.as_ref()).expect("decodes");
            let mut network = vec![];
            alloy_rlp::Encodable::encode(&envelope, &mut network);
            *transaction = network.into();
        }
        span.append_singular_batch(batch, sequence)
            .expect("appends");
    }
    let mut batch = vec![];
    Batch::Span(span).encode(&mut batch).expect("encodes");
    let mut rlp = vec![];
    alloy_rlp::Encodable::encode(&Bytes::from(batch), &mut rlp);
    rlp
}

fn brotli(rlp: &[u8]) -> usize {
    let mut out = vec![];
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 10,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &rlp[..], &mut out, &parameters).expect("compresses");
    // The version byte in front.
    out.len() + 1
}
