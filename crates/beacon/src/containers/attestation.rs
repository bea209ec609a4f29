//! Votes, in the form they have since Electra (EIP-7549): several committees of one slot in one attestation.
#![allow(missing_docs, reason = "the specification defines the fields")]

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::{BitList, BitVector, VariableList};
use tree_hash_derive::TreeHash;

use super::{Checkpoint, SignatureBytes, json};
use crate::preset::Preset;

/// One bit per member of the committees named by `committee_bits`, committee after committee.
pub type AggregationBits<P> = BitList<<P as Preset>::MaxValidatorsPerSlot>;
/// One bit per committee of the slot.
pub type CommitteeBits<P> = BitVector<<P as Preset>::MaxCommitteesPerSlot>;

/// What attesters sign: head, source and target. `index` is 0 since Electra.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct AttestationData {
    #[serde(with = "serde_utils::quoted_u64")]
    pub slot: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub index: u64,
    pub beacon_block_root: B256,
    pub source: Checkpoint,
    pub target: Checkpoint,
}

/// The votes of some members of a slot's committees under one aggregate signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct Attestation<P: Preset> {
    pub aggregation_bits: AggregationBits<P>,
    pub data: AttestationData,
    pub signature: SignatureBytes,
    pub committee_bits: CommitteeBits<P>,
}

/// The same with its signers spelled out, sorted and without repetition: the form of slashing evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct IndexedAttestation<P: Preset> {
    #[serde(with = "json")]
    pub attesting_indices: VariableList<u64, P::MaxValidatorsPerSlot>,
    pub data: AttestationData,
    pub signature: SignatureBytes,
}
