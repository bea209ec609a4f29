//! Gossip between real nodes on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use alloy_primitives::B256;
use forebond_net::{Incoming, LeaveReason, NetConfig, PublishError, Source};
use forebond_types::Envelope;
use world::{Gateway, config, knows, next, peer_up, publish_until_heard, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_in_a_line_relay_a_turn_and_each_hears_everything_once() {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let (first, mut first_events) = start(config(1, &[]), judge.clone()).await;
    let (middle, mut middle_events) = start(config(2, &first.listen_addrs()), judge.clone()).await;
    let (_last, mut last_events) = start(config(3, &middle.listen_addrs()), judge.clone()).await;
    peer_up(&mut first_events).await;
    peer_up(&mut last_events).await;

    gateway.open(8, 0);
    publish_until_heard(&mut gateway, &first, &mut last_events).await;
    let mut turn: Vec<_> = (0..20).map(|_| gateway.frag()).collect();
    turn.push(gateway.seal(true));
    for envelope in &turn {
        first.publish(envelope.clone()).unwrap();
    }
    for events in [&mut middle_events, &mut last_events] {
        let mut heard = Vec::new();
        while heard.len() < turn.len() {
            let (envelope, signer) = next(events, |event| match event {
                Incoming::Message {
                    envelope, signer, ..
                } => Some((envelope, signer)),
                _ => None,
            })
            .await;
            assert_eq!(signer, gateway.address());
            assert!(!heard.contains(&envelope), "heard twice");
            if turn.contains(&envelope) {
                heard.push(envelope);
            }
        }
    }
    let mut from = None;
    while let Some(event) = first_events.try_recv() {
        if let Incoming::Message { from: source, .. } = event {
            from = Some(source);
        }
    }
    assert_eq!(from, None, "nobody hears itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_reaches_everybody_as_evidence_once() {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let (first, _first_events) = start(config(4, &[]), judge.clone()).await;
    let (_second, mut events) = start(config(5, &first.listen_addrs()), judge.clone()).await;
    peer_up(&mut events).await;
    gateway.open(8, 0);
    publish_until_heard(&mut gateway, &first, &mut events).await;
    let honest = gateway.frag();
    let Envelope::Frag(frag) = &honest else {
        panic!("a frag")
    };
    first.publish(honest.clone()).unwrap();
    for content in 20..30 {
        first
            .publish(gateway.frag_of(frag.frag.sequence, content))
            .unwrap();
    }
    let conflict = next(&mut events, |event| match event {
        Incoming::Conflict(conflict) => Some(conflict),
        _ => None,
    })
    .await;
    assert_eq!(conflict.signer, gateway.address());
    // What comes after it: an honest frag, and no second report.
    let marker = gateway.frag();
    first.publish(marker.clone()).unwrap();
    next(&mut events, |event| match event {
        Incoming::Conflict(_) => panic!("reported twice"),
        Incoming::Message { envelope, .. } => (envelope == marker).then_some(()),
        _ => None,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_of_another_deployment_part_and_say_why() {
    let gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let (here, _here_events) = start(config(6, &[]), judge.clone()).await;
    let other = NetConfig {
        domain_separator: B256::repeat_byte(9),
        ..config(7, &here.listen_addrs())
    };
    let (_other, mut events) = start(other, judge).await;
    let reason = next(&mut events, |event| match event {
        Incoming::PeerDown { reason, .. } => Some(reason),
        _ => None,
    })
    .await;
    // Whoever reads the other's identity first ends it.
    assert!(matches!(
        reason,
        LeaveReason::OtherNetwork { .. } | LeaveReason::Closed(_)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bootnode_that_comes_back_is_called_again() {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let (first, first_events) = start(config(8, &[]), judge.clone()).await;
    let address = first.listen_addrs();
    let (_second, mut events) = start(config(9, &address), judge.clone()).await;
    peer_up(&mut events).await;
    drop((first, first_events));
    next(&mut events, |event| {
        matches!(
            event,
            Incoming::PeerDown {
                from: Source::Peer(_),
                ..
            }
        )
        .then_some(())
    })
    .await;
    let again = NetConfig {
        listen: address
            .iter()
            .map(|full| full.iter().take(2).collect())
            .collect(),
        ..config(8, &[])
    };
    let (first, _first_events) = start(again, judge).await;
    peer_up(&mut events).await;
    gateway.open(8, 0);
    publish_until_heard(&mut gateway, &first, &mut events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_would_read_is_not_published() {
    let mut gateway = Gateway::new(1);
    let (net, _events) = start(config(10, &[]), knows(&gateway)).await;
    gateway.open(8, 0);
    let mut long = gateway.frag();
    if let Envelope::Frag(frag) = &mut long {
        frag.transactions[0].raw = vec![0; 5 << 20].into();
    }
    assert!(matches!(
        net.publish(long),
        Err(PublishError::TooLong { .. })
    ));
}
