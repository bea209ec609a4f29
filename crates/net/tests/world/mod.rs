//! A gateway that signs, a judge that knows it, a history that remembers, and networks on loopback.
#![allow(dead_code, reason = "each test uses its part")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_primitives::{Address, B256, Bytes};
use forebond_net::{
    History, Identity, Incoming, Judge, Judgement, Limits, Multiaddr, Net, NetConfig, Unusable,
};
use forebond_types::{
    Base, BaseEnvelope, Domain, Envelope, EnvelopeTx, Frag, FragEnvelope, Seal, SealEnvelope,
    Signature,
};
pub const SEPARATOR: B256 = B256::repeat_byte(0x5e);
pub const CHAIN_ID: u64 = 9545;
/// No test waits longer for anything.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Signs a turn message by message.
pub struct Gateway {
    key: secp256k1::SecretKey,
    base: B256,
    previous: B256,
    sequence: u32,
    place: u32,
    pub block: u64,
}

impl Gateway {
    pub fn new(n: u8) -> Self {
        Self {
            key: secp256k1::SecretKey::from_slice(&[n; 32]).unwrap(),
            base: B256::ZERO,
            previous: B256::ZERO,
            sequence: 0,
            place: 0,
            block: 0,
        }
    }

    pub fn address(&self) -> Address {
        let digest = B256::ZERO;
        Signature::sign(digest, &self.key).recover(digest).unwrap()
    }

    fn sign(&self, mut envelope: Envelope) -> Envelope {
        let digest = Domain::digest_of(SEPARATOR, envelope.struct_hash());
        let signed = Signature::sign(digest, &self.key);
        match &mut envelope {
            Envelope::Base(base) => base.signature = signed,
            Envelope::Frag(frag) => frag.signature = signed,
            Envelope::Seal(seal) => seal.signature = signed,
        }
        envelope
    }

    fn unsigned(&self) -> Signature {
        Signature::sign(B256::ZERO, &self.key)
    }

    pub fn open(&mut self, window: u64, parent: u64) -> Envelope {
        let base = Base {
            window,
            attempt: 0,
            parentBlock: parent,
            parentBlockHash: B256::ZERO,
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        };
        let envelope = self.sign(Envelope::Base(BaseEnvelope {
            base,
            signature: self.unsigned(),
            parent_seal: None,
        }));
        self.base = envelope.struct_hash();
        self.previous = self.base;
        self.sequence = 0;
        self.place = 0;
        self.block = parent + 1;
        envelope
    }

    pub fn frag_of(&self, sequence: u32, content: u8) -> Envelope {
        let frag = Frag {
            base: self.base,
            blockNumber: self.block,
            sequence,
            previousFrag: self.previous,
            timestamp: self.block,
            l1OriginNumber: 0,
            l1OriginHash: B256::ZERO,
            issuedAtMs: 0,
            firstTransaction: self.place,
            transactionCount: 1,
            promisesRoot: B256::repeat_byte(content),
            gasUsed: 0,
            windowCoverage: 0,
            orderingRule: 0,
            blockEnv: B256::ZERO,
        };
        self.sign(Envelope::Frag(FragEnvelope {
            frag,
            signature: self.unsigned(),
            start: Bytes::new(),
            transactions: vec![EnvelopeTx {
                coverage_wei: 1,
                raw: Bytes::from(vec![content; 100]),
            }],
        }))
    }

    pub fn frag(&mut self) -> Envelope {
        let envelope = self.frag_of(self.sequence, 7);
        self.previous = envelope.struct_hash();
        self.sequence += 1;
        self.place += 1;
        envelope
    }

    pub fn seal(&mut self, end: bool) -> Envelope {
        let seal = Seal {
            base: self.base,
            blockNumber: self.block,
            blockHash: B256::ZERO,
            lastSequence: self.sequence - 1,
            lastFrag: self.previous,
            endOfWindow: end,
        };
        self.block += 1;
        self.place = 0;
        self.sign(Envelope::Seal(SealEnvelope {
            seal,
            signature: self.unsigned(),
        }))
    }

