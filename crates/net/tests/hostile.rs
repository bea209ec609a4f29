//! Hostile peers against a real node, while an honest one is heard.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use std::time::Duration;

use forebond_net::{Incoming, LeaveReason, Multiaddr, Net, Offence};
use futures_util::StreamExt;
use libp2p::{
    Swarm, SwarmBuilder,
    gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode},
    noise, tcp, yamux,
};
use tokio::{net::TcpStream, task::JoinHandle};
use world::{DEADLINE, Events, Gateway, config, knows, next, peer_up, publish_until_heard, start};

/// A gossip peer without any of our manners.
fn hostile() -> Swarm<gossipsub::Behaviour> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| {
            let settings = gossipsub::ConfigBuilder::default()
                .validation_mode(ValidationMode::Anonymous)
                .max_transmit_size(8 << 20)
                .message_id_fn(|message| {
                    MessageId::from(alloy_primitives::keccak256(&message.data).0.to_vec())
                })
                .build()
                .unwrap();
            gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, settings).unwrap()
        })
        .unwrap()
        .build()
}

/// Sends what `make` makes, forty at a time, until the connection is closed on it.
fn attack(victim: &Net, make: impl Fn(u32) -> Vec<u8> + Send + 'static) -> JoinHandle<u32> {
    let address: Multiaddr = victim.listen_addrs()[0].clone();
    let topic = IdentTopic::new("/forebond/9545/5e5e5e5e5e5e5e5e/0/envelopes");
    let mut swarm = hostile();
    swarm.behaviour_mut().subscribe(&topic).unwrap();
    swarm.dial(address).unwrap();
    tokio::spawn(async move {
        let mut sent = 0;
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        loop {
            tokio::select! {
                event = swarm.select_next_some() => {
                    if let libp2p::swarm::SwarmEvent::ConnectionClosed { .. } = event {
                        return sent;
                    }
                }
                _ = pace.tick() => {
                    for _ in 0..40 {
                        if swarm.behaviour_mut().publish(topic.clone(), make(sent)).is_ok() {
                            sent += 1;
                        }
                    }
                }
            }
        }
    })
}

struct Scene {
    gateway: Gateway,
    honest: Net,
    honest_events: Events,
    victim: Net,
    events: Events,
}

/// An honest node and a victim that hears it.
async fn scene(seed: u8, max_message_bytes: usize) -> Scene {
    let mut gateway = Gateway::new(1);
    let judge = knows(&gateway);
    let (honest, honest_events) = start(config(seed, &[]), judge.clone()).await;
    let mut settings = config(seed + 1, &honest.listen_addrs());
    settings.limits.max_message_bytes = max_message_bytes;
    let (victim, mut events) = start(settings, judge).await;
    peer_up(&mut events).await;
    gateway.open(8, 0);
    publish_until_heard(&mut gateway, &honest, &mut events).await;
    Scene {
        gateway,
        honest,
        honest_events,
        victim,
        events,
    }
}

impl Scene {
    /// The honest peer is still heard, and was never charged.
    async fn honest_traffic_flows(&mut self) {
        let marker = self.gateway.frag();
        self.honest.publish(marker.clone()).unwrap();
        next(&mut self.events, |event| match event {
            Incoming::Message { envelope, .. } => (envelope == marker).then_some(()),
            Incoming::PeerDown { from, .. } => {
                assert_ne!(
                    from,
                    forebond_net::Source::Peer(self.honest.peer_id()),
                    "the honest peer was parted with"
                );
                None
            }
            _ => None,
        })
        .await;
        assert!(!self.honest_events.is_closed());
    }

    async fn banned_for(&mut self) -> Offence {
        next(&mut self.events, |event| match event {
            Incoming::PeerDown {
                reason: LeaveReason::Banned { offence, .. },
                ..
            } => Some(offence),
            _ => None,
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_garbage_is_banned_while_honest_traffic_flows() {
    let mut scene = scene(41, 1 << 20).await;
    let attacker = attack(&scene.victim, |n| n.to_be_bytes().to_vec());
    assert_eq!(scene.banned_for().await, Offence::Undecodable);
    let sent = tokio::time::timeout(DEADLINE, attacker).await.unwrap();
    assert!(sent.unwrap() > 0);
    scene.honest_traffic_flows().await;
    assert_eq!(scene.victim.counters().banned, 1);
    assert_eq!(scene.victim.peers(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_messages_that_are_too_long_is_banned_while_honest_traffic_flows() {
    let mut scene = scene(43, 2_048).await;
    let _attacker = attack(&scene.victim, |n| {
        let mut long = vec![0xc0; 3_000];
        long[..4].copy_from_slice(&n.to_be_bytes());
        long
    });
    assert_eq!(scene.banned_for().await, Offence::Oversize);
    scene.honest_traffic_flows().await;
}

/// Pitfall: unknown-signer messages that penalise honest peers. A flood of them costs bounded work instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_unknown_signers_are_nobodys_fault_and_cost_bounded_work() {
    let mut scene = scene(45, 1 << 20).await;
    let _attacker = attack(&scene.victim, |n| {
        let mut stranger = Gateway::new(9);
        stranger.open(8, u64::from(n));
        stranger.frag().encode().to_vec()
    });
    let flooded = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        while scene.victim.counters().unread < 300 {
            pace.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, flooded)
        .await
        .expect("a flood");
    scene.honest_traffic_flows().await;
    let counters = scene.victim.counters();
    assert_eq!((counters.rejected, counters.banned), (0, 0), "{counters:?}");
    assert_eq!(scene.victim.peers(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_that_never_say_anything_take_bounded_room() {
    let mut scene = scene(47, 1 << 20).await;
    let port = scene.victim.listen_addrs()[0]
        .iter()
        .find_map(|part| match part {
            libp2p::multiaddr::Protocol::Tcp(port) => Some(port),
            _ => None,
        })
        .unwrap();
    let mut idle = Vec::new();
    for _ in 0..1_000 {
        let connect = TcpStream::connect(("127.0.0.1", port));
        if let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_secs(1), connect).await {
            idle.push(stream);
        }
    }
    scene.honest_traffic_flows().await;
    let refusals = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        while scene.victim.counters().refused < 500 {
            pace.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, refusals)
        .await
        .expect("most are refused at the door");
    assert_eq!(scene.victim.peers(), 1);
}
