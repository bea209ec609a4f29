//! The door: refuses connections by the peer book before anything else is spent on them.

use std::{
    collections::HashMap,
    net::IpAddr,
    task::{Context, Poll},
    time::Instant,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};

use crate::policy::{PeerBook, Refusal};

/// Milliseconds since the network started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now_ms(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Owns the peer book, so that who is connected is known in one place.
pub(super) struct Gate {
    pub(super) book: PeerBook,
    clock: Clock,
    handshakes: HashMap<ConnectionId, Option<IpAddr>>,
}

impl Gate {
    pub(super) fn new(book: PeerBook, clock: Clock) -> Self {
        Self {
            book,
            clock,
            handshakes: HashMap::new(),
        }
    }

    fn stay(&self, peer: &PeerId, address: &Multiaddr, inbound: bool) -> Result<(), Refusal> {
        let now_ms = self.clock.now_ms();
        self.book.may_stay(peer, ip_of(address), inbound, now_ms)
    }
}

fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    address.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)),
        _ => None,
    })
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = std::convert::Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let ip = ip_of(remote);
        let of_ip = self
            .handshakes
            .values()
            .filter(|other| **other == ip)
            .count();
        self.book
            .may_begin(ip, self.handshakes.len(), of_ip, self.clock.now_ms())
            .map_err(ConnectionDenied::new)?;
        self.handshakes.insert(connection, ip);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handshakes.remove(&connection);
        self.stay(&peer, remote, true)
            .map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _connection: ConnectionId,
        peer: PeerId,
        remote: &Multiaddr,
        _role: Endpoint,
        _port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.stay(&peer, remote, false)
            .map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let now_ms = self.clock.now_ms();
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                let ip = ip_of(event.endpoint.get_remote_address());
                let inbound = event.endpoint.is_listener();
                self.book.connected(event.peer_id, ip, inbound, now_ms);
            }
            FromSwarm::ConnectionClosed(event) => {
                self.book.disconnected(&event.peer_id, now_ms);
            }
            FromSwarm::ListenFailure(event) => {
                self.handshakes.remove(&event.connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _peer: PeerId,
        _connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}
