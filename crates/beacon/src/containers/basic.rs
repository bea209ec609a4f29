//! The small containers that others are made of.
#![allow(missing_docs, reason = "the specification defines the fields")]

use alloy_primitives::{B256, FixedBytes};
use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::BitVector;
use tree_hash_derive::TreeHash;
use typenum::U4;

use super::{FAR_FUTURE_EPOCH, PublicKeyBytes};

/// Which of the last four epochs were justified, newest first.
pub type JustificationBits = BitVector<U4>;

/// The fork versions around the last fork.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct Fork {
    pub previous_version: FixedBytes<4>,
    pub current_version: FixedBytes<4>,
    #[serde(with = "serde_utils::quoted_u64")]
    pub epoch: u64,
}

/// What a signature domain binds besides its type: the fork and the chain.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct ForkData {
    pub current_version: FixedBytes<4>,
    pub genesis_validators_root: B256,
}

/// What is signed: an object's root under a domain.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct SigningData {
    pub object_root: B256,
    pub domain: B256,
}

/// The first block of an epoch, by root.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct Checkpoint {
    #[serde(with = "serde_utils::quoted_u64")]
    pub epoch: u64,
    pub root: B256,
}

/// A vote on the deposit contract's state; only kept for the layout since deposits come as requests (EIP-6110).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct Eth1Data {
    pub deposit_root: B256,
    #[serde(with = "serde_utils::quoted_u64")]
    pub deposit_count: u64,
    pub block_hash: B256,
}

/// Roots of one full turn of `block_roots` and `state_roots`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct HistoricalSummary {
    pub block_summary_root: B256,
    pub state_summary_root: B256,
}

/// A validator's record. Its index in the registry never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct Validator {
    pub pubkey: PublicKeyBytes,
    pub withdrawal_credentials: B256,
    /// Gwei, a whole number of ETH, at most 32 (0x01) or 2048 ETH (0x02 credentials).
    #[serde(with = "serde_utils::quoted_u64")]
    pub effective_balance: u64,
    pub slashed: bool,
    #[serde(with = "serde_utils::quoted_u64")]
    pub activation_eligibility_epoch: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub activation_epoch: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub exit_epoch: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub withdrawable_epoch: u64,
}

impl Validator {
    /// A record that is not scheduled for anything yet.
    #[must_use]
    pub const fn new(
        pubkey: PublicKeyBytes,
        withdrawal_credentials: B256,
        effective_balance_gwei: u64,
    ) -> Self {
        Self {
            pubkey,
            withdrawal_credentials,
            effective_balance: effective_balance_gwei,
            slashed: false,
            activation_eligibility_epoch: FAR_FUTURE_EPOCH,
            activation_epoch: FAR_FUTURE_EPOCH,
            exit_epoch: FAR_FUTURE_EPOCH,
            withdrawable_epoch: FAR_FUTURE_EPOCH,
        }
    }

    /// Whether it has duties in `epoch`.
    #[must_use]
    pub const fn is_active_at(&self, epoch: u64) -> bool {
        self.activation_epoch <= epoch && epoch < self.exit_epoch
    }

    /// Whether evidence against it still costs it something in `epoch`.
    #[must_use]
    pub const fn is_slashable_at(&self, epoch: u64) -> bool {
        !self.slashed && self.activation_epoch <= epoch && epoch < self.withdrawable_epoch
    }
}
