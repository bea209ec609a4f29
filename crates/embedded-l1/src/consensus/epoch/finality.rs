//! Casper FFG: what two thirds of the stake voted for is justified, and finalized by what comes after.

use forebond_beacon::{
    containers::{BeaconState, Checkpoint, JustificationBits, TreeList},
    preset::{Preset, limits},
};

use super::super::{
    access::{block_root_at, previous_epoch, start_slot, total_active_balance},
    config::constants::{EFFECTIVE_BALANCE_INCREMENT, TIMELY_TARGET},
    error::Result,
};

pub(super) fn process_justification_and_finalization<P: Preset>(
    state: &mut BeaconState<P>,
) -> Result<()> {
    // The first checkpoints have no root yet; two epochs later they are out of the way.
    if state.current_epoch() <= 1 {
        return Ok(());
    }
    let (current_epoch, previous_epoch) = (state.current_epoch(), previous_epoch(state));
    let total = total_active_balance(state);
    let previous = target_balance(state, &state.previous_epoch_participation, previous_epoch);
    let current = target_balance(state, &state.current_epoch_participation, current_epoch);
    let old_previous_justified = state.previous_justified_checkpoint;
    let old_current_justified = state.current_justified_checkpoint;

    state.previous_justified_checkpoint = state.current_justified_checkpoint;
    let mut justified = shifted(&state.justification_bits);
    if previous * 3 >= total * 2 {
        state.current_justified_checkpoint = checkpoint(state, previous_epoch)?;
        justified[1] = true;
    }
    if current * 3 >= total * 2 {
        state.current_justified_checkpoint = checkpoint(state, current_epoch)?;
        justified[0] = true;
    }
    state.justification_bits = to_bits(justified);

    let [first, second, third, fourth] = justified;
    let candidates = [
        (second && third && fourth, old_previous_justified, 3),
        (second && third, old_previous_justified, 2),
        (first && second && third, old_current_justified, 2),
        (first && second, old_current_justified, 1),
    ];
    for (linked, source, distance) in candidates {
        if linked && source.epoch + distance == current_epoch {
            state.finalized_checkpoint = source;
        }
    }
    Ok(())
}

/// Gwei of unslashed validators that voted for the right target in `epoch`.
fn target_balance<P: Preset>(
    state: &BeaconState<P>,
    participation: &TreeList<u8, limits::ValidatorRegistry>,
    epoch: u64,
) -> u64 {
    let sum: u64 = state
        .validators
        .iter()
        .zip(participation)
        .filter(|(validator, flags)| {
            validator.is_active_at(epoch) && !validator.slashed && *flags >> TIMELY_TARGET & 1 == 1
        })
        .map(|(validator, _)| validator.effective_balance)
        .sum();
    sum.max(EFFECTIVE_BALANCE_INCREMENT)
}

fn checkpoint<P: Preset>(state: &BeaconState<P>, epoch: u64) -> Result<Checkpoint> {
    Ok(Checkpoint {
        epoch,
        root: block_root_at(state, start_slot::<P>(epoch))?,
    })
}

/// The bits one epoch later: newest first, the newest still open.
fn shifted(bits: &JustificationBits) -> [bool; 4] {
    let bit = |index| bits.get(index).unwrap_or(false);
    [false, bit(0), bit(1), bit(2)]
}

fn to_bits(justified: [bool; 4]) -> JustificationBits {
    let mut bits = JustificationBits::new();
    for (index, value) in justified.into_iter().enumerate() {
        // Four values fit four bits.
        let _ = bits.set(index, value);
    }
    bits
}
