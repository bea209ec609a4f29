//! The sizes that differ between the mainnet and the minimal preset.
//!
//! Source: `presets/{mainnet,minimal}/*.yaml` of the consensus specification, Fulu. Lengths that shape a container are
//! types (they fix the Merkle tree), plain numbers are constants. What both presets share lives in [`limits`].

use core::fmt::Debug;

use typenum::{
    U4, U8, U16, U32, U64, U512, U2048, U8192, U65536, U131072, U262144, U134217728, Unsigned,
};

/// A length known to the type system.
pub trait Size:
    Unsigned + Clone + Debug + Default + PartialEq + Eq + Send + Sync + 'static
{
}
impl<T: Unsigned + Clone + Debug + Default + PartialEq + Eq + Send + Sync + 'static> Size for T {}

/// One named set of sizes; containers are generic over it.
pub trait Preset: Copy + Debug + Default + PartialEq + Eq + Send + Sync + 'static {
    /// Name as `PRESET_BASE` in `config/spec`.
    const NAME: &'static str;
    /// Rounds of swap-or-not shuffling.
    const SHUFFLE_ROUND_COUNT: u8;
    /// Committee members aimed at, which decides how many committees a slot has.
    const TARGET_COMMITTEE_SIZE: u64;
    /// Epochs one sync committee serves.
    const EPOCHS_PER_SYNC_COMMITTEE_PERIOD: u64;
    /// Epochs of one ETH1 voting period (only the reset is left of it).
    const EPOCHS_PER_ETH1_VOTING_PERIOD: u64;
    /// Validators one block's withdrawal sweep looks at.
    const MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP: u64;
    /// Pending partial withdrawals one block's sweep takes.
    const MAX_PENDING_PARTIALS_PER_WITHDRAWALS_SWEEP: u64;

    /// Slots of one epoch.
    type SlotsPerEpoch: Size;
    /// Length of `block_roots` and `state_roots`.
    type SlotsPerHistoricalRoot: Size;
    /// Length of `randao_mixes`.
    type EpochsPerHistoricalVector: Size;
    /// Length of `slashings`.
    type EpochsPerSlashingsVector: Size;
    /// Limit of `eth1_data_votes`: slots of one voting period.
    type Eth1VotesLimit: Size;
    /// Length of `proposer_lookahead`: this epoch's and the next epoch's slots (EIP-7917).
    type ProposerLookaheadSize: Size;
    /// Members of a sync committee.
    type SyncCommitteeSize: Size;
    /// Committees per slot at most: the length of `committee_bits`.
    type MaxCommitteesPerSlot: Size;
    /// Validators of all committees of one slot at most: the limit of `aggregation_bits`.
    type MaxValidatorsPerSlot: Size;
    /// Withdrawals of one payload at most.
    type MaxWithdrawalsPerPayload: Size;
    /// Limit of `pending_partial_withdrawals`.
    type PendingPartialWithdrawalsLimit: Size;
    /// Limit of `pending_consolidations`.
    type PendingConsolidationsLimit: Size;

    /// Slots of one epoch.
    fn slots_per_epoch() -> u64 {
        Self::SlotsPerEpoch::U64
    }

    /// Length of `block_roots` and `state_roots`, in slots.
    fn slots_per_historical_root() -> u64 {
        Self::SlotsPerHistoricalRoot::U64
    }
}

/// Whether a chain with epochs of so many slots has the minimal preset's sizes: the two presets that exist differ in this.
#[must_use]
pub fn is_minimal(slots_per_epoch: u64) -> bool {
    slots_per_epoch == Minimal::slots_per_epoch()
}

/// Sizes of the live network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mainnet;

/// Small sizes for tests and devnets: epochs of eight slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minimal;

