use alloy_primitives::{Address, FixedBytes, address};
use forebond_beacon::preset::Preset;
use forebond_beacon::signing::domain::ForkVersion;

/// From which epoch on how many blobs a block may hold (EIP-7892).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobLimit {
    /// First epoch of the limit.
    pub epoch: u64,
    /// Blobs per block at most.
    pub max_blobs_per_block: u64,
}

/// Constants of one chain that are not part of the preset (`configs/*.yaml` of the consensus specification).
/// Every fork up to Fulu is active from genesis on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// Name as `CONFIG_NAME`.
    pub name: String,
    /// Milliseconds per slot; payload timestamps are whole seconds, so at least 1000.
    pub slot_duration_ms: u64,
    /// Versions of phase0, Altair, Bellatrix, Capella, Deneb, Electra, Fulu.
    pub fork_versions: [ForkVersion; 7],
    /// Chain id of the execution layer.
    pub deposit_chain_id: u64,
    /// Where deposits are made.
    pub deposit_contract: Address,
    /// Epochs between exit and withdrawal.
    pub min_validator_withdrawability_delay_epochs: u64,
    /// Epochs a validator serves before it may leave.
    pub shard_committee_period_epochs: u64,
    /// Gwei of effective balance at or below which a validator is ejected.
    pub ejection_balance_gwei: u64,
    /// Gwei that may at least enter or leave per epoch.
    pub min_per_epoch_churn_gwei: u64,
    /// Gwei that may at most enter or leave per epoch.
    pub max_per_epoch_activation_exit_churn_gwei: u64,
    /// Active balance over this is the churn, above the minimum.
    pub churn_limit_quotient: u64,
    /// Score a validator gains in each epoch it misses.
    pub inactivity_score_bias: u64,
    /// Score it loses in each epoch without a leak.
    pub inactivity_score_recovery_rate: u64,
    /// Blobs per block before the first entry of the schedule.
    pub max_blobs_per_block_electra: u64,
    /// Blob limits, ascending by epoch.
    pub blob_schedule: Vec<BlobLimit>,
}

impl ChainConfig {
    /// The specification's values for `P` with every fork at epoch 0, a chain id and a slot duration of our own.
    #[must_use]
    pub fn devnet<P: Preset>(deposit_chain_id: u64, slot_duration_ms: u64) -> Self {
        let minimal = P::NAME == "minimal";
        let eth = 1_000_000_000;
        let last_byte = u8::from(minimal);
        let fork_versions = [0, 1, 2, 3, 4, 5, 6].map(|fork| FixedBytes([fork, 0, 0, last_byte]));
        Self {
            name: "forebond".to_owned(),
            slot_duration_ms,
            fork_versions,
            deposit_chain_id,
            deposit_contract: address!("0x00000000219ab540356cBB839Cbe05303d7705Fa"),
            min_validator_withdrawability_delay_epochs: 256,
            shard_committee_period_epochs: if minimal { 64 } else { 256 },
            ejection_balance_gwei: 16 * eth,
            min_per_epoch_churn_gwei: if minimal { 64 * eth } else { 128 * eth },
            max_per_epoch_activation_exit_churn_gwei: if minimal { 128 * eth } else { 256 * eth },
            churn_limit_quotient: if minimal { 32 } else { 65_536 },
            inactivity_score_bias: 4,
            inactivity_score_recovery_rate: 16,
            max_blobs_per_block_electra: 9,
            blob_schedule: Vec::new(),
        }
    }

    /// Version of the only fork the chain is ever in.
    #[must_use]
    pub const fn fulu_version(&self) -> ForkVersion {
        self.fork_versions[6]
    }

    /// Version that deposits are signed under, whatever the fork.
    #[must_use]
    pub const fn genesis_version(&self) -> ForkVersion {
        self.fork_versions[0]
    }

    /// Version that voluntary exits are signed under, whatever the fork (EIP-7044).
    #[must_use]
    pub const fn capella_version(&self) -> ForkVersion {
        self.fork_versions[3]
    }