    /// A whole turn.
    pub fn turn(&mut self, window: u64, parent: u64, blocks: u64, frags: u32) -> Vec<Envelope> {
        let mut all = vec![self.open(window, parent)];
        for block in 1..=blocks {
            all.extend((0..frags).map(|_| self.frag()));
            all.push(self.seal(block == blocks));
        }
        all
    }
}

/// Knows gateways; everyone else is unknown.
pub struct Knows(pub Vec<Address>);

impl Judge for Knows {
    fn judge(&self, _: &Envelope, signer: Address) -> Judgement {
        if self.0.contains(&signer) {
            Judgement::Accept
        } else {
            Judgement::Ignore(Unusable::UnknownSigner)
        }
    }
}

pub fn knows(gateway: &Gateway) -> Arc<Knows> {
    Arc::new(Knows(vec![gateway.address()]))
}

/// Remembers what it is given.
#[derive(Default)]
pub struct Remembers(pub Mutex<Vec<Envelope>>);

impl Remembers {
    pub fn of(envelopes: &[Envelope]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(envelopes.to_vec())))
    }
}

pub fn block_of(envelope: &Envelope) -> u64 {
    match envelope {
        Envelope::Base(base) => base.base.parentBlock + 1,
        Envelope::Frag(frag) => frag.frag.blockNumber,
        Envelope::Seal(seal) => seal.seal.blockNumber,
    }
}

impl History for Remembers {
    fn envelopes(&self, from_block: u64, max_blocks: u16, _max_bytes: usize) -> Vec<Bytes> {
        let blocks = from_block..from_block + u64::from(max_blocks);
        let all = self.0.lock().unwrap();
        let asked = all.iter().filter(|e| blocks.contains(&block_of(e)));
        asked.map(Envelope::encode).collect()
    }

    fn base(&self, window: u64) -> Option<Bytes> {
        let all = self.0.lock().unwrap();
        all.iter()
            .find(|e| matches!(e, Envelope::Base(base) if base.base.window == window))
            .map(Envelope::encode)
    }

    fn end_seal(&self, _window: u64) -> Option<Bytes> {
        let all = self.0.lock().unwrap();
        all.iter()
            .find(|e| matches!(e, Envelope::Seal(seal) if seal.seal.endOfWindow))
            .map(Envelope::encode)
    }
}

/// A node on loopback that calls `bootnodes`.
pub fn config(seed: u8, bootnodes: &[Multiaddr]) -> NetConfig {
    NetConfig {
        bootnodes: bootnodes.to_vec(),
        identity: Identity::Seed([seed; 32]),
        limits: Limits::default(),
        ..NetConfig::new(CHAIN_ID, SEPARATOR)
    }
}

pub use forebond_net::Events;

pub async fn start(config: NetConfig, judge: Arc<dyn Judge>) -> (Net, Events) {
    start_with(config, judge, Arc::new(Remembers::default())).await
}

pub async fn start_with(
    config: NetConfig,
    judge: Arc<dyn Judge>,
    history: Arc<dyn History>,
) -> (Net, Events) {
    Net::start(config, judge, history).await.unwrap()
}

/// The next event that `wanted` takes something from; others are passed over.
pub async fn next<T>(events: &mut Events, mut wanted: impl FnMut(Incoming) -> Option<T>) -> T {
    let search = async {
        loop {
            let event = events.recv().await.expect("the network runs");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(DEADLINE, search)
        .await
        .expect("in time")
}

pub async fn peer_up(events: &mut Events) {
    next(events, |event| {
        matches!(event, Incoming::PeerUp { .. }).then_some(())
    })
    .await;
}

/// Publishes frag after frag until `events` brings one: gossip takes a heartbeat to know who listens.
pub async fn publish_until_heard(
    gateway: &mut Gateway,
    net: &Net,
    events: &mut Events,
) -> Envelope {
    let attempts = async {
        loop {
            net.publish(gateway.frag()).unwrap();
            let heard = tokio::time::timeout(Duration::from_millis(100), async {
                loop {
                    if let Some(Incoming::Message { envelope, .. }) = events.recv().await {
                        return envelope;
                    }
                }
            });
            if let Ok(envelope) = heard.await {
                return envelope;
            }
        }
    };
    tokio::time::timeout(DEADLINE, attempts)
        .await
        .expect("in time")
}