impl Preset for Mainnet {
    const NAME: &'static str = "mainnet";
    const SHUFFLE_ROUND_COUNT: u8 = 90;
    const TARGET_COMMITTEE_SIZE: u64 = 128;
    const EPOCHS_PER_SYNC_COMMITTEE_PERIOD: u64 = 256;
    const EPOCHS_PER_ETH1_VOTING_PERIOD: u64 = 64;
    const MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP: u64 = 16_384;
    const MAX_PENDING_PARTIALS_PER_WITHDRAWALS_SWEEP: u64 = 8;
    type SlotsPerEpoch = U32;
    type SlotsPerHistoricalRoot = U8192;
    type EpochsPerHistoricalVector = U65536;
    type EpochsPerSlashingsVector = U8192;
    type Eth1VotesLimit = U2048;
    type ProposerLookaheadSize = U64;
    type SyncCommitteeSize = U512;
    type MaxCommitteesPerSlot = U64;
    type MaxValidatorsPerSlot = U131072;
    type MaxWithdrawalsPerPayload = U16;
    type PendingPartialWithdrawalsLimit = U134217728;
    type PendingConsolidationsLimit = U262144;
}

impl Preset for Minimal {
    const NAME: &'static str = "minimal";
    const SHUFFLE_ROUND_COUNT: u8 = 10;
    const TARGET_COMMITTEE_SIZE: u64 = 4;
    const EPOCHS_PER_SYNC_COMMITTEE_PERIOD: u64 = 8;
    const EPOCHS_PER_ETH1_VOTING_PERIOD: u64 = 4;
    const MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP: u64 = 16;
    const MAX_PENDING_PARTIALS_PER_WITHDRAWALS_SWEEP: u64 = 2;
    type SlotsPerEpoch = U8;
    type SlotsPerHistoricalRoot = U64;
    type EpochsPerHistoricalVector = U64;
    type EpochsPerSlashingsVector = U64;
    type Eth1VotesLimit = U32;
    type ProposerLookaheadSize = U16;
    type SyncCommitteeSize = U32;
    type MaxCommitteesPerSlot = U4;
    type MaxValidatorsPerSlot = U8192;
    type MaxWithdrawalsPerPayload = U4;
    type PendingPartialWithdrawalsLimit = U64;
    type PendingConsolidationsLimit = U64;
}

/// Limits that both presets share, as types, named as in the specification.
pub mod limits {
    use typenum::{
        U1, U2, U8, U16, U32, U4096, U8192, U1048576, U16777216, U134217728, U1073741824,
        U1099511627776,
    };

    /// `HISTORICAL_ROOTS_LIMIT`.
    pub type HistoricalRoots = U16777216;
    /// `VALIDATOR_REGISTRY_LIMIT`.
    pub type ValidatorRegistry = U1099511627776;
    /// `MAX_PROPOSER_SLASHINGS`.
    pub type ProposerSlashings = U16;
    /// `MAX_ATTESTER_SLASHINGS_ELECTRA`.
    pub type AttesterSlashings = U1;
    /// `MAX_ATTESTATIONS_ELECTRA`.
    pub type Attestations = U8;
    /// `MAX_DEPOSITS`.
    pub type Deposits = U16;
    /// `MAX_VOLUNTARY_EXITS`.
    pub type VoluntaryExits = U16;
    /// `MAX_BLS_TO_EXECUTION_CHANGES`.
    pub type BlsToExecutionChanges = U16;
    /// `MAX_BLOB_COMMITMENTS_PER_BLOCK`: the tree's limit; how many a block may hold is the blob schedule's business.
    pub type BlobCommitments = U4096;
    /// `MAX_BYTES_PER_TRANSACTION`.
    pub type TransactionBytes = U1073741824;
    /// `MAX_TRANSACTIONS_PER_PAYLOAD`.
    pub type Transactions = U1048576;
    /// `MAX_EXTRA_DATA_BYTES`.
    pub type ExtraDataBytes = U32;
    /// `PENDING_DEPOSITS_LIMIT`.
    pub type PendingDeposits = U134217728;
    /// `MAX_DEPOSIT_REQUESTS_PER_PAYLOAD`.
    pub type DepositRequests = U8192;
    /// `MAX_WITHDRAWAL_REQUESTS_PER_PAYLOAD`.
    pub type WithdrawalRequests = U16;
    /// `MAX_CONSOLIDATION_REQUESTS_PER_PAYLOAD`.
    pub type ConsolidationRequests = U2;
}
