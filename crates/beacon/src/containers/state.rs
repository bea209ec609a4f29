//! The beacon state of Fulu.
#![allow(missing_docs, reason = "the specification defines the fields")]

use std::sync::Arc;

use alloy_primitives::B256;
use milhouse::{Error as TreeError, List, Vector};
use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::FixedVector;
use tree_hash::{PackedEncoding, TreeHash, TreeHashType};

use super::{
    BeaconBlockHeader, Checkpoint, Eth1Data, ExecutionPayloadHeader, Fork, HistoricalSummary,
    JustificationBits, PendingConsolidation, PendingDeposit, PendingPartialWithdrawal,
    SyncCommittee, Validator, json,
};
use crate::preset::{Preset, limits};

/// Fields of [`BeaconState`], so that a field's generalized index is 64 plus its place (Fulu).
pub const STATE_FIELDS: usize = 38;

/// Everything consensus knows after a block or an empty slot.
///
/// Long lists are persistent trees: `clone` shares them, writes are collected and applied together. Call
/// [`BeaconState::apply_updates`] after a run of writes; hashing a state with writes outstanding is correct but pays for
/// them again each time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(bound = "P: Preset")]
pub struct BeaconState<P: Preset> {
    /// Unix seconds.
    #[serde(with = "serde_utils::quoted_u64")]
    pub genesis_time: u64,
    pub genesis_validators_root: B256,
    #[serde(with = "serde_utils::quoted_u64")]
    pub slot: u64,
    pub fork: Fork,
    pub latest_block_header: BeaconBlockHeader,
    /// Root of the newest block at or before slot s, at s mod length.
    pub block_roots: Vector<B256, P::SlotsPerHistoricalRoot>,
    pub state_roots: Vector<B256, P::SlotsPerHistoricalRoot>,
    pub historical_roots: List<B256, limits::HistoricalRoots>,
    pub eth1_data: Eth1Data,
    pub eth1_data_votes: List<Eth1Data, P::Eth1VotesLimit>,
    #[serde(with = "serde_utils::quoted_u64")]
    pub eth1_deposit_index: u64,
    pub validators: List<Validator, limits::ValidatorRegistry>,
    /// Gwei.
    #[serde(with = "json")]
    pub balances: List<u64, limits::ValidatorRegistry>,
    pub randao_mixes: Vector<B256, P::EpochsPerHistoricalVector>,
    /// Gwei slashed per epoch.
    #[serde(with = "json")]
    pub slashings: Vector<u64, P::EpochsPerSlashingsVector>,
    #[serde(with = "json")]
    pub previous_epoch_participation: List<u8, limits::ValidatorRegistry>,
    #[serde(with = "json")]
    pub current_epoch_participation: List<u8, limits::ValidatorRegistry>,
    pub justification_bits: JustificationBits,
    pub previous_justified_checkpoint: Checkpoint,
    pub current_justified_checkpoint: Checkpoint,
    pub finalized_checkpoint: Checkpoint,
    #[serde(with = "json")]
    pub inactivity_scores: List<u64, limits::ValidatorRegistry>,
    pub current_sync_committee: Arc<SyncCommittee<P>>,
    pub next_sync_committee: Arc<SyncCommittee<P>>,
    pub latest_execution_payload_header: ExecutionPayloadHeader,
    #[serde(with = "serde_utils::quoted_u64")]
    pub next_withdrawal_index: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub next_withdrawal_validator_index: u64,
    pub historical_summaries: List<HistoricalSummary, limits::HistoricalRoots>,
    #[serde(with = "serde_utils::quoted_u64")]
    pub deposit_requests_start_index: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub deposit_balance_to_consume: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub exit_balance_to_consume: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub earliest_exit_epoch: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub consolidation_balance_to_consume: u64,
    #[serde(with = "serde_utils::quoted_u64")]
    pub earliest_consolidation_epoch: u64,
    pub pending_deposits: List<PendingDeposit, limits::PendingDeposits>,
    pub pending_partial_withdrawals:
        List<PendingPartialWithdrawal, P::PendingPartialWithdrawalsLimit>,
    pub pending_consolidations: List<PendingConsolidation, P::PendingConsolidationsLimit>,
    /// Proposers of this epoch's and the next epoch's slots (EIP-7917).
    #[serde(with = "json")]
    pub proposer_lookahead: FixedVector<u64, P::ProposerLookaheadSize>,
}

