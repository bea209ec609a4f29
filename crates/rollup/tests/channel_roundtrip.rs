//! What is encoded decodes to the same, and the gauge knows beforehand how much room it takes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use alloy_primitives::{B256, Bytes, keccak256};
use forebond_rollup::op::channel::{
    BatchBlock, BlobGauge, EncodeError, MAX_BLOBS, MAX_BLOCK_DATA_BYTES, MAX_BLOCKS,
    MAX_TRANSACTIONS, TRANSACTION_OVERHEAD_BYTES,
    blob::{BLOB_DATA_BYTES, pack, unpack},
    decode, encode, encode_in_frames_of, singular,
};
use proptest::prelude::*;

fn any_block() -> impl Strategy<Value = BatchBlock> {
    let transaction = prop::collection::vec(any::<u8>(), 0..300);
    (
        any::<[u8; 32]>(),
        any::<u64>(),
        any::<[u8; 32]>(),
        any::<u64>(),
        prop::collection::vec(transaction.prop_map(Bytes::from), 0..12),
    )
        .prop_map(
            |(parent, origin_number, origin, timestamp_s, transactions)| BatchBlock {
                parent_hash: parent.into(),
                origin_number,
                origin_hash: origin.into(),
                timestamp_s,
                transactions,
            },
        )
}

/// Bytes that do not compress.
fn noise(length: usize, seed: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 32);
    let mut word = B256::repeat_byte(seed);
    while bytes.len() < length {
        word = keccak256(word);
        bytes.extend_from_slice(word.as_slice());
    }
    bytes.truncate(length);
    bytes
}

fn block_of(transactions: Vec<Bytes>) -> BatchBlock {
    BatchBlock {
        transactions,
        ..world::chain(1, 0).remove(0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..Default::default() })]

    #[test]
    fn decoding_gives_back_what_was_encoded(blocks in prop::collection::vec(any_block(), 1..20)) {
        prop_assert_eq!(decode(&encode(&blocks).unwrap()).unwrap(), blocks);
    }

    #[test]
    fn channels_over_several_blobs_come_back_whole(
        blocks in prop::collection::vec(any_block(), 1..8),
        pieces in 1..=MAX_BLOBS,
    ) {
        let raw: usize = blocks.iter().map(singular::length).sum();
        // The channel is not longer than this, so it fits the pieces.
        let blobs = encode_in_frames_of((raw + 64).div_ceil(pieces), &blocks).unwrap();
        prop_assert!(blobs.len() <= pieces);
        prop_assert_eq!(decode(&blobs).unwrap(), blocks);
    }

    #[test]
    fn a_block_says_its_length_beforehand(block in any_block()) {
        let mut bytes = vec![];
        singular::write(&block, &mut bytes);
        prop_assert_eq!(bytes.len(), singular::length(&block));
    }

    #[test]
    fn a_blob_gives_back_its_bytes(seed in any::<u8>(), length in 0..=BLOB_DATA_BYTES) {
        let data = noise(length, seed);
        prop_assert_eq!(unpack(&pack(&data).unwrap(), 0).unwrap(), data);
    }
}

#[test]
fn a_full_blob_gives_back_its_bytes_and_a_longer_one_does_not_exist() {
    let data = vec![0xff; BLOB_DATA_BYTES];
    assert_eq!(BLOB_DATA_BYTES, 130_044);
    assert_eq!(unpack(&pack(&data).unwrap(), 0).unwrap(), data);
    assert!(pack(&[data, vec![0]].concat()).is_none());
    assert_eq!(unpack(&pack(&[]).unwrap(), 0).unwrap(), Vec::<u8>::new());
}

#[test]
fn the_same_blocks_give_the_same_blobs() {
    let blocks = world::chain(5, 3);
    assert_eq!(encode(&blocks).unwrap(), encode(&blocks).unwrap());
}

