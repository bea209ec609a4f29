//! JSON of the Beacon API: numbers are decimal strings, keys and roots 0x-hex.
//! Source: <https://github.com/ethereum/beacon-APIs>.

use alloy_primitives::{B256, Bytes, FixedBytes};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A number written as a decimal string, as the API has it; a plain JSON number is read too, because some nodes write one.
pub(crate) fn quoted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Number(u64),
    }
    match Form::deserialize(deserializer)? {
        Form::Number(number) => Ok(number),
        Form::Text(text) => text
            .parse()
            .map_err(|_| D::Error::custom(format!("expected a decimal number, got {text:?}"))),
    }
}

#[derive(Deserialize)]
pub(crate) struct Data<T> {
    pub data: T,
}

/// `GET /eth/v1/beacon/genesis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Genesis {
    /// Unix seconds of slot 0.
    #[serde(deserialize_with = "quoted")]
    pub genesis_time: u64,
    /// Root of the genesis validators: part of consensus signing domains.
    pub genesis_validators_root: B256,
    /// Fork version at genesis: part of Commit-Boost signing domains.
    pub genesis_fork_version: FixedBytes<4>,
}

/// What we use of `GET /eth/v1/config/spec`; other members are ignored, whatever their shape.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Spec {
    /// "mainnet" or "minimal".
    #[serde(default)]
    pub preset_base: String,
    /// Length of a slot in seconds.
    #[serde(deserialize_with = "quoted")]
    pub seconds_per_slot: u64,
    /// Slots in an epoch.
    #[serde(deserialize_with = "quoted")]
    pub slots_per_epoch: u64,
    /// Epoch from which `proposer_lookahead` exists (EIP-7917).
    #[serde(deserialize_with = "quoted", default = "never")]
    pub fulu_fork_epoch: u64,
    /// Epoch from which proofs have other indices.
    #[serde(deserialize_with = "quoted", default = "never")]
    pub gloas_fork_epoch: u64,
    /// Chain id of the execution chain.
    #[serde(deserialize_with = "quoted")]
    pub deposit_chain_id: u64,
}

fn never() -> u64 {
    u64::MAX
}

/// `GET /eth/v1/node/syncing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct NodeStatus {
    /// Newest slot the node knows.
    #[serde(deserialize_with = "quoted")]
    pub head_slot: u64,
    /// Slots it is behind.
    #[serde(deserialize_with = "quoted")]
    pub sync_distance: u64,
    /// It says itself that it is behind.
    pub is_syncing: bool,
    /// Its execution client has not verified the head.
    #[serde(default)]
    pub is_optimistic: bool,
    /// Its execution client does not answer.
    #[serde(default)]
    pub el_offline: bool,
}

/// One proposer of one slot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProposerDuty {
    /// Compressed BLS key.
    pub pubkey: FixedBytes<48>,
    /// Index in the validator registry.
    #[serde(deserialize_with = "quoted")]
    pub validator_index: u64,
    /// The slot.
    #[serde(deserialize_with = "quoted")]
    pub slot: u64,
}

/// `GET /eth/v{1,2}/validator/duties/proposer/{epoch}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProposerDuties {
    /// The block the duties follow from. v1 keeps its meaning from before Fulu, v2 has the block before the epoch before.
    pub dependent_root: B256,
    /// The node's execution client has not verified the head.
    #[serde(default)]
    pub execution_optimistic: bool,
    /// One entry per slot.
    pub data: Vec<ProposerDuty>,
}

/// A block header with its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// `hash_tree_root` of the header: what EIP-4788 keeps.
    pub root: B256,
    /// In the node's canonical chain.
    pub canonical: bool,
    /// Slot of the block.
    pub slot: u64,
    /// Who proposed it.
    pub proposer_index: u64,
    /// Root of the block before.
    pub parent_root: B256,
    /// Root of the state after it.
    pub state_root: B256,
    /// Root of its body.
    pub body_root: B256,
}

#[derive(Deserialize)]
pub(crate) struct HeaderJson {
    root: B256,
    canonical: bool,
    header: SignedHeaderJson,
}

#[derive(Deserialize)]
struct SignedHeaderJson {
    message: HeaderMessageJson,
}

