//! The network's task: events of the stack in, decisions asked of `policy`, results out.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use alloy_primitives::{B256, keccak256};
use futures_util::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::transport::ListenerId,
    gossipsub::{IdentTopic, MessageId, PublishError},
    identify,
    multiaddr::Protocol,
    request_response::InboundRequestId,
    swarm::{ListenError, SwarmEvent},
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::JoinSet,
};

use super::{
    asks::Asks,
    behaviour::{Behaviour, BehaviourEvent, topic},
    bootnodes::Bootnodes,
    gate::Clock,
    handle::{Command, Parts, Shared},
    ranging::{Done, MAX_SERVING, Serving},
};
use crate::{
    History, Incoming, Judge, LeaveReason, Limits, NetConfig, NetError, Source,
    outbox::{Gone, Outbox},
    policy::Intake,
};

/// How often waiting things are looked at.
const TICK: Duration = Duration::from_millis(100);
/// Ticks between tellings of scores to gossip: they get better by themselves.
const TICKS_PER_SCORES: u64 = 10;

/// Where a gossiped message came from, until it is settled.
pub(super) type Tag = (MessageId, PeerId);

pub(super) struct Runner {
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) network: String,
    pub(super) separator: B256,
    pub(super) topic: IdentTopic,
    pub(super) judge: Arc<dyn Judge>,
    pub(super) history: Arc<dyn History>,
    pub(super) inbox: mpsc::Receiver<Command>,
    pub(super) outbox: Outbox,
    pub(super) shared: Arc<Shared>,
    pub(super) intake: Intake<Tag>,
    pub(super) asks: Asks,
    pub(super) bootnodes: Bootnodes,
    /// Why we are about to part with a peer.
    pub(super) parting: HashMap<PeerId, LeaveReason>,
    pub(super) ticks: u64,
    pub(super) work: JoinSet<Done>,
    pub(super) places: Arc<Semaphore>,
    /// Requests of others under way; each ends by being answered or by failing.
    pub(super) serving: HashMap<InboundRequestId, Serving>,
}

impl Runner {
    pub(super) fn new(
        config: &NetConfig,
        swarm: Swarm<Behaviour>,
        clock: Clock,
        parts: Parts,
    ) -> Self {
        let me = parts.shared.me;
        let seed = keccak256(me.to_bytes());
        let seed = seed
            .iter()
            .take(8)
            .fold(0, |all, byte| all << 8 | u64::from(*byte));
        Self {
            swarm,
            clock,
            limits: config.limits.clone(),
            network: config.network(),
            separator: config.domain_separator,
            topic: topic(config),
            intake: Intake::new(parts.judge.clone(), config.domain_separator, &config.limits),
            judge: parts.judge,
            history: parts.history,
            inbox: parts.inbox,
            outbox: Outbox::new(parts.events),
            asks: Asks::new(&config.limits),
            bootnodes: Bootnodes::new(&config.bootnodes, me, seed >> 1),
            shared: parts.shared,
            parting: HashMap::new(),
            ticks: 0,
            work: JoinSet::new(),
            places: Arc::new(Semaphore::new(MAX_SERVING)),
            serving: HashMap::new(),
        }
    }