#[test]
fn a_block_within_the_declared_data_limit_fits_one_batch_whatever_it_holds() {
    // Many incompressible transactions, then one.
    let each = 150;
    let count = MAX_BLOCK_DATA_BYTES / (each + TRANSACTION_OVERHEAD_BYTES);
    let all = noise(count * each, 1);
    let many = block_of(all.chunks(each).map(Bytes::copy_from_slice).collect());
    let one = block_of(vec![
        noise(MAX_BLOCK_DATA_BYTES - TRANSACTION_OVERHEAD_BYTES, 2).into(),
    ]);
    let shortest = block_of(vec![Bytes::from_static(&[0xc0]); MAX_TRANSACTIONS]);
    for block in [many, one, shortest] {
        let blobs = encode(std::slice::from_ref(&block)).unwrap();
        assert!(blobs.len() <= MAX_BLOBS);
        assert_eq!(decode(&blobs).unwrap(), [block]);
    }
}

#[test]
fn what_no_decoder_takes_is_not_encoded() {
    assert_eq!(encode(&[]), Err(EncodeError::NoBlocks));
    let empty = block_of(vec![]);
    let many = vec![empty.clone(); MAX_BLOCKS + 1];
    assert_eq!(encode(&many), Err(EncodeError::Blocks(MAX_BLOCKS + 1)));
    assert_eq!(
        decode(&encode(&many[1..]).unwrap()).unwrap().len(),
        MAX_BLOCKS
    );
    let busy = block_of(vec![Bytes::from_static(&[1]); MAX_TRANSACTIONS + 1]);
    assert_eq!(
        encode(&[busy]),
        Err(EncodeError::Transactions(MAX_TRANSACTIONS + 1))
    );
    let zeros = block_of(vec![vec![0; 17 << 20].into()]);
    assert!(matches!(encode(&[zeros]), Err(EncodeError::RlpBytes(_))));
    let large = block_of(vec![noise(800_000, 3).into()]);
    assert_eq!(encode(&[large]), Err(EncodeError::Blobs(7)));
    assert!(matches!(
        encode_in_frames_of(0, &[empty]),
        Err(EncodeError::FrameBytes { .. })
    ));
}

#[test]
fn a_channel_that_unfolds_to_exactly_the_limit_is_taken() {
    let fit = |length: usize| block_of(vec![vec![0; length].into()]);
    let near = (16 << 20) - 1000;
    let over = singular::length(&fit(near)) - near;
    let block = fit((16 << 20) - over);
    assert_eq!(singular::length(&block), 16 << 20);
    assert_eq!(
        decode(&encode(std::slice::from_ref(&block)).unwrap()).unwrap(),
        [block]
    );
}

#[test]
fn the_gauge_says_a_little_more_than_blocks_of_transfers_take() {
    for transfers in [0, 1, 20, 400] {
        let blocks = world::chain(30, transfers);
        let mut gauge = BlobGauge::default();
        assert_eq!((gauge.blobs(), gauge.blocks()), (0, 0));
        for block in &blocks {
            gauge.push(block);
        }
        let mut rlp = vec![];
        blocks
            .iter()
            .for_each(|block| singular::write(block, &mut rlp));
        let real = forebond_rollup::op::channel::zlib::deflate(&rlp).len();
        assert!(
            gauge.channel_bytes() >= real,
            "{transfers}: {} < {real}",
            gauge.channel_bytes()
        );
        if transfers >= 20 {
            assert!(
                gauge.channel_bytes() < real + real / 20,
                "{transfers}: {} ≫ {real}",
                gauge.channel_bytes()
            );
        }
        assert!(gauge.blobs() >= encode(&blocks).map_or(MAX_BLOBS + 1, |blobs| blobs.len()));
        assert_eq!(
            gauge.transactions(),
            blocks.iter().map(|b| b.transactions.len()).sum::<usize>()
        );
    }
}

#[test]
fn the_gauge_says_when_the_blobs_are_full() {
    let mut gauge = BlobGauge::default();
    let block = |seed| block_of(vec![noise(100_000, seed).into()]);
    gauge.push(&block(1));
    assert!(gauge.fits(1));
    assert!((0.7..0.8).contains(&gauge.fill()));
    gauge.push(&block(2));
    assert!(!gauge.fits(1) && gauge.fits(2));
    (3..=8).for_each(|seed| gauge.push(&block(seed)));
    assert!(!gauge.fits(usize::MAX));
}
