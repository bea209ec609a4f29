//! How fast stake may move (EIP-7251): exits and consolidations queue by balance, not by number.

use forebond_beacon::{
    containers::{BeaconState, FAR_FUTURE_EPOCH},
    preset::Preset,
};
use typenum::Unsigned;

use super::{
    access::{
        activation_exit_epoch, at, decrease_balance, increase_balance, proposer_index,
        total_active_balance, validator, validator_mut,
    },
    config::{
        ChainConfig,
        constants::{
            EFFECTIVE_BALANCE_INCREMENT, MIN_SLASHING_PENALTY_QUOTIENT, PROPOSER_WEIGHT,
            WEIGHT_DENOMINATOR, WHISTLEBLOWER_REWARD_QUOTIENT,
        },
    },
    error::Result,
    rules::Rules,
};

fn balance_churn_limit<P: Preset>(config: &ChainConfig, state: &BeaconState<P>) -> u64 {
    let churn = config
        .min_per_epoch_churn_gwei
        .max(total_active_balance(state) / config.churn_limit_quotient);
    churn - churn % EFFECTIVE_BALANCE_INCREMENT
}

/// Gwei that may enter or leave in one epoch.
pub(super) fn activation_exit_churn_limit<P: Preset>(
    config: &ChainConfig,
    state: &BeaconState<P>,
) -> u64 {
    config
        .max_per_epoch_activation_exit_churn_gwei
        .min(balance_churn_limit(config, state))
}

/// Gwei that may be merged in one epoch: what entering and leaving does not use.
pub(super) fn consolidation_churn_limit<P: Preset>(
    config: &ChainConfig,
    state: &BeaconState<P>,
) -> u64 {
    balance_churn_limit(config, state) - activation_exit_churn_limit(config, state)
}

/// Places `gwei` in a queue whose head is at `earliest_epoch` with `left_gwei` still free there; gives the new head.
fn enqueue(
    gwei: u64,
    earliest_epoch: u64,
    left_gwei: u64,
    current_epoch: u64,
    churn: u64,
) -> (u64, u64) {
    let first_possible = activation_exit_epoch(current_epoch);
    let (mut epoch, mut left) = if earliest_epoch < first_possible {
        (first_possible, churn)
    } else {
        (earliest_epoch, left_gwei)
    };
    if gwei > left {
        let additional_epochs = (gwei - left - 1) / churn + 1;
        epoch += additional_epochs;
        left += additional_epochs * churn;
    }
    (epoch, left - gwei)
}

/// Epoch in which `gwei` can leave (`compute_exit_epoch_and_update_churn`).
pub(super) fn exit_epoch<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    gwei: u64,
) -> u64 {
    let (epoch, left) = enqueue(
        gwei,
        state.earliest_exit_epoch,
        state.exit_balance_to_consume,
        state.current_epoch(),
        activation_exit_churn_limit(rules.config, state),
    );
    (state.earliest_exit_epoch, state.exit_balance_to_consume) = (epoch, left);
    epoch
}

/// Epoch in which `gwei` can be merged (`compute_consolidation_epoch_and_update_churn`). The limit must not be zero.
pub(super) fn consolidation_epoch<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    gwei: u64,
) -> u64 {
    let (epoch, left) = enqueue(
        gwei,
        state.earliest_consolidation_epoch,
        state.consolidation_balance_to_consume,
        state.current_epoch(),
        consolidation_churn_limit(rules.config, state).max(EFFECTIVE_BALANCE_INCREMENT),
    );
    (
        state.earliest_consolidation_epoch,
        state.consolidation_balance_to_consume,
    ) = (epoch, left);
    epoch
}

/// Schedules the exit of a validator, once.
pub(super) fn initiate_exit<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    index: u64,
) -> Result<()> {
    let leaving = validator(state, index)?;
    if leaving.exit_epoch != FAR_FUTURE_EPOCH {
        return Ok(());
    }
    let gwei = leaving.effective_balance;
    let epoch = exit_epoch(rules, state, gwei);
    let leaving = validator_mut(state, index)?;
    leaving.exit_epoch = epoch;
    leaving.withdrawable_epoch =
        epoch.saturating_add(rules.config.min_validator_withdrawability_delay_epochs);
    Ok(())
}

/// Slashes a validator; the proposer is also the whistleblower.
pub(super) fn slash<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    index: u64,
) -> Result<()> {
    let epoch = state.current_epoch();
    initiate_exit(rules, state, index)?;
    let slashed = validator_mut(state, index)?;
    slashed.slashed = true;
    slashed.withdrawable_epoch = slashed
        .withdrawable_epoch
        .max(epoch + P::EpochsPerSlashingsVector::U64);
    let gwei = slashed.effective_balance;
    if let Some(sum) = state
        .slashings
        .get_mut(at(epoch % P::EpochsPerSlashingsVector::U64))
    {
        *sum += gwei;
    }
    decrease_balance(state, index, gwei / MIN_SLASHING_PENALTY_QUOTIENT)?;
    let reward = gwei / WHISTLEBLOWER_REWARD_QUOTIENT;
    let proposer_reward = reward * PROPOSER_WEIGHT / WEIGHT_DENOMINATOR;
    let proposer = proposer_index(state);
    increase_balance(state, proposer, proposer_reward)?;
    increase_balance(state, proposer, reward - proposer_reward)
}
