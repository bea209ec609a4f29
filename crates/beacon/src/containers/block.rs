//! Beacon blocks and their headers.
#![allow(missing_docs, reason = "the specification defines the fields")]

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::VariableList;
use tree_hash::TreeHash as _;
use tree_hash_derive::TreeHash;

use super::{
    Attestation, AttesterSlashing, Deposit, Eth1Data, ExecutionPayload, ExecutionRequests,
    KzgCommitment, ProposerSlashing, SignatureBytes, SignedBlsToExecutionChange,
    SignedVoluntaryExit, SyncAggregate,
};
use crate::preset::{Preset, limits};

/// A block with its body replaced by its root. Its own root is the block's root, the one EIP-4788 exposes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct BeaconBlockHeader {
    #[serde(with = "serde_utils::quoted_u64")]
    pub slot: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub proposer_index: u64,
    pub parent_root: B256,
    /// Root of the state after this block; zero in `latest_block_header` until the next slot begins.
    pub state_root: B256,
    pub body_root: B256,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct SignedBeaconBlockHeader {
    pub message: BeaconBlockHeader,
    pub signature: SignatureBytes,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct BeaconBlockBody<P: Preset> {
    pub randao_reveal: SignatureBytes,
    pub eth1_data: Eth1Data,
    pub graffiti: B256,
    pub proposer_slashings: VariableList<ProposerSlashing, limits::ProposerSlashings>,
    pub attester_slashings: VariableList<AttesterSlashing<P>, limits::AttesterSlashings>,
    pub attestations: VariableList<Attestation<P>, limits::Attestations>,
    pub deposits: VariableList<Deposit, limits::Deposits>,
    pub voluntary_exits: VariableList<SignedVoluntaryExit, limits::VoluntaryExits>,
    pub sync_aggregate: SyncAggregate<P>,
    pub execution_payload: ExecutionPayload<P>,
    pub bls_to_execution_changes:
        VariableList<SignedBlsToExecutionChange, limits::BlsToExecutionChanges>,
    pub blob_kzg_commitments: VariableList<KzgCommitment, limits::BlobCommitments>,
    pub execution_requests: ExecutionRequests,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct BeaconBlock<P: Preset> {
    #[serde(with = "serde_utils::quoted_u64")]
    pub slot: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub proposer_index: u64,
    pub parent_root: B256,
    pub state_root: B256,
    pub body: BeaconBlockBody<P>,
}

impl<P: Preset> BeaconBlock<P> {
    /// The header of this block; both have the same hash tree root.
    #[must_use]
    pub fn to_header(&self) -> BeaconBlockHeader {
        BeaconBlockHeader {
            slot: self.slot,
            proposer_index: self.proposer_index,
            parent_root: self.parent_root,
            state_root: self.state_root,
            body_root: self.body.tree_hash_root(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct SignedBeaconBlock<P: Preset> {
    pub message: BeaconBlock<P>,
    pub signature: SignatureBytes,
}
