//! Sync committees.
#![allow(missing_docs, reason = "the specification defines the fields")]

use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::{BitVector, FixedVector};
use tree_hash_derive::TreeHash;

use super::{PublicKeyBytes, SignatureBytes};
use crate::preset::Preset;

/// The members of one period, in order; a validator may appear more than once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct SyncCommittee<P: Preset> {
    pub pubkeys: FixedVector<PublicKeyBytes, P::SyncCommitteeSize>,
    pub aggregate_pubkey: PublicKeyBytes,
}

/// Who of the committee signed the parent block's root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct SyncAggregate<P: Preset> {
    pub sync_committee_bits: BitVector<P::SyncCommitteeSize>,
    pub sync_committee_signature: SignatureBytes,
}
