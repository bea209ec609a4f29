//! What the rest of the process holds of a running network.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use alloy_primitives::Bytes;
use forebond_types::Envelope;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{behaviour, gate::Clock, run::Runner};
use crate::{
    Events, History, Judge, NetConfig, NetError, Offence, PublishError, RangeAnswer, RangeRequest,
    RequestError, Source,
    events::{EventSender, events},
};

/// How long the listeners may take to come up.
const LISTEN_DEADLINE: Duration = Duration::from_secs(5);

/// What a handle asks of the network's task.
pub(super) enum Command {
    Publish(Box<Envelope>, Bytes),
    Request(
        RangeRequest,
        oneshot::Sender<Result<RangeAnswer, RequestError>>,
    ),
    Blame(Source, Box<Envelope>, Offence),
}

/// A running network; a cheap handle. It ends when the last handle or the reader of its events is dropped.
#[derive(Clone)]
pub struct Net {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

/// What the network's task writes and handles read.
pub(super) struct Shared {
    pub(super) me: PeerId,
    pub(super) listen: RwLock<Vec<Multiaddr>>,
    pub(super) peers: AtomicUsize,
    pub(super) counts: Counts,
    max_message_bytes: usize,
    publish_queue: usize,
    patience: Duration,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What happened since the start.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters { $($(#[$doc])* pub $name: u64,)* }

        #[derive(Default)]
        pub(super) struct Counts { $(pub(super) $name: AtomicU64,)* }

        impl Counts {
            fn read(&self) -> Counters {
                Counters { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// New messages handed to the reader and passed on.
    accepted,
    /// Messages seen before under other bytes.
    duplicates,
    /// Messages of no use here: unknown signer, late, too many variants.
    unusable,
    /// Messages that waited because they came early.
    early,
    /// Messages not read because too many before them were of no use.
    unread,
    /// Messages beyond a peer's share.
    too_fast,
    /// Messages refused with blame.
    rejected,
    /// Forks found.
    conflicts,
    /// Messages the reader was too slow for.
    lagged,
    /// Messages published.
    published,
    /// Messages nobody was there to hear; they can be requested.
    unheard,
    /// Requests answered.
    served,
    /// Requests refused as too many.
    busy,
    /// Peers banned.
    banned,
    /// Connections refused at the door.
    refused,
}

impl Net {
    /// Starts listening and calling bootnodes. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`NetError`] if the limits contradict each other, the identity cannot be read or an address cannot be listened on.
    pub async fn start(
        config: NetConfig,
        judge: Arc<dyn Judge>,
        history: Arc<dyn History>,
    ) -> Result<(Self, Events), NetError> {
        config.validate()?;
        let clock = Clock::start();
        let mut swarm = behaviour::swarm(&config, config.identity.keypair()?, clock)?;
        let mut listeners = Vec::with_capacity(config.listen.len());
        for address in &config.listen {
            let listener = swarm
                .listen_on(address.clone())
                .map_err(|error| NetError::Listen {
                    address: address.clone(),
                    reason: error.to_string(),
                })?;
            listeners.push((listener, address.clone()));
        }
        let (commands, inbox) = mpsc::channel(config.limits.publish_queue);
        let (sender, incoming) = events(config.limits.incoming_queue);
        let asked = u32::try_from(config.limits.max_peers_asked).unwrap_or(u32::MAX);
        let shared = Arc::new(Shared {
            me: *swarm.local_peer_id(),
            listen: RwLock::default(),
            peers: AtomicUsize::new(0),
            counts: Counts::default(),
            max_message_bytes: config.limits.max_message_bytes,
            publish_queue: config.limits.publish_queue,
            // The network gives up by itself; this is for a network that has ended meanwhile.
            patience: Duration::from_millis(config.limits.answer_ms)
                .saturating_mul(asked.saturating_add(2)),
        });
        let (ready, listening) = oneshot::channel();
        let runner = Runner::new(
            &config,
            swarm,
            clock,
            Parts {
                judge,
                history,
                inbox,
                events: sender,
                shared: shared.clone(),
            },
        );
        tokio::spawn(runner.run(listeners, ready));
        match tokio::time::timeout(LISTEN_DEADLINE, listening).await {
            Ok(Ok(Ok(()))) => Ok((Self { commands, shared }, incoming)),
            Ok(Ok(Err(error))) => Err(error),
            Ok(Err(_)) | Err(_) => Err(NetError::Stack(format!(
                "not listening after {} s",
                LISTEN_DEADLINE.as_secs()
            ))),
        }
    }

    /// Sends a message of this process to the network. Returns at once; a message nobody hears can be requested.
    ///
    /// # Errors
    /// [`PublishError`] if the message is too long for peers, the queue is full or the network is shut down.
    pub fn publish(&self, envelope: Envelope) -> Result<(), PublishError> {
        let bytes = envelope.encode();
        if bytes.len() > self.shared.max_message_bytes {
            return Err(PublishError::TooLong {
                got: bytes.len(),
                limit: self.shared.max_message_bytes,
            });
        }
        self.commands
            .try_send(Command::Publish(Box::new(envelope), bytes))
            .map_err(|error| match error {
                TrySendError::Full(_) => PublishError::Full {
                    waiting: self.shared.publish_queue,
                },
                TrySendError::Closed(_) => PublishError::Stopped,
            })
    }

    /// Asks peers, one after the other, for what was missed. Ends after a few peers' deadlines at most.
    ///
    /// # Errors
    /// [`RequestError`] if there is nobody to ask, nobody has it, or too many requests are under way.
    pub async fn request_range(&self, request: RangeRequest) -> Result<RangeAnswer, RequestError> {
        let (reply, answer) = oneshot::channel();
        let send = self.commands.send(Command::Request(request, reply));
        let exchange = async {
            send.await.map_err(|_| RequestError::Stopped)?;
            answer.await.map_err(|_| RequestError::Stopped)?
        };
        tokio::time::timeout(self.shared.patience, exchange)
            .await
            .unwrap_or(Err(RequestError::Stopped))
    }

    /// Tells the network that a message it handed over was false beside its signature (transactions that do not execute as
    /// promised), or that an answer was: its bringer is charged and the honest copy gets in.
    pub fn blame(&self, from: &Source, envelope: Envelope, offence: Offence) {
        // With a full queue the blame is lost, which only forgives.
        let _ = self
            .commands
            .try_send(Command::Blame(from.clone(), Box::new(envelope), offence));
    }

    /// Connected peers.
    pub fn peers(&self) -> usize {
        self.shared.peers.load(Ordering::Relaxed)
    }

    /// Where this node can be reached, with its identity: what another node takes as a bootnode.
    pub fn listen_addrs(&self) -> Vec<Multiaddr> {
        let addresses = self.shared.listen.read().unwrap_or_else(|e| e.into_inner());
        addresses.clone()
    }

    /// This node's identity.
    pub fn peer_id(&self) -> PeerId {
        self.shared.me
    }

    /// What happened since the start.
    pub fn counters(&self) -> Counters {
        self.shared.counts.read()
    }
}

/// What the network's task works with.
pub(super) struct Parts {
    pub(super) judge: Arc<dyn Judge>,
    pub(super) history: Arc<dyn History>,
    pub(super) inbox: mpsc::Receiver<Command>,
    pub(super) events: EventSender,
    pub(super) shared: Arc<Shared>,
}
