//! Peers to call, and to call again when they are lost.

use libp2p::{
    Multiaddr, PeerId,
    multiaddr::Protocol,
    swarm::{ConnectionId, dial_opts::DialOpts},
};

use crate::policy::Backoff;

/// First and longest wait between calls, milliseconds.
const FIRST_MS: u64 = 250;
const LONGEST_MS: u64 = 15_000;

struct Bootnode {
    address: Multiaddr,
    peer: Option<PeerId>,
    state: State,
    backoff: Backoff,
}

enum State {
    Waits { until_ms: u64 },
    Called(ConnectionId),
    Connected,
}

/// All bootnodes of this node.
pub(super) struct Bootnodes(Vec<Bootnode>);

impl Bootnodes {
    /// `seed` keeps nodes that start together from calling in step.
    pub(super) fn new(addresses: &[Multiaddr], me: PeerId, seed: u64) -> Self {
        let nodes = addresses
            .iter()
            .zip(seed..)
            .map(|(address, seed)| Bootnode {
                address: address.clone(),
                peer: address.iter().find_map(|part| match part {
                    Protocol::P2p(peer) => Some(peer),
                    _ => None,
                }),
                state: State::Waits { until_ms: 0 },
                backoff: Backoff::new(FIRST_MS, LONGEST_MS, seed),
            });
        // One list of bootnodes may serve all nodes, this one included.
        Self(nodes.filter(|node| node.peer != Some(me)).collect())
    }

    /// Calls that are due.
    pub(super) fn due(
        &mut self,
        now_ms: u64,
        connected: impl Fn(&PeerId) -> bool,
    ) -> Vec<DialOpts> {
        let mut calls = Vec::new();
        for node in &mut self.0 {
            let State::Waits { until_ms } = node.state else {
                continue;
            };
            if until_ms > now_ms {
                continue;
            }
            if node.peer.as_ref().is_some_and(&connected) {
                // It called us.
                node.state = State::Connected;
                continue;
            }
            let call = DialOpts::unknown_peer_id()
                .address(node.address.clone())
                .build();
            node.state = State::Called(call.connection_id());
            calls.push(call);
        }
        calls
    }

    pub(super) fn connected(&mut self, connection: ConnectionId, peer: PeerId) {
        for node in &mut self.0 {
            if matches!(node.state, State::Called(called) if called == connection) {
                node.state = State::Connected;
                node.peer = Some(peer);
                node.backoff.succeeded();
            }
        }
    }

    pub(super) fn failed(&mut self, connection: ConnectionId, now_ms: u64) {
        for node in &mut self.0 {
            if matches!(node.state, State::Called(called) if called == connection) {
                let until_ms = now_ms + node.backoff.failed();
                node.state = State::Waits { until_ms };
            }
        }
    }

    /// The last connection to a peer ended.
    pub(super) fn lost(&mut self, peer: &PeerId, now_ms: u64) {
        for node in &mut self.0 {
            if node.peer.as_ref() == Some(peer) && matches!(node.state, State::Connected) {
                let until_ms = now_ms + node.backoff.failed();
                node.state = State::Waits { until_ms };
            }
        }
    }
}
