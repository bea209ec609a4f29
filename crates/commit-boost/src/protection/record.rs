use alloy_primitives::B256;
use forebond_beacon::bls::{PublicKeyBytes, SignatureBytes};
use forebond_types::Signature;
use serde::{Deserialize, Serialize};

use super::{Request, SigningKey};
use crate::dialect::SignerDialect;

/// What stands at a position: two contents there contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The key that signs.
    pub key: SigningKey,
    /// The message.
    pub object_root: B256,
    /// The nonce.
    #[serde(with = "super::interchange::decimal")]
    pub nonce: u64,
}

impl Content {
    /// Nobody may ask for this nonce, so nothing agrees with it: a registration that is closed.
    const CLOSED_NONCE: u64 = u64::MAX;

    /// Shuts a position for every content.
    pub(super) const fn closed(proposer: PublicKeyBytes) -> Self {
        Self {
            key: SigningKey::Consensus(proposer),
            object_root: B256::ZERO,
            nonce: Self::CLOSED_NONCE,
        }
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.nonce == Self::CLOSED_NONCE
    }
}

impl From<&Request> for Content {
    fn from(request: &Request) -> Self {
        Self {
            key: request.key,
            object_root: request.object_root,
            nonce: request.nonce,
        }
    }
}

/// A signature of either kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySignature {
    /// Of a BLS key.
    Bls(SignatureBytes),
    /// Of an ECDSA key: `r ‖ s ‖ v`.
    Ecdsa(Signature),
}

/// A signature that is on disk, and all that a verifier has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSignature {
    /// What was asked.
    pub request: Request,
    /// Decides which root it is over.
    pub dialect: SignerDialect,
    /// The root it is over.
    pub signing_root: B256,
    /// The signature.
    pub signature: KeySignature,
}

/// What the database holds for a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub content: Content,
    /// How it was asked last.
    pub dialect: SignerDialect,
    /// Nothing until an answer was verified.
    pub signature: Option<KeySignature>,
}
