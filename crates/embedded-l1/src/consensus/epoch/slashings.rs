//! The correlation penalty, half way between slashing and withdrawal.

use forebond_beacon::{containers::BeaconState, preset::Preset};
use typenum::Unsigned;

use super::super::{
    access::{at, decrease_balance, total_active_balance},
    config::constants::{EFFECTIVE_BALANCE_INCREMENT, PROPORTIONAL_SLASHING_MULTIPLIER},
    error::Result,
};

pub(super) fn process_slashings<P: Preset>(state: &mut BeaconState<P>) -> Result<()> {
    let slashed_gwei: u64 = state.slashings.iter().sum();
    if slashed_gwei == 0 {
        return Ok(());
    }
    let total = total_active_balance(state);
    let adjusted = slashed_gwei
        .saturating_mul(PROPORTIONAL_SLASHING_MULTIPLIER)
        .min(total);
    let penalty_per_increment = adjusted / (total / EFFECTIVE_BALANCE_INCREMENT);
    let half_way = state.current_epoch() + P::EpochsPerSlashingsVector::U64 / 2;
    let due: Vec<(u64, u64)> = (0u64..)
        .zip(&state.validators)
        .filter(|(_, validator)| validator.slashed && validator.withdrawable_epoch == half_way)
        .map(|(index, validator)| {
            (
                index,
                validator.effective_balance / EFFECTIVE_BALANCE_INCREMENT,
            )
        })
        .collect();
    for (index, increments) in due {
        decrease_balance(state, index, penalty_per_increment * increments)?;
    }
    Ok(())
}

pub(super) fn process_slashings_reset<P: Preset>(state: &mut BeaconState<P>) {
    let place = at((state.current_epoch() + 1) % P::EpochsPerSlashingsVector::U64);
    if state.slashings.get(place).is_some_and(|gwei| *gwei != 0)
        && let Some(entry) = state.slashings.get_mut(place)
    {
        *entry = 0;
    }
}
