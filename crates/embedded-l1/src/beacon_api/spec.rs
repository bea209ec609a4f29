//! The chain's constants as `config/spec` names them.

use forebond_beacon::preset::Preset;
use serde_json::{Map, Value, json};
use typenum::Unsigned;

use crate::consensus::{ChainConfig, constants};

/// Names of the forks in the order of their versions, phase0 apart.
const FORKS: [&str; 6] = ["ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA", "FULU"];
/// "Not scheduled."
const FAR_FUTURE: u64 = u64::MAX;

/// All values are strings, except the blob schedule, which is a list of objects.
pub(super) fn spec_of<P: Preset>(config: &ChainConfig) -> Value {
    let mut spec = Map::new();
    let mut text = |key: &str, value: String| spec.insert(key.to_owned(), Value::String(value));
    text("PRESET_BASE", P::NAME.to_owned());
    text("CONFIG_NAME", config.name.clone());
    text("GENESIS_FORK_VERSION", config.genesis_version().to_string());
    for (name, version) in FORKS.iter().zip(config.fork_versions.iter().skip(1)) {
        text(&format!("{name}_FORK_VERSION"), version.to_string());
        text(&format!("{name}_FORK_EPOCH"), "0".to_owned());
    }
    text(
        "DEPOSIT_CONTRACT_ADDRESS",
        config.deposit_contract.to_string(),
    );
    for (domain, kind) in [
        ("BEACON_PROPOSER", "0x00000000"),
        ("BEACON_ATTESTER", "0x01000000"),
        ("RANDAO", "0x02000000"),
        ("DEPOSIT", "0x03000000"),
        ("VOLUNTARY_EXIT", "0x04000000"),
        ("SELECTION_PROOF", "0x05000000"),
        ("AGGREGATE_AND_PROOF", "0x06000000"),
        ("SYNC_COMMITTEE", "0x07000000"),
        ("APPLICATION_BUILDER", "0x00000001"),
    ] {
        text(&format!("DOMAIN_{domain}"), kind.to_owned());
    }
    for (key, number) in numbers::<P>(config) {
        text(key, number.to_string());
    }
    let schedule: Vec<Value> = config
        .blob_schedule
        .iter()
        .map(|limit| {
            json!({
                "EPOCH": limit.epoch.to_string(),
                "MAX_BLOBS_PER_BLOCK": limit.max_blobs_per_block.to_string(),
            })
        })
        .collect();
    spec.insert("BLOB_SCHEDULE".to_owned(), Value::Array(schedule));
    Value::Object(spec)
}

fn numbers<P: Preset>(config: &ChainConfig) -> [(&'static str, u64); 38] {
    [
        ("SECONDS_PER_SLOT", config.slot_duration_ms / 1000),
        ("SLOT_DURATION_MS", config.slot_duration_ms),
        ("SLOTS_PER_EPOCH", P::slots_per_epoch()),
        ("SLOTS_PER_HISTORICAL_ROOT", P::slots_per_historical_root()),
        (
            "EPOCHS_PER_HISTORICAL_VECTOR",
            P::EpochsPerHistoricalVector::U64,
        ),
        (
            "EPOCHS_PER_SLASHINGS_VECTOR",
            P::EpochsPerSlashingsVector::U64,
        ),
        (
            "EPOCHS_PER_ETH1_VOTING_PERIOD",
            P::EPOCHS_PER_ETH1_VOTING_PERIOD,
        ),
        (
            "EPOCHS_PER_SYNC_COMMITTEE_PERIOD",
            P::EPOCHS_PER_SYNC_COMMITTEE_PERIOD,
        ),
        ("SYNC_COMMITTEE_SIZE", P::SyncCommitteeSize::U64),
        ("MAX_COMMITTEES_PER_SLOT", P::MaxCommitteesPerSlot::U64),
        ("TARGET_COMMITTEE_SIZE", P::TARGET_COMMITTEE_SIZE),
        ("SHUFFLE_ROUND_COUNT", u64::from(P::SHUFFLE_ROUND_COUNT)),
        ("MIN_SEED_LOOKAHEAD", constants::MIN_SEED_LOOKAHEAD),
        ("MAX_SEED_LOOKAHEAD", constants::MAX_SEED_LOOKAHEAD),
        (
            "MAX_WITHDRAWALS_PER_PAYLOAD",
            P::MaxWithdrawalsPerPayload::U64,
        ),
        (
            "MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP",
            P::MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP,
        ),
        ("MIN_ACTIVATION_BALANCE", constants::MIN_ACTIVATION_BALANCE),
        (
            "MAX_EFFECTIVE_BALANCE_ELECTRA",
            constants::MAX_EFFECTIVE_BALANCE_ELECTRA,
        ),
        (
            "EFFECTIVE_BALANCE_INCREMENT",
            constants::EFFECTIVE_BALANCE_INCREMENT,
        ),
        ("EJECTION_BALANCE", config.ejection_balance_gwei),
        (
            "MIN_VALIDATOR_WITHDRAWABILITY_DELAY",
            config.min_validator_withdrawability_delay_epochs,
        ),
        (
            "SHARD_COMMITTEE_PERIOD",
            config.shard_committee_period_epochs,
        ),
        (
            "MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA",
            config.min_per_epoch_churn_gwei,
        ),
        (
            "MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT",
            config.max_per_epoch_activation_exit_churn_gwei,
        ),
        ("CHURN_LIMIT_QUOTIENT", config.churn_limit_quotient),
        ("INACTIVITY_SCORE_BIAS", config.inactivity_score_bias),
        (
            "INACTIVITY_SCORE_RECOVERY_RATE",
            config.inactivity_score_recovery_rate,
        ),
        (
            "MAX_BLOBS_PER_BLOCK_ELECTRA",
            config.max_blobs_per_block_electra,
        ),
        ("MAX_BLOB_COMMITMENTS_PER_BLOCK", 4096),
        ("FIELD_ELEMENTS_PER_BLOB", 4096),
        ("DEPOSIT_CHAIN_ID", config.deposit_chain_id),
        ("DEPOSIT_NETWORK_ID", config.deposit_chain_id),
        ("GLOAS_FORK_EPOCH", FAR_FUTURE),
        ("MIN_GENESIS_TIME", 0),
        ("GENESIS_DELAY", 0),
        ("PROPOSER_SCORE_BOOST", 40),
        ("ATTESTATION_SUBNET_COUNT", 64),
        ("TARGET_AGGREGATORS_PER_COMMITTEE", 16),
    ]
}
