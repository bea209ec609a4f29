//! How far behind the gateway nodes one and two hops away are: a thousand frags a second, a hundred bytes each, on loopback.
//! Prints microseconds from publishing to the reader, signature recovered on the way, and how many frags never came.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement for people"
)]

#[path = "../tests/world/mod.rs"]
mod world;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use alloy_primitives::B256;
use forebond_net::{Events, Incoming};
use forebond_types::Envelope;
use world::{Gateway, config, knows, peer_up, publish_until_heard, start};

const FRAGS: usize = 5_000;
const PACE: Duration = Duration::from_millis(1);
/// How long to wait for the last ones.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() {
    // `cargo test --benches` builds this and runs it without the flag: nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let (first, _first_events) = start(config(1, &[]), judge.clone()).await;
    let (second, second_events) = start(config(2, &first.listen_addrs()), judge.clone()).await;
    let (_third, mut third_events) = start(config(3, &second.listen_addrs()), judge).await;
    peer_up(&mut third_events).await;
    gateway.open(8, 0);
    publish_until_heard(&mut gateway, &first, &mut third_events).await;

    let frags: Vec<Envelope> = (0..FRAGS).map(|_| gateway.frag()).collect();
    let one = tokio::spawn(arrivals(second_events));
    let two = tokio::spawn(arrivals(third_events));
    let mut sent = HashMap::new();
    let mut pace = tokio::time::interval(PACE);
    for frag in frags {
        pace.tick().await;
        sent.insert(frag.struct_hash(), Instant::now());
        first.publish(frag).unwrap();
    }
    for (hops, arrivals) in [("one hop", one), ("two hops", two)] {
        let arrived = arrivals.await.unwrap();
        let mut lag_us: Vec<_> = sent
            .iter()
            .filter_map(|(hash, at)| Some(arrived.get(hash)?.duration_since(*at).as_micros()))
            .collect();
        lag_us.sort_unstable();
        let at = |percent: usize| lag_us.get(lag_us.len() * percent / 100);
        println!(
            "{hops}: p50 {:?} us, p99 {:?} us, max {:?} us, {} of {FRAGS} missing",
            at(50),
            at(99),
            lag_us.last(),
            FRAGS - lag_us.len()
        );
    }
}

/// When each frag came, until nothing comes for a while.
async fn arrivals(mut events: Events) -> HashMap<B256, Instant> {
    let mut arrived = HashMap::new();
    while let Ok(Some(event)) = tokio::time::timeout(PATIENCE, events.recv()).await {
        if let Incoming::Message { envelope, .. } = event {
            arrived.insert(envelope.struct_hash(), Instant::now());
        }
    }
    arrived
}
