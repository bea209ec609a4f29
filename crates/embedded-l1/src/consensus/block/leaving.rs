//! Signed wishes of validators: to leave, and where their money goes.

use alloy_primitives::B256;
use ethereum_hashing::hash_fixed;
use forebond_beacon::{
    containers::{BeaconState, FAR_FUTURE_EPOCH, SignedBlsToExecutionChange, SignedVoluntaryExit},
    preset::Preset,
    signing::domain::{DomainType, compute_domain, signing_root},
};
use tree_hash::TreeHash as _;

use super::super::{
    access::{pending_balance_to_withdraw, validator, validator_mut},
    churn::initiate_exit,
    config::constants::{BLS_WITHDRAWAL_PREFIX, ETH1_ADDRESS_WITHDRAWAL_PREFIX},
    error::{Result, require},
    rules::Rules,
};

const EXIT: &str = "voluntary exit";
const CHANGE: &str = "credentials change";
/// Domain of credential changes (Capella).
const DOMAIN_BLS_TO_EXECUTION_CHANGE: DomainType = DomainType([0x0a, 0, 0, 0]);

pub(super) fn process_voluntary_exit<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    exit: &SignedVoluntaryExit,
) -> Result<()> {
    let message = exit.message;
    let epoch = state.current_epoch();
    let leaving = validator(state, message.validator_index)?;
    require(
        leaving.is_active_at(epoch),
        EXIT,
        "the validator is not active",
    )?;
    require(
        leaving.exit_epoch == FAR_FUTURE_EPOCH,
        EXIT,
        "the validator is leaving already",
    )?;
    require(message.epoch <= epoch, EXIT, "it names a later epoch")?;
    let earliest = leaving
        .activation_epoch
        .saturating_add(rules.config.shard_committee_period_epochs);
    require(
        epoch >= earliest,
        EXIT,
        "the validator has not served long enough",
    )?;
    require(
        pending_balance_to_withdraw(state, message.validator_index) == 0,
        EXIT,
        "partial withdrawals are pending",
    )?;
    // Exits are valid across forks (EIP-7044).
    let domain = compute_domain(
        DomainType::VOLUNTARY_EXIT,
        rules.config.capella_version(),
        state.genesis_validators_root,
    );
    let root = signing_root(message.tree_hash_root(), domain);
    rules.check(EXIT, &leaving.pubkey, root, &exit.signature)?;
    initiate_exit(rules, state, message.validator_index)
}

pub(super) fn process_bls_to_execution_change<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    change: &SignedBlsToExecutionChange,
) -> Result<()> {
    let message = &change.message;
    let mut expected = B256::from(hash_fixed(message.from_bls_pubkey.as_slice()));
    expected[0] = BLS_WITHDRAWAL_PREFIX;
    require(
        validator(state, message.validator_index)?.withdrawal_credentials == expected,
        CHANGE,
        "the credentials are not this BLS key's",
    )?;
    let domain = compute_domain(
        DOMAIN_BLS_TO_EXECUTION_CHANGE,
        rules.config.genesis_version(),
        state.genesis_validators_root,
    );
    let root = signing_root(message.tree_hash_root(), domain);
    rules.check(CHANGE, &message.from_bls_pubkey, root, &change.signature)?;
    let mut credentials = message.to_execution_address.into_word();
    credentials[0] = ETH1_ADDRESS_WITHDRAWAL_PREFIX;
    validator_mut(state, message.validator_index)?.withdrawal_credentials = credentials;
    Ok(())
}
