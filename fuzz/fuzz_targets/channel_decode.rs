//! What a gateway, or whoever sends L1 data to a node, can put in blobs: never a panic, bounded blocks and transactions, and what
//! decodes encodes and decodes to the same blocks.
//!
//! The first byte says at which layer the other bytes stand, so that the fuzzer gets behind the checksums: 0 the blob itself, 1 its
//! content, 2 a channel in one frame, 3 what the channel unfolds to.
#![no_main]

use forebond_rollup::op::channel::{
    MAX_BLOCKS, MAX_TRANSACTIONS, blob, decode, encode, frame::Frame, zlib,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((layer, bytes)) = data.split_first() else {
        return;
    };
    let in_frame = |channel: &[u8]| {
        let mut content = vec![0];
        Frame {
            id: [1; 16],
            number: 0,
            data: channel,
            is_last: true,
        }
        .write(&mut content);
        blob::pack(&content)
    };
    let packed = match layer % 4 {
        0 => blob::pack(&[]).map(|mut raw| {
            let used = bytes.len().min(raw.len());
            raw[..used].copy_from_slice(&bytes[..used]);
            raw
        }),
        1 => blob::pack(bytes),
        2 => in_frame(bytes),
        _ => in_frame(&zlib::deflate(bytes)),
    };
    let Some(packed) = packed else {
        return;
    };
    let Ok(blocks) = decode(&[packed]) else {
        return;
    };
    assert!((1..=MAX_BLOCKS).contains(&blocks.len()));
    let transactions: usize = blocks.iter().map(|block| block.transactions.len()).sum();
    assert!(transactions <= MAX_TRANSACTIONS);
    // Another compressor may have been better than ours: then the blocks need more blobs than there are.
    if let Ok(again) = encode(&blocks) {
        assert_eq!(decode(&again).as_ref(), Ok(&blocks));
    }
});
