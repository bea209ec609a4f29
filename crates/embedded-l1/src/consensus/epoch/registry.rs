//! Who joins, who leaves, and what their weight is.

use forebond_beacon::{
    containers::{BeaconState, FAR_FUTURE_EPOCH, TreeList},
    preset::Preset,
};

use super::super::{
    access::{
        activation_exit_epoch, balance, decrease_balance, increase_balance, max_effective_balance,
        validator, validator_mut,
    },
    churn::initiate_exit,
    config::constants::{
        EFFECTIVE_BALANCE_INCREMENT, HYSTERESIS_DOWNWARD_MULTIPLIER, HYSTERESIS_INCREMENT,
        HYSTERESIS_UPWARD_MULTIPLIER, MIN_ACTIVATION_BALANCE,
    },
    error::Result,
    rules::Rules,
};

pub(super) fn process_registry_updates<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
) -> Result<()> {
    enum Change {
        Queue,
        Eject,
        Activate,
    }
    let epoch = state.current_epoch();
    let finalized = state.finalized_checkpoint.epoch;
    // Each validator's change depends on its own record only, so they can be decided before any is made.
    let changes: Vec<(u64, Change)> = (0u64..)
        .zip(&state.validators)
        .filter_map(|(index, validator)| {
            let queued = validator.activation_eligibility_epoch != FAR_FUTURE_EPOCH;
            if !queued && validator.effective_balance >= MIN_ACTIVATION_BALANCE {
                Some((index, Change::Queue))
            } else if validator.is_active_at(epoch)
                && validator.effective_balance <= rules.config.ejection_balance_gwei
            {
                Some((index, Change::Eject))
            } else if validator.activation_eligibility_epoch <= finalized
                && validator.activation_epoch == FAR_FUTURE_EPOCH
            {
                Some((index, Change::Activate))
            } else {
                None
            }
        })
        .collect();
    for (index, change) in changes {
        match change {
            Change::Queue => validator_mut(state, index)?.activation_eligibility_epoch = epoch + 1,
            Change::Eject => initiate_exit(rules, state, index)?,
            Change::Activate => {
                validator_mut(state, index)?.activation_epoch = activation_exit_epoch(epoch)
            }
        }
    }
    Ok(())
}

pub(super) fn process_pending_consolidations<P: Preset>(state: &mut BeaconState<P>) -> Result<()> {
    let next_epoch = state.current_epoch() + 1;
    let pending = state.pending_consolidations.to_vec();
    let mut done = 0;
    for consolidation in &pending {
        let source = validator(state, consolidation.source_index)?;
        if !source.slashed {
            if source.withdrawable_epoch > next_epoch {
                break;
            }
            let gwei = source
                .effective_balance
                .min(balance(state, consolidation.source_index)?);
            decrease_balance(state, consolidation.source_index, gwei)?;
            increase_balance(state, consolidation.target_index, gwei)?;
        }
        done += 1;
    }
    if done > 0 {
        state.pending_consolidations = TreeList::try_from_iter(pending.into_iter().skip(done))?;
    }
    Ok(())
}

pub(super) fn process_effective_balance_updates<P: Preset>(
    state: &mut BeaconState<P>,
) -> Result<()> {
    const DOWNWARD: u64 = HYSTERESIS_INCREMENT * HYSTERESIS_DOWNWARD_MULTIPLIER;
    const UPWARD: u64 = HYSTERESIS_INCREMENT * HYSTERESIS_UPWARD_MULTIPLIER;
    let changes: Vec<(u64, u64)> = (0u64..)
        .zip(state.validators.iter().zip(&state.balances))
        .filter(|(_, (validator, balance))| {
            *balance + DOWNWARD < validator.effective_balance
                || validator.effective_balance + UPWARD < **balance
        })
        .map(|(index, (validator, balance))| {
            let whole = balance - balance % EFFECTIVE_BALANCE_INCREMENT;
            (index, whole.min(max_effective_balance(validator)))
        })
        .collect();
    for (index, effective_balance) in changes {
        validator_mut(state, index)?.effective_balance = effective_balance;
    }
    Ok(())
}