    /// Blobs a block of `epoch` may hold.
    #[must_use]
    pub fn max_blobs_per_block(&self, epoch: u64) -> u64 {
        self.blob_schedule
            .iter()
            .rev()
            .find(|limit| limit.epoch <= epoch)
            .map_or(self.max_blobs_per_block_electra, |limit| {
                limit.max_blobs_per_block
            })
    }

    /// Unix seconds at which `slot` begins.
    #[must_use]
    pub const fn seconds_at_slot(&self, genesis_time: u64, slot: u64) -> u64 {
        genesis_time.saturating_add(slot.saturating_mul(self.slot_duration_ms) / 1000)
    }
}

/// Constants that no configuration changes (phase0 to Electra, "Preset" and "Constants").
pub mod constants {
    /// Gwei per ETH, the step of effective balances.
    pub const EFFECTIVE_BALANCE_INCREMENT: u64 = 1_000_000_000;
    /// Gwei that activate a validator, and the ceiling of 0x01 credentials.
    pub const MIN_ACTIVATION_BALANCE: u64 = 32 * EFFECTIVE_BALANCE_INCREMENT;
    /// Ceiling of 0x02 credentials (EIP-7251).
    pub const MAX_EFFECTIVE_BALANCE_ELECTRA: u64 = 2048 * EFFECTIVE_BALANCE_INCREMENT;
    /// A quarter of an increment: effective balances follow with hysteresis.
    pub const HYSTERESIS_INCREMENT: u64 = EFFECTIVE_BALANCE_INCREMENT / 4;
    /// Quarters below at which the effective balance falls.
    pub const HYSTERESIS_DOWNWARD_MULTIPLIER: u64 = 1;
    /// Quarters above at which it rises.
    pub const HYSTERESIS_UPWARD_MULTIPLIER: u64 = 5;
    /// Epochs between the randomness and the duties drawn from it.
    pub const MIN_SEED_LOOKAHEAD: u64 = 1;
    /// Epochs between a decision and the change of the active set.
    pub const MAX_SEED_LOOKAHEAD: u64 = 4;
    /// Epochs without finality after which inactivity leaks.
    pub const MIN_EPOCHS_TO_INACTIVITY_PENALTY: u64 = 4;
    /// Scale of all rewards.
    pub const BASE_REWARD_FACTOR: u64 = 64;
    /// Fraction of the inactivity penalty (Bellatrix).
    pub const INACTIVITY_PENALTY_QUOTIENT: u64 = 1 << 24;
    /// First slashing penalty: this part of the effective balance (Electra).
    pub const MIN_SLASHING_PENALTY_QUOTIENT: u64 = 4096;
    /// Reward for reporting: this part of the effective balance (Electra).
    pub const WHISTLEBLOWER_REWARD_QUOTIENT: u64 = 4096;
    /// How much correlated slashings weigh (Bellatrix).
    pub const PROPORTIONAL_SLASHING_MULTIPLIER: u64 = 3;
    /// Weights of source, target and head votes, indexed by their flag.
    pub const PARTICIPATION_FLAG_WEIGHTS: [u64; 3] = [14, 26, 14];
    /// Flag of a timely vote for the source.
    pub const TIMELY_SOURCE: usize = 0;
    /// Flag of a vote for the right target.
    pub const TIMELY_TARGET: usize = 1;
    /// Flag of a vote for the right head, in the next slot.
    pub const TIMELY_HEAD: usize = 2;
    /// Weight of sync committee duty.
    pub const SYNC_REWARD_WEIGHT: u64 = 2;
    /// Weight of proposing.
    pub const PROPOSER_WEIGHT: u64 = 8;
    /// Sum of all weights.
    pub const WEIGHT_DENOMINATOR: u64 = 64;
    /// Deposits one epoch's end takes from the queue.
    pub const MAX_PENDING_DEPOSITS_PER_EPOCH: u64 = 16;
    /// Prefix of credentials that are a BLS key.
    pub const BLS_WITHDRAWAL_PREFIX: u8 = 0;
    /// Prefix of credentials that are an address, capped at 32 ETH.
    pub const ETH1_ADDRESS_WITHDRAWAL_PREFIX: u8 = 1;
    /// Prefix of credentials that are an address, compounding.
    pub const COMPOUNDING_WITHDRAWAL_PREFIX: u8 = 2;
}
