//! Rewards and penalties for the previous epoch's votes (Altair, Bellatrix), and the inactivity leak.

use forebond_beacon::{containers::BeaconState, preset::Preset};

use super::super::{
    access::{decrease_balance, increase_balance, previous_epoch, total_active_balance},
    config::constants::{
        BASE_REWARD_FACTOR, EFFECTIVE_BALANCE_INCREMENT, INACTIVITY_PENALTY_QUOTIENT,
        MIN_EPOCHS_TO_INACTIVITY_PENALTY, PARTICIPATION_FLAG_WEIGHTS, TIMELY_HEAD, TIMELY_TARGET,
        WEIGHT_DENOMINATOR,
    },
    error::Result,
    rules::Rules,
};

/// What the previous epoch says about one validator that can gain or lose.
struct Eligible {
    index: u64,
    /// Source, target, head: voted in time and not slashed.
    took_part: [bool; 3],
    increments: u64,
}

fn eligible<P: Preset>(state: &BeaconState<P>) -> Vec<Eligible> {
    let previous = previous_epoch(state);
    (0u64..)
        .zip(
            state
                .validators
                .iter()
                .zip(&state.previous_epoch_participation),
        )
        .filter(|(_, (validator, _))| {
            validator.is_active_at(previous)
                || (validator.slashed && previous + 1 < validator.withdrawable_epoch)
        })
        .map(|(index, (validator, flags))| {
            let counts = validator.is_active_at(previous) && !validator.slashed;
            Eligible {
                index,
                took_part: [0, 1, 2].map(|flag| counts && *flags >> flag & 1 == 1),
                increments: validator.effective_balance / EFFECTIVE_BALANCE_INCREMENT,
            }
        })
        .collect()
}

fn is_leaking<P: Preset>(state: &BeaconState<P>) -> bool {
    previous_epoch(state).saturating_sub(state.finalized_checkpoint.epoch)
        > MIN_EPOCHS_TO_INACTIVITY_PENALTY
}

pub(super) fn process_inactivity_updates<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
) -> Result<()> {
    if state.current_epoch() == 0 {
        return Ok(());
    }
    let leaking = is_leaking(state);
    for validator in eligible(state) {
        let Some(score) = usize::try_from(validator.index)
            .ok()
            .and_then(|index| state.inactivity_scores.get_cow(index))
        else {
            continue;
        };
        let mut updated = if validator.took_part[TIMELY_TARGET] {
            score.saturating_sub(1)
        } else {
            score.saturating_add(rules.config.inactivity_score_bias)
        };
        if !leaking {
            updated = updated.saturating_sub(rules.config.inactivity_score_recovery_rate);
        }
        // Scores are zero while the chain is healthy: then the tree stays as it is.
        if updated != *score {
            *score.into_mut()? = updated;
        }
    }
    Ok(())
}

/// Gwei that one increment of balance earns per epoch at full participation.
pub(in super::super) fn base_reward_per_increment(total_active_balance: u64) -> u64 {
    EFFECTIVE_BALANCE_INCREMENT * BASE_REWARD_FACTOR / total_active_balance.isqrt()
}

pub(super) fn process_rewards_and_penalties<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
) -> Result<()> {
    if state.current_epoch() == 0 {
        return Ok(());
    }
    let total = total_active_balance(state);
    let (active_increments, reward_per_increment) = (
        total / EFFECTIVE_BALANCE_INCREMENT,
        base_reward_per_increment(total),
    );
    let leaking = is_leaking(state);
    let validators = eligible(state);
    let participating = [0, 1, 2].map(|flag| {
        let sum: u64 = validators
            .iter()
            .filter(|v| v.took_part[flag])
            .map(|v| v.increments)
            .sum();
        sum.max(1)
    });
    for validator in &validators {
        let base_reward = validator.increments * reward_per_increment;
        // Balances stop at zero, so rewards and penalties go in the specification's order, flag after flag.
        for (flag, weight) in PARTICIPATION_FLAG_WEIGHTS.into_iter().enumerate() {
            if validator.took_part[flag] {
                if !leaking {
                    let reward = base_reward * weight * participating[flag];
                    increase_balance(
                        state,
                        validator.index,
                        reward / (active_increments * WEIGHT_DENOMINATOR),
                    )?;
                }
            } else if flag != TIMELY_HEAD {
                decrease_balance(
                    state,
                    validator.index,
                    base_reward * weight / WEIGHT_DENOMINATOR,
                )?;
            }
        }
        if !validator.took_part[TIMELY_TARGET] {
            let score = usize::try_from(validator.index)
                .ok()
                .and_then(|index| state.inactivity_scores.get(index))
                .copied()
                .unwrap_or_default();
            let penalty = validator.increments * EFFECTIVE_BALANCE_INCREMENT * score
                / (rules.config.inactivity_score_bias * INACTIVITY_PENALTY_QUOTIENT);
            decrease_balance(state, validator.index, penalty)?;
        }
    }
    Ok(())
}
