//! SSZ containers of Fulu, generic over the [preset](crate::preset::Preset), with JSON in the Beacon API's manner
//! (integers quoted, bytes as hex).
//!
//! Field names and meanings are those of the consensus specification (`specs/{phase0..fulu}/beacon-chain.md`); amounts
//! are Gwei unless a name says otherwise, times are slots or epochs. The long lists of [`BeaconState`] are persistent
//! trees that remember their hashes: cloning a state is cheap, and so is the root after a small change.

mod attestation;
mod basic;
mod block;
mod execution;
mod json;
mod operations;
mod pending;
mod state;
mod sync;

use alloy_primitives::FixedBytes;

pub use crate::bls::{PublicKeyBytes, SignatureBytes};
pub use attestation::{
    AggregationBits, Attestation, AttestationData, CommitteeBits, IndexedAttestation,
};
pub use basic::{
    Checkpoint, Eth1Data, Fork, ForkData, HistoricalSummary, JustificationBits, SigningData,
    Validator,
};
pub use block::{
    BeaconBlock, BeaconBlockBody, BeaconBlockHeader, SignedBeaconBlock, SignedBeaconBlockHeader,
};
pub use execution::{
    ConsolidationRequest, DepositRequest, ExecutionPayload, ExecutionPayloadHeader,
    ExecutionRequests, Transaction, Transactions, Withdrawal, WithdrawalRequest,
};
pub use milhouse::{Error as TreeError, List as TreeList, Vector as TreeVector};
pub use operations::{
    AttesterSlashing, BlsToExecutionChange, Deposit, DepositData, DepositMessage, ProposerSlashing,
    SignedBlsToExecutionChange, SignedVoluntaryExit, VoluntaryExit,
};
pub use pending::{PendingConsolidation, PendingDeposit, PendingPartialWithdrawal};
pub use ssz_types::{BitList, BitVector, FixedVector, VariableList};
pub use state::{BeaconState, STATE_FIELDS};
pub use sync::{SyncAggregate, SyncCommittee};

/// A KZG commitment to a blob (G1), not checked.
pub type KzgCommitment = FixedBytes<48>;
/// "Never": the epoch of things that are not scheduled.
pub const FAR_FUTURE_EPOCH: u64 = u64::MAX;

#[cfg(test)]
mod tests;
