//! Requests for what was missed, between real nodes on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use std::sync::Arc;

use alloy_primitives::Bytes;
use forebond_net::{History, RangeRequest, RequestError, Source};
use forebond_types::Envelope;
use world::{Gateway, Remembers, block_of, config, knows, peer_up, start, start_with};

const FROM_ONE: RangeRequest = RangeRequest::Envelopes {
    from_block: 1,
    max_blocks: 16,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_request_fills_a_gap_and_base_and_end_seal_can_be_requested() {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let turn = gateway.turn(8, 0, 5, 10);
    let history = Remembers::of(&turn);
    let (server, _server_events) = start_with(config(21, &[]), judge.clone(), history).await;
    let (net, mut events) = start(config(22, &server.listen_addrs()), judge).await;
    peer_up(&mut events).await;

    let whole = net.request_range(FROM_ONE).await.unwrap();
    assert_eq!(whole.from, Source::Peer(server.peer_id()));
    assert!(whole.messages.iter().all(|m| m.signer == gateway.address()));
    let messages: Vec<_> = whole.messages.into_iter().map(|m| m.envelope).collect();
    assert_eq!(messages, turn);

    let gap = RangeRequest::Envelopes {
        from_block: 3,
        max_blocks: 2,
    };
    let two = net.request_range(gap).await.unwrap();
    assert!(
        two.messages
            .iter()
            .all(|m| (3..5).contains(&block_of(&m.envelope)))
    );
    assert_eq!(two.messages.len(), 22);

    let base = net
        .request_range(RangeRequest::Base { window: 8 })
        .await
        .unwrap();
    assert_eq!(base.messages[0].envelope, turn[0]);
    let seal = net
        .request_range(RangeRequest::EndSeal { window: 8 })
        .await
        .unwrap();
    assert_eq!(Some(&seal.messages[0].envelope), turn.last());

    let unknown = net.request_range(RangeRequest::Base { window: 9 }).await;
    assert!(matches!(
        unknown,
        Err(RequestError::NotFound { asked: 1, .. })
    ));
}

/// Answers with something else than it has.
struct Spoils {
    turn: Vec<Envelope>,
    how: fn(Vec<Bytes>) -> Vec<Bytes>,
}

impl History for Spoils {
    fn envelopes(&self, _: u64, _: u16, _: usize) -> Vec<Bytes> {
        (self.how)(self.turn.iter().map(Envelope::encode).collect())
    }

    fn base(&self, _: u64) -> Option<Bytes> {
        None
    }

    fn end_seal(&self, _: u64) -> Option<Bytes> {
        None
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_send_gaps_garbage_or_panic_never_keep_an_honest_one_from_answering() {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let turn = gateway.turn(8, 0, 3, 4);
    let hows: [fn(Vec<Bytes>) -> Vec<Bytes>; 3] = [
        |all| all.into_iter().skip(2).step_by(2).collect(),
        |_| vec![Bytes::from_static(b"garbage")],
        |_| panic!("a history that is broken"),
    ];
    let mut servers = Vec::new();
    for (seed, how) in (31..).zip(hows) {
        let history = Arc::new(Spoils {
            turn: turn.clone(),
            how,
        });
        servers.push(start_with(config(seed, &[]), judge.clone(), history).await);
    }
    let honest = Remembers::of(&turn);
    servers.push(start_with(config(34, &[]), judge.clone(), honest).await);
    let addresses: Vec<_> = servers.iter().flat_map(|s| s.0.listen_addrs()).collect();
    let mut settings = config(35, &addresses);
    settings.limits.max_peers_asked = 4;
    settings.limits.answer_ms = 1_000;
    let (net, mut events) = start(settings, judge).await;
    for _ in 0..servers.len() {
        peer_up(&mut events).await;
    }
    for _ in 0..5 {
        let answer = net.request_range(FROM_ONE).await.unwrap();
        assert_eq!(answer.messages.len(), turn.len());
    }
    let honest = servers.last().map(|server| server.0.counters()).unwrap();
    assert_eq!(honest.served, 5);
    let wasted: u64 = servers[..3].iter().map(|s| s.0.counters().served).sum();
    assert!(wasted <= 3, "useless peers were asked {wasted} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nobody_to_ask_a_request_ends_at_once_and_says_so() {
    let gateway = Gateway::new(1);
    let (net, _events) = start(config(36, &[]), knows(&gateway)).await;
    assert_eq!(
        net.request_range(FROM_ONE).await.unwrap_err(),
        RequestError::NoPeers {
            connected: 0,
            resting: 0
        }
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_catches_up_as_fast_as_it_can_is_never_taken_for_a_flood() {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let turn = gateway.turn(8, 0, 40, 1);
    let history = Remembers::of(&turn);
    let (server, _server_events) = start_with(config(37, &[]), judge.clone(), history).await;
    let (net, mut events) = start(config(38, &server.listen_addrs()), judge).await;
    peer_up(&mut events).await;
    for from_block in 1..=30 {
        let one = RangeRequest::Envelopes {
            from_block,
            max_blocks: 1,
        };
        net.request_range(one).await.unwrap();
    }
    assert_eq!(server.counters().busy, 0);
    assert_eq!(net.peers(), 1);
}