#[derive(Deserialize)]
struct HeaderMessageJson {
    #[serde(deserialize_with = "quoted")]
    slot: u64,
    #[serde(deserialize_with = "quoted")]
    proposer_index: u64,
    parent_root: B256,
    state_root: B256,
    body_root: B256,
}

impl From<HeaderJson> for Header {
    fn from(json: HeaderJson) -> Self {
        let message = json.header.message;
        Self {
            root: json.root,
            canonical: json.canonical,
            slot: message.slot,
            proposer_index: message.proposer_index,
            parent_root: message.parent_root,
            state_root: message.state_root,
            body_root: message.body_root,
        }
    }
}

/// One entry of `GET /eth/v1/beacon/states/{id}/validators`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorInfo {
    /// Index in the validator registry.
    pub index: u64,
    /// The API's status word, such as `active_ongoing`.
    pub status: String,
    /// Compressed BLS key.
    pub pubkey: FixedBytes<48>,
    /// 0x01 or 0x02, eleven zero bytes, an execution address; or 0x00 and the hash of a BLS key.
    pub withdrawal_credentials: B256,
    /// Slashed validators keep their slots and cannot fill them.
    pub slashed: bool,
}

#[derive(Deserialize)]
pub(crate) struct ValidatorJson {
    #[serde(deserialize_with = "quoted")]
    index: u64,
    status: String,
    validator: ValidatorFieldsJson,
}

#[derive(Deserialize)]
struct ValidatorFieldsJson {
    pubkey: FixedBytes<48>,
    withdrawal_credentials: B256,
    slashed: bool,
}

impl From<ValidatorJson> for ValidatorInfo {
    fn from(json: ValidatorJson) -> Self {
        Self {
            index: json.index,
            status: json.status,
            pubkey: json.validator.pubkey,
            withdrawal_credentials: json.validator.withdrawal_credentials,
            slashed: json.validator.slashed,
        }
    }
}

/// The blocks that proposer duties follow from, for an event in epoch E.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependentRoots {
    /// Duties of epoch E.
    pub current_epoch: B256,
    /// Duties of epoch E + 1.
    pub next_epoch: B256,
}

/// Event `head`. After Fulu its `previous_duty_dependent_root` is what the proposers of the event's own epoch depend on,
/// `current_duty_dependent_root` what those of the next epoch depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct HeadEvent {
    /// Slot of the new head.
    #[serde(deserialize_with = "quoted")]
    pub slot: u64,
    /// Its root.
    pub block: B256,
    /// The state after it.
    pub state: B256,
    /// First block of its epoch.
    #[serde(default)]
    pub epoch_transition: bool,
    previous_duty_dependent_root: B256,
    current_duty_dependent_root: B256,
}

impl HeadEvent {
    /// What duties depend on, in the words of Fulu.
    pub const fn dependent_roots(&self) -> DependentRoots {
        DependentRoots {
            current_epoch: self.previous_duty_dependent_root,
            next_epoch: self.current_duty_dependent_root,
        }
    }
}

/// Event `chain_reorg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ChainReorg {
    /// Slot of the new head.
    #[serde(deserialize_with = "quoted")]
    pub slot: u64,
    /// Blocks undone.
    #[serde(deserialize_with = "quoted")]
    pub depth: u64,
    /// Head before.
    pub old_head_block: B256,
    /// Head now.
    pub new_head_block: B256,
}

/// Event `finalized_checkpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct FinalizedCheckpoint {
    /// Root of the checkpoint's block.
    pub block: B256,
    /// The checkpoint's epoch.
    #[serde(deserialize_with = "quoted")]
    pub epoch: u64,
}

/// Blobs as the API returns them: whole, 131,072 bytes each.
pub(crate) type Blobs = Vec<Bytes>;

/// What we use of `GET /eth/v2/beacon/blocks/{block_id}`.
#[derive(Deserialize)]
pub(crate) struct BlockCommitments {
    pub message: BlockMessage,
}

#[derive(Deserialize)]
pub(crate) struct BlockMessage {
    pub body: BlockBody,
}

#[derive(Deserialize)]
pub(crate) struct BlockBody {
    pub blob_kzg_commitments: Vec<FixedBytes<48>>,
}