/// Calls `$each` with every field that is a persistent tree.
macro_rules! for_each_tree {
    ($state:expr, $each:ident) => {{
        let state = $state;
        $each!(state.block_roots);
        $each!(state.state_roots);
        $each!(state.historical_roots);
        $each!(state.eth1_data_votes);
        $each!(state.validators);
        $each!(state.balances);
        $each!(state.randao_mixes);
        $each!(state.slashings);
        $each!(state.previous_epoch_participation);
        $each!(state.current_epoch_participation);
        $each!(state.inactivity_scores);
        $each!(state.historical_summaries);
        $each!(state.pending_deposits);
        $each!(state.pending_partial_withdrawals);
        $each!(state.pending_consolidations);
    }};
}

impl<P: Preset> BeaconState<P> {
    /// The epoch of the state's slot.
    #[must_use]
    pub fn current_epoch(&self) -> u64 {
        self.slot / P::slots_per_epoch()
    }

    /// Writes what was collected into the trees.
    ///
    /// # Errors
    /// When a write lies outside a list's limit; the trees before it are written.
    pub fn apply_updates(&mut self) -> Result<(), TreeError> {
        macro_rules! apply {
            ($tree:expr) => {
                $tree.apply_updates()?
            };
        }
        for_each_tree!(self, apply);
        Ok(())
    }

    fn has_pending_updates(&self) -> bool {
        let mut pending = false;
        macro_rules! look {
            ($tree:expr) => {
                pending |= $tree.has_pending_updates()
            };
        }
        for_each_tree!(self, look);
        pending
    }

    /// The hash tree roots of the fields, in order: the leaves of the state's own tree, padded to 64 with zeros there.
    #[must_use]
    pub fn field_roots(&self) -> [B256; STATE_FIELDS] {
        if self.has_pending_updates() {
            let mut written = self.clone();
            // A write outside the limits was refused when it was made, so this cannot fail; if it could, the roots of
            // the written trees would still be returned instead of a panic.
            if written.apply_updates().is_ok() {
                return written.roots_of_written_fields();
            }
        }
        self.roots_of_written_fields()
    }

    fn roots_of_written_fields(&self) -> [B256; STATE_FIELDS] {
        [
            self.genesis_time.tree_hash_root(),
            self.genesis_validators_root,
            self.slot.tree_hash_root(),
            self.fork.tree_hash_root(),
            self.latest_block_header.tree_hash_root(),
            self.block_roots.tree_hash_root(),
            self.state_roots.tree_hash_root(),
            self.historical_roots.tree_hash_root(),
            self.eth1_data.tree_hash_root(),
            self.eth1_data_votes.tree_hash_root(),
            self.eth1_deposit_index.tree_hash_root(),
            self.validators.tree_hash_root(),
            self.balances.tree_hash_root(),
            self.randao_mixes.tree_hash_root(),
            self.slashings.tree_hash_root(),
            self.previous_epoch_participation.tree_hash_root(),
            self.current_epoch_participation.tree_hash_root(),
            self.justification_bits.tree_hash_root(),
            self.previous_justified_checkpoint.tree_hash_root(),
            self.current_justified_checkpoint.tree_hash_root(),
            self.finalized_checkpoint.tree_hash_root(),
            self.inactivity_scores.tree_hash_root(),
            self.current_sync_committee.tree_hash_root(),
            self.next_sync_committee.tree_hash_root(),
            self.latest_execution_payload_header.tree_hash_root(),
            self.next_withdrawal_index.tree_hash_root(),
            self.next_withdrawal_validator_index.tree_hash_root(),
            self.historical_summaries.tree_hash_root(),
            self.deposit_requests_start_index.tree_hash_root(),
            self.deposit_balance_to_consume.tree_hash_root(),
            self.exit_balance_to_consume.tree_hash_root(),
            self.earliest_exit_epoch.tree_hash_root(),
            self.consolidation_balance_to_consume.tree_hash_root(),
            self.earliest_consolidation_epoch.tree_hash_root(),
            self.pending_deposits.tree_hash_root(),
            self.pending_partial_withdrawals.tree_hash_root(),
            self.pending_consolidations.tree_hash_root(),
            self.proposer_lookahead.tree_hash_root(),
        ]
    }
}

impl<P: Preset> TreeHash for BeaconState<P> {
    fn tree_hash_type() -> TreeHashType {
        TreeHashType::Container
    }

    fn tree_hash_packed_encoding(&self) -> PackedEncoding {
        // A container is never packed; its root is the only sensible answer.
        PackedEncoding::from_slice(self.tree_hash_root().as_slice())
    }

    fn tree_hash_packing_factor() -> usize {
        1
    }

    fn tree_hash_root(&self) -> B256 {
        let leaves: Vec<u8> = self.field_roots().iter().flat_map(|root| root.0).collect();
        tree_hash::merkle_root(&leaves, STATE_FIELDS)
    }
}
