use crate::{BaseWire, BlockEnvWire, Domain, FragWire, LeafWire, SealWire, Signature};
use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

/// Version of the JSON object; another number is refused by `verify`.
pub const OBJECT_VERSION: u64 = 1;

/// What the parent of a gateway's turn rests on (R5); shown to the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// The parent block is in the Inbox on L1 (or is the genesis block).
    Posted,
    /// The parent is bound by the predecessor's end-of-window seal, delivered with the object.
    Sealed,
    /// The gateway executed the predecessor's frags itself and holds no seal.
    Open,
}

/// A seal with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedSeal {
    /// The seal.
    pub seal: SealWire,
    /// Signature over it in the rollup's domain.
    pub signature: Signature,
}

/// The object a user holds: enough by itself to verify the promise offline and, later, to claim or
/// slash with. Every field is covered by a signature or checked against one that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preconfirmation {
    /// [`OBJECT_VERSION`].
    #[serde(with = "alloy_serde::quantity")]
    pub version: u64,
    /// The signature domain: L1 chain and Inbox.
    pub domain: Domain,
    /// The turn this promise belongs to.
    pub base: BaseWire,
    /// The gateway's signature over `base`.
    pub base_signature: Signature,
    /// What the turn's parent rests on.
    pub grade: Grade,
    /// The predecessor's end-of-window seal; present exactly when `grade` is `sealed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_seal: Option<SignedSeal>,
    /// The signed run of transactions that holds this one.
    pub frag: FragWire,
    /// The gateway's signature over `frag`.
    pub frag_signature: Signature,
    /// Preimage of `frag.blockEnv`.
    pub block_env: BlockEnvWire,
    /// What is promised about this transaction.
    pub leaf: LeafWire,
    /// Merkle branch from the leaf up to `frag.promisesRoot`, lowest sibling first.
    pub branch: Vec<B256>,
    /// Raw EIP-2718 transaction.
    pub transaction: Bytes,
    /// Consensus receipt, EIP-2718 bytes.
    pub receipt: Bytes,
    /// Canonical write set (RLP, see `specs/messages.md`).
    pub writes: Bytes,
}
