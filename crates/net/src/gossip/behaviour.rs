//! The libp2p stack: gossip, requests, identify, ping, and the door in front of them.

use std::time::Duration;

use alloy_primitives::keccak256;
use libp2p::{
    StreamProtocol, Swarm, SwarmBuilder,
    gossipsub::{
        self, IdentTopic, MessageAuthenticity, MessageId, PeerScoreParams, PeerScoreThresholds,
        TopicScoreParams, ValidationMode,
    },
    identify,
    identity::Keypair,
    noise, ping,
    request_response::{self, ProtocolSupport},
    swarm::NetworkBehaviour,
    tcp, yamux,
};

use super::gate::{Clock, Gate};
use crate::{NetConfig, NetError, policy::PeerBook, range::RangeCodec};

/// What gossip adds around a message, bytes. Messages a little longer than allowed still arrive, and their sender is
/// charged; much longer ones end the stream they come on.
const ENVELOPE_ROOM_BYTES: usize = 64 << 10;
/// Messages that wait for one slow peer; after that it loses some and asks for them.
const PER_PEER_QUEUE: usize = 1_024;
/// Between heartbeats of gossip: how fast a newcomer is taken into the mesh.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long a connection may take to become one.
const HANDSHAKE: Duration = Duration::from_secs(5);

#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    // First, so that nothing is spent on whom it refuses.
    pub(super) gate: Gate,
    pub(super) gossip: gossipsub::Behaviour,
    pub(super) ranges: request_response::Behaviour<RangeCodec>,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

/// The rollup's topic.
pub(super) fn topic(config: &NetConfig) -> IdentTopic {
    IdentTopic::new(format!("{}/envelopes", config.network()))
}

/// The stack, subscribed and not yet listening.
pub(super) fn swarm(
    config: &NetConfig,
    key: Keypair,
    clock: Clock,
) -> Result<Swarm<Behaviour>, NetError> {
    let stack = |error: &dyn std::fmt::Display| NetError::Stack(error.to_string());
    let behaviour = Behaviour {
        gate: Gate::new(PeerBook::new(config.limits.clone()), clock),
        gossip: gossip(config)?,
        ranges: ranges(config)?,
        identify: identify::Behaviour::new(
            identify::Config::new(config.network(), key.public())
                .with_agent_version(format!("forebond/{}", env!("CARGO_PKG_VERSION")))
                .with_cache_size(0),
        ),
        ping: ping::Behaviour::new(ping::Config::new()),
    };
    let builder = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )
        .map_err(|error| stack(&error))?
        .with_behaviour(|_| behaviour)
        .map_err(|error| stack(&error))?
        .with_swarm_config(|config| {
            config
                .with_idle_connection_timeout(Duration::from_secs(60))
                .with_max_negotiating_inbound_streams(32)
        })
        .with_connection_timeout(HANDSHAKE);
    let mut swarm = builder.build();
    swarm
        .behaviour_mut()
        .gossip
        .subscribe(&topic(config))
        .map_err(|error| stack(&error))?;
    Ok(swarm)
}

fn gossip(config: &NetConfig) -> Result<gossipsub::Behaviour, NetError> {
    let settings = gossipsub::ConfigBuilder::default()
        .heartbeat_initial_delay(Duration::from_millis(50))
        .heartbeat_interval(HEARTBEAT)
        // Long enough for a message that is judged a second time, see `policy::intake`.
        .history_length(8)
        .history_gossip(3)
        // Against loops only; each message of a flood costs an entry for as long.
        .duplicate_cache_time(Duration::from_secs(20))
        .max_transmit_size(config.limits.max_message_bytes + ENVELOPE_ROOM_BYTES)
        .connection_handler_queue_len(PER_PEER_QUEUE)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        // By all bytes: a copy with an altered signature or altered contents is another thing to be looked at, or it
        // would keep the honest one away. What a message *is* goes by its struct hash, in `policy::seen`.
        .message_id_fn(|message| MessageId::new(&keccak256(&message.data)[..20]))
        .build()
        .map_err(|error| NetError::Stack(error.to_string()))?;
    let mut gossip: gossipsub::Behaviour =
        gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, settings)
            .map_err(|error| NetError::Stack(error.to_owned()))?;
    let mut params = PeerScoreParams {
        // Ours is the score; gossip only takes it into account when it chooses whom to mesh with.
        app_specific_weight: 1.0,
        // Counted at the door.
        ip_colocation_factor_weight: 0.0,
        behaviour_penalty_weight: 0.0,
        ..PeerScoreParams::default()
    };
    params
        .topics
        .insert(topic(config).hash(), silent_topic_params());
    // Less is passed to who scores badly; whom gossip would no longer listen to is banned before, and told so.
    let ban_score = config.limits.ban_score;
    let thresholds = PeerScoreThresholds {
        gossip_threshold: ban_score * 0.3,
        publish_threshold: ban_score * 0.6,
        graylist_threshold: ban_score * 2.0,
        ..PeerScoreThresholds::default()
    };
    gossip
        .with_peer_score(params, thresholds)
        .map_err(NetError::Stack)?;
    Ok(gossip)
}

/// No points for traffic: a rollup with nothing to say is no reason to distrust who is silent.
fn silent_topic_params() -> TopicScoreParams {
    TopicScoreParams {
        time_in_mesh_weight: 0.0,
        first_message_deliveries_weight: 0.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: 0.0,
        ..TopicScoreParams::default()
    }
}

fn ranges(config: &NetConfig) -> Result<request_response::Behaviour<RangeCodec>, NetError> {
    let protocol = StreamProtocol::try_from_owned(format!("{}/ranges", config.network()))
        .map_err(|error| NetError::Stack(error.to_string()))?;
    let codec = RangeCodec {
        max_answer_bytes: config.limits.max_answer_bytes,
    };
    let settings = request_response::Config::default()
        .with_request_timeout(Duration::from_millis(config.limits.answer_ms))
        .with_max_concurrent_streams(4);
    Ok(request_response::Behaviour::with_codec(
        codec,
        [(protocol, ProtocolSupport::Full)],
        settings,
    ))
}
