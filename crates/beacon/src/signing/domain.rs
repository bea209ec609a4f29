//! Domains of signatures (phase0/beacon-chain.md, "Domain types").

use alloy_primitives::{B256, FixedBytes};
use ethereum_hashing::hash32_concat;

/// A fork's version number as it stands in the chain's configuration, e.g. `0x00000000` for mainnet's genesis.
pub type ForkVersion = FixedBytes<4>;

/// The purpose of a signature: the first four bytes of its domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DomainType(pub [u8; 4]);

impl DomainType {
    /// A block by its proposer.
    pub const BEACON_PROPOSER: Self = Self([0, 0, 0, 0]);
    /// An attestation.
    pub const BEACON_ATTESTER: Self = Self([1, 0, 0, 0]);
    /// The reveal that a proposer mixes into the randomness.
    pub const RANDAO: Self = Self([2, 0, 0, 0]);
    /// A deposit: proof that the depositor holds the validator's key.
    pub const DEPOSIT: Self = Self([3, 0, 0, 0]);
    /// A request to leave.
    pub const VOLUNTARY_EXIT: Self = Self([4, 0, 0, 0]);
    /// Proof of being chosen to aggregate.
    pub const SELECTION_PROOF: Self = Self([5, 0, 0, 0]);
    /// An aggregate and the proof of its aggregator.
    pub const AGGREGATE_AND_PROOF: Self = Self([6, 0, 0, 0]);
    /// A sync committee member's vote for the head.
    pub const SYNC_COMMITTEE: Self = Self([7, 0, 0, 0]);
    /// Messages between proposers, builders and relays.
    pub const APPLICATION_BUILDER: Self = Self([0, 0, 0, 1]);
    /// Everything a Commit-Boost signer signs ("mmoC").
    pub const COMMIT_BOOST: Self = Self(*b"mmoC");
}

/// `hash_tree_root(ForkData { current_version, genesis_validators_root })`.
#[must_use]
pub fn fork_data_root(version: ForkVersion, genesis_validators_root: B256) -> B256 {
    let mut leaf = [0; 32];
    leaf[..4].copy_from_slice(version.as_slice());
    hash32_concat(&leaf, genesis_validators_root.as_slice()).into()
}

/// The domain of one purpose on one fork of one chain.
#[must_use]
pub fn compute_domain(
    purpose: DomainType,
    version: ForkVersion,
    genesis_validators_root: B256,
) -> B256 {
    let mut domain = [0; 32];
    domain[..4].copy_from_slice(&purpose.0);
    domain[4..].copy_from_slice(&fork_data_root(version, genesis_validators_root)[..28]);
    domain.into()
}

/// `hash_tree_root(SigningData { object_root, domain })`: what keys sign.
#[must_use]
pub fn signing_root(object_root: B256, domain: B256) -> B256 {
    hash32_concat(object_root.as_slice(), domain.as_slice()).into()
}
