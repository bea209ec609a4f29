//! Hostile blobs cost bounded memory, measured.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "an allocator that counts; a wrong answer should stop the test"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes};
use forebond_rollup::op::channel::{
    BatchBlock, DecodeError, MAX_BLOCKS, MAX_RLP_BYTES, MAX_TRANSACTIONS, blob::pack, decode,
    encode, frame::Frame, zlib,
};

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `decode` takes at its highest, beyond what was there before, bytes.
fn peak(blobs: &[Box<Blob>]) -> (usize, Result<usize, DecodeError>) {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let blocks = decode(blobs).map(|blocks| blocks.len());
    (PEAK.load(Ordering::Relaxed) - before, blocks)
}

fn in_blobs(channel: &[u8]) -> Vec<Box<Blob>> {
    let pieces: Vec<_> = channel.chunks(130_000).collect();
    let frame = |(number, data): (u16, &&[u8])| {
        let mut content = vec![0];
        let is_last = usize::from(number) + 1 == pieces.len();
        Frame {
            id: [9; 16],
            number,
            data,
            is_last,
        }
        .write(&mut content);
        pack(&content).unwrap()
    };
    (0u16..).zip(&pieces).map(frame).collect()
}

fn block(transactions: Vec<Bytes>) -> BatchBlock {
    BatchBlock {
        parent_hash: B256::ZERO,
        origin_number: 1,
        origin_hash: B256::ZERO,
        timestamp_s: 1,
        transactions,
    }
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn nothing_that_fits_six_blobs_takes_more_than_four_times_the_limit_of_unfolded_bytes() {
    let limit = 4 * MAX_RLP_BYTES;
    let bomb = in_blobs(&zlib::deflate(&vec![0; 400 << 20]));
    let (bytes, found) = peak(&bomb);
    assert_eq!(found, Err(DecodeError::RlpBytes));
    assert!(bytes < limit, "bomb: {bytes}");

    let large = encode(&[block(vec![vec![0; MAX_RLP_BYTES - 200].into()])]).unwrap();
    let (bytes, found) = peak(&large);
    assert_eq!(found, Ok(1));
    assert!(bytes < limit, "one large transaction: {bytes}");

    let tiny = encode(&[block(vec![Bytes::from_static(&[1]); MAX_TRANSACTIONS])]).unwrap();
    let (bytes, found) = peak(&tiny);
    assert_eq!(found, Ok(1));
    assert!(bytes < limit, "many transactions: {bytes}");

    let blocks = encode(&vec![block(vec![]); MAX_BLOCKS]).unwrap();
    let (bytes, found) = peak(&blocks);
    assert_eq!(found, Ok(MAX_BLOCKS));
    assert!(bytes < limit, "many blocks: {bytes}");
}
