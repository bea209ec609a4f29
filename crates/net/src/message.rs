//! What a reader is handed.

use std::{fmt, sync::Arc};

use alloy_primitives::{Address, B256};
use forebond_protocol::{Fork, Signed};
use forebond_types::{Envelope, Signature};
use libp2p::PeerId;

use crate::policy::Offence;

/// Where something came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A libp2p peer.
    Peer(PeerId),
    /// A gateway's stream, by its address.
    Stream(Arc<str>),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(peer) => peer.fmt(f),
            Self::Stream(url) => f.write_str(url),
        }
    }
}

/// Events, in the order they happened. The queue is bounded: see [`Incoming::Lagged`].
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "the large variant is the ordinary one"
)]
pub enum Incoming {
    /// A new message that the judge accepted.
    Message {
        /// The message.
        envelope: Envelope,
        /// Who signed it, recovered here.
        signer: Address,
        /// Who brought it first.
        from: Source,
    },
    /// Two messages of one signer that cannot both be true; once per base.
    Conflict(Box<Conflict>),
    /// The reader was too slow and missed messages; it should ask for the range.
    Lagged {
        /// How many messages were dropped.
        missed: u64,
        /// Lowest block among them.
        first_block: u64,
        /// Highest block among them.
        last_block: u64,
    },
    /// A peer or stream is connected.
    PeerUp {
        /// Which.
        from: Source,
    },
    /// A peer or stream is gone.
    PeerDown {
        /// Which.
        from: Source,
        /// Why, as far as known.
        reason: LeaveReason,
    },
}

/// Why a peer or stream is gone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaveReason {
    /// The connection ended.
    #[error("the connection ended: {0}")]
    Closed(String),
    /// Refused for what it did.
    #[error("banned for {for_ms} ms: {offence}")]
    Banned {
        /// The last straw.
        offence: Offence,
        /// How long.
        for_ms: u64,
    },
    /// It serves another rollup or another version.
    #[error("it speaks {got}, this is {expected}")]
    OtherNetwork {
        /// Ours.
        expected: String,
        /// Theirs.
        got: String,
    },
    /// Silent for longer than heartbeats allow.
    #[error("silent for {idle_ms} ms, a heartbeat is due every second")]
    Silent {
        /// How long, milliseconds.
        idle_ms: u64,
    },
}

/// A message and its signature: all a judge on L1 needs. What travelled beside it is not kept.
#[derive(Clone, Debug)]
pub struct SignedMessage {
    /// The message.
    pub message: Signed,
    /// The signature.
    pub signature: Signature,
}

impl SignedMessage {
    /// The signed part of an envelope.
    pub fn of(envelope: &Envelope) -> Self {
        let message = match envelope {
            Envelope::Base(base) => Signed::Base(base.base.clone()),
            Envelope::Frag(frag) => Signed::Frag(frag.frag.clone()),
            Envelope::Seal(seal) => Signed::Seal(seal.seal.clone()),
        };
        Self {
            message,
            signature: *envelope.signature(),
        }
    }
}

/// Evidence of a fork (R2): both signatures were checked to be of `signer`.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The forker.
    pub signer: Address,
    /// The base both stand under; of two bases, the first.
    pub base: B256,
    /// How they contradict each other.
    pub fork: Fork,
    /// Heard first.
    pub first: SignedMessage,
    /// Heard second.
    pub second: SignedMessage,
}

/// A message and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The message.
    pub envelope: Envelope,
    /// Who signed it, recovered here.
    pub signer: Address,
}

/// The first block a message speaks of.
pub(crate) fn block_of(envelope: &Envelope) -> u64 {
    match envelope {
        Envelope::Base(base) => base.base.parentBlock.saturating_add(1),
        Envelope::Frag(frag) => frag.frag.blockNumber,
        Envelope::Seal(seal) => seal.seal.blockNumber,
    }
}
