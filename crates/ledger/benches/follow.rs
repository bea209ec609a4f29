//! What following a gateway costs at 1,000 transfers per second, frags of ten, blocks of a second: `cargo bench -p forebond-ledger`.
//!
//! `frag` is one in mid-block; `border` the first frag of a block, which closes the one before and computes its hash; `seal` the
//! seal, which stores the block; `derive` a block of 1,000 transfers from L1.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "../tests/following/world/mod.rs"]
mod world;

use divan::{Bencher, counter::ItemsCount};
use forebond_ledger::Ledger;
use forebond_types::{Envelope, FragEnvelope, SealEnvelope};
use std::cell::RefCell;
use world::{Follower, Producer};

/// Transfers in a block.
const TRANSFERS: usize = 1_000;
/// Transfers in a frag.
const RUN: usize = 10;
/// Blocks made for a benchmark.
const BLOCKS: u32 = 24;

fn main() {
    divan::main();
}

struct Block {
    first: FragEnvelope,
    frags: Vec<FragEnvelope>,
    seal: SealEnvelope,
}

/// A chain in messages, and a follower at its start.
struct Stream {
    follower: Follower,
    blocks: std::vec::IntoIter<Block>,
}

fn stream(run: usize, blocks: u32) -> Stream {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let blocks: Vec<_> = (0..blocks)
        .map(|_| {
            let block = producer.transfers(TRANSFERS);
            let all = turn.frags(&block, &vec![run; TRANSFERS / run]);
            let seal = turn.seal(&block, all.last().unwrap(), false);
            let mut frags = all.into_iter().map(|envelope| match envelope {
                Envelope::Frag(frag) => frag,
                other => panic!("a frag, not {other:?}"),
            });
            Block {
                first: frags.next().unwrap(),
                frags: frags.collect(),
                seal,
            }
        })
        .collect();
    Stream {
        follower,
        blocks: blocks.into_iter(),
    }
}

fn settle(ledger: &mut Ledger, seal: &SealEnvelope) {
    ledger.follow_seal(&seal.seal, seal.signature).unwrap();
}

#[divan::bench(args = [RUN, 100, TRANSFERS], sample_count = 20, sample_size = 1)]
fn frag(bencher: Bencher<'_, '_>, run: usize) {
    let stream = RefCell::new(stream(run, BLOCKS));
    let waiting = RefCell::new((Vec::new().into_iter(), None));
    bencher
        .counter(ItemsCount::new(run))
        .with_inputs(|| {
            let (mut stream, mut waiting) = (stream.borrow_mut(), waiting.borrow_mut());
            if let Some(frag) = waiting.0.next() {
                return frag;
            }
            if let Some(seal) = waiting.1.take() {
                settle(&mut stream.follower, &seal);
            }
            let block = stream.blocks.next().unwrap();
            stream.follower.follow_frag(&block.first).unwrap();
            *waiting = (block.frags.into_iter(), Some(block.seal));
            waiting.0.next().unwrap()
        })
        .bench_local_values(|frag| stream.borrow_mut().follower.follow_frag(&frag).unwrap());
}

/// Follows a whole block but for its seal.
fn fill(stream: &mut Stream) -> SealEnvelope {
    let block = stream.blocks.next().unwrap();
    stream.follower.follow_frag(&block.first).unwrap();
    for frag in &block.frags {
        stream.follower.follow_frag(frag).unwrap();
    }
    block.seal
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn seal(bencher: Bencher<'_, '_>) {
    let stream = RefCell::new(stream(RUN, BLOCKS));
    let closed = RefCell::new(None::<Block>);
    bencher
        .with_inputs(|| {
            // The next block is open already, so the hash is known: what remains is storing.
            let mut stream = stream.borrow_mut();
            let mut open = closed.borrow_mut();
            let block = open.take().unwrap_or_else(|| {
                let block = stream.blocks.next().unwrap();
                stream.follower.follow_frag(&block.first).unwrap();
                block
            });
            for frag in &block.frags {
                stream.follower.follow_frag(frag).unwrap();
            }
            let next = stream.blocks.next().unwrap();
            stream.follower.follow_frag(&next.first).unwrap();
            *open = Some(next);
            block.seal
        })
        .bench_local_values(|seal| settle(&mut stream.borrow_mut().follower, &seal));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn border(bencher: Bencher<'_, '_>) {
    let stream = RefCell::new(stream(RUN, BLOCKS));
    let open = RefCell::new(None::<(Vec<FragEnvelope>, SealEnvelope)>);
    let before = RefCell::new(None::<SealEnvelope>);
    bencher
        .with_inputs(|| {
            let mut stream = stream.borrow_mut();
            let seal = match open.borrow_mut().take() {
                Some((frags, seal)) => {
                    let follower = &mut stream.follower;
                    before
                        .borrow_mut()
                        .take()
                        .iter()
                        .for_each(|seal| settle(follower, seal));
                    for frag in &frags {
                        follower.follow_frag(frag).unwrap();
                    }
                    seal
                }
                None => fill(&mut stream),
            };
            *before.borrow_mut() = Some(seal);
            let next = stream.blocks.next().unwrap();
            *open.borrow_mut() = Some((next.frags, next.seal));
            next.first
        })
        .bench_local_values(|first| stream.borrow_mut().follower.follow_frag(&first).unwrap());
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn derive(bencher: Bencher<'_, '_>) {
    let mut producer = Producer::new();
    (0..BLOCKS).for_each(|_| drop(producer.transfers(TRANSFERS)));
    let mut plans = producer.plans.clone().into_iter();
    let mut follower = Follower::new();
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .with_inputs(|| plans.next().unwrap())
        .bench_local_values(|plan| plan.derive(&mut follower).unwrap());
}