    /// Runs until the last handle or the reader is gone.
    pub(super) async fn run(
        mut self,
        mut listeners: Vec<(ListenerId, Multiaddr)>,
        ready: oneshot::Sender<Result<(), NetError>>,
    ) {
        let mut ready = Some(ready);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if listeners.is_empty()
                && let Some(ready) = ready.take()
            {
                let _ = ready.send(Ok(()));
            }
            let outcome = tokio::select! {
                event = self.swarm.select_next_some() => match event {
                    SwarmEvent::NewListenAddr { listener_id, address } => {
                        listeners.retain(|(listener, _)| *listener != listener_id);
                        self.listening(address);
                        Ok(())
                    }
                    SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                        let place = listeners.iter().position(|(id, _)| *id == listener_id);
                        let address = place.map(|place| listeners.swap_remove(place).1);
                        tracing::error!(?address, ?reason, "no longer listening");
                        if let (Some(address), Some(ready)) = (address, ready.take()) {
                            let reason = format!("{reason:?}");
                            let _ = ready.send(Err(NetError::Listen { address, reason }));
                            return;
                        }
                        Ok(())
                    }
                    event => self.event(event),
                },
                command = self.inbox.recv() => match command {
                    Some(command) => self.command(command),
                    None => return,
                },
                Some(done) = self.work.join_next() => match done {
                    Ok(done) => {
                        self.done(done);
                        Ok(())
                    }
                    Err(error) => {
                        tracing::error!(%error, "a request ended without an answer");
                        Ok(())
                    }
                },
                _ = tick.tick() => self.tick(),
            };
            if outcome == Err(Gone) {
                tracing::debug!("nobody reads what the network hears; it ends");
                return;
            }
        }
    }

    fn listening(&self, address: Multiaddr) {
        let full = address.with(Protocol::P2p(self.shared.me));
        tracing::info!(address = %full, "listening for peers");
        let mut listen = self
            .shared
            .listen
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        listen.push(full);
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    fn event(&mut self, event: SwarmEvent<BehaviourEvent>) -> Result<(), Gone> {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => self.gossip(event),
            SwarmEvent::Behaviour(BehaviourEvent::Ranges(event)) => {
                self.range(event);
                Ok(())
            }
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) => {
                if info.protocol_version != self.network {
                    let reason = LeaveReason::OtherNetwork {
                        expected: self.network.clone(),
                        got: info.protocol_version.chars().take(80).collect(),
                    };
                    self.part(peer_id, reason);
                }
                Ok(())
            }
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                num_established,
                ..
            } => {
                if endpoint.is_dialer() {
                    self.bootnodes.connected(connection_id, peer_id);
                }
                if num_established.get() > 1 {
                    return Ok(());
                }
                self.count_peers();
                let from = Source::Peer(peer_id);
                self.outbox.push(Incoming::PeerUp { from }).map(|_| ())
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                num_established: 0,
                cause,
                ..
            } => {
                let now_ms = self.now_ms();
                self.bootnodes.lost(&peer_id, now_ms);
                self.count_peers();
                let reason = self.parting.remove(&peer_id).unwrap_or_else(|| {
                    let cause = cause.map(|cause| cause.to_string());
                    LeaveReason::Closed(cause.unwrap_or_else(|| "no cause given".to_owned()))
                });
                let from = Source::Peer(peer_id);
                let event = Incoming::PeerDown { from, reason };
                self.outbox.push(event).map(|_| ())
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => {
                tracing::debug!(%error, "a peer cannot be reached");
                let now_ms = self.now_ms();
                self.bootnodes.failed(connection_id, now_ms);
                Ok(())
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                if matches!(error, ListenError::Denied { .. }) {
                    self.shared.counts.refused.fetch_add(1, Ordering::Relaxed);
                }
                tracing::debug!(%error, "a caller was not let in");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn count_peers(&self) {
        let peers = self.swarm.behaviour().gate.book.peers().count();
        self.shared.peers.store(peers, Ordering::Relaxed);
    }

    fn command(&mut self, command: Command) -> Result<(), Gone> {
        let now_ms = self.now_ms();
        match command {
            Command::Publish(envelope, bytes) => {
                let conflict = self.intake.own(&envelope, now_ms);
                if let Some(conflict) = conflict {
                    tracing::error!(base = %conflict.base, "our own key signed two truths");
                    self.outbox.push(Incoming::Conflict(conflict))?;
                }
                let gossip = &mut self.swarm.behaviour_mut().gossip;
                let counter = match gossip.publish(self.topic.clone(), bytes) {
                    Ok(_) | Err(PublishError::Duplicate) => &self.shared.counts.published,
                    Err(error) => {
                        tracing::debug!(%error, "published to nobody");
                        &self.shared.counts.unheard
                    }
                };
                counter.fetch_add(1, Ordering::Relaxed);
                self.judge_again()
            }
            Command::Request(request, reply) => {
                let connected: Vec<_> = self.connected();
                let next = self.asks.begin(request, reply, connected.iter(), now_ms);
                self.send(next);
                Ok(())
            }
            Command::Blame(from, envelope, offence) => {
                self.intake.forget(&envelope);
                if let Source::Peer(peer) = from {
                    self.charge(peer, offence);
                }
                Ok(())
            }
        }
    }

    pub(super) fn connected(&self) -> Vec<PeerId> {
        let book = &self.swarm.behaviour().gate.book;
        book.peers().copied().collect()
    }

    fn tick(&mut self) -> Result<(), Gone> {
        let now_ms = self.now_ms();
        self.outbox.flush()?;
        self.judge_again()?;
        for ask in self.asks.unpark() {
            self.try_next(ask);
        }
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(TICKS_PER_SCORES) {
            let behaviour = self.swarm.behaviour_mut();
            for peer in behaviour.gate.book.peers() {
                let score = behaviour.gate.book.score(peer, now_ms);
                behaviour.gossip.set_application_score(peer, score);
            }
        }
        let swarm = &mut self.swarm;
        for call in self.bootnodes.due(now_ms, |peer| swarm.is_connected(peer)) {
            let connection = call.connection_id();
            if let Err(error) = self.swarm.dial(call) {
                tracing::debug!(%error, "a bootnode cannot be called");
                self.bootnodes.failed(connection, now_ms);
            }
        }
        Ok(())
    }
}
