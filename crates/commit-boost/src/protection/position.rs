use std::fmt;

use alloy_primitives::{Address, B256};
use forebond_beacon::bls::PublicKeyBytes;
use serde::{Deserialize, Serialize};

/// What is signed. At one slot a proposer has at most one message of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// Consent to an operator. Its slot is the nonce that the registry expects next: a registry takes each nonce once.
    Registration = 1,
    /// The slot is handed to a gateway.
    Delegation = 2,
    /// A promise to a user.
    Commitment = 3,
    /// Rules for the block of the slot.
    Constraints = 4,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [
        Self::Registration,
        Self::Delegation,
        Self::Commitment,
        Self::Constraints,
    ];

    /// Whether the validator's own key may sign it. What is signed while users wait is for proxies: the validator's key may
    /// take seconds, and should sign rarely.
    #[must_use]
    pub const fn is_for_consensus_key(self) -> bool {
        matches!(self, Self::Registration | Self::Delegation)
    }

    /// Whether a signature that is not bound to module, nonce and chain id is of no use: contracts check the bound root.
    #[must_use]
    pub const fn needs_bound_root(self) -> bool {
        matches!(self, Self::Registration)
    }

    /// Whether its slot is one of L1, which passes. A registration's is the registry's nonce: it neither passes nor falls behind.
    pub(super) const fn passes_with_slots(self) -> bool {
        !matches!(self, Self::Registration)
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }
}

/// Where at most one content is ever signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The module's.
    pub signing_id: B256,
    /// The validator in whose name it is signed, whichever key does.
    pub proposer: PublicKeyBytes,
    /// L1 slot; below `u64::MAX`.
    pub slot: u64,
    /// What is signed.
    pub kind: Kind,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} of proposer {} at slot {} (signing id {})",
            self.kind, self.proposer, self.slot, self.signing_id
        )
    }
}

/// The key that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningKey {
    /// The validator's own.
    Consensus(PublicKeyBytes),
    /// A BLS key it vouched for.
    ProxyBls(PublicKeyBytes),
    /// An ECDSA key it vouched for, by its address.
    ProxyEcdsa(Address),
}

impl fmt::Display for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consensus(key) => write!(f, "consensus key {key}"),
            Self::ProxyBls(key) => write!(f, "BLS proxy {key}"),
            Self::ProxyEcdsa(address) => write!(f, "ECDSA proxy {address}"),
        }
    }
}

/// What one wants signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub position: Position,
    /// By which key.
    pub key: SigningKey,
    /// What: the root that names the message.
    pub object_root: B256,
    /// Mixed into the signed root by signers that do so; 0 where the message needs none; below `u64::MAX`.
    pub nonce: u64,
}
