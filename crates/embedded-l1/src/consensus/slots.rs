//! Slots pass, with or without blocks (phase0/beacon-chain.md, `process_slots`).

use alloy_primitives::B256;
use forebond_beacon::{containers::BeaconState, preset::Preset};
use tree_hash::TreeHash as _;

use super::{
    access::at,
    epoch::process_epoch,
    error::{Result, TransitionError},
    rules::Rules,
};

/// Slots one call passes at most: far more than any stall, and no endless loop for a block of an invented slot.
const MAX_SLOTS_AHEAD: u64 = 32_768;

/// Writes what is outstanding and gives the state's root.
pub(super) fn state_root<P: Preset>(state: &mut BeaconState<P>) -> Result<B256> {
    state.apply_updates()?;
    Ok(state.tree_hash_root())
}

/// Moves the state to the beginning of `slot`.
pub(super) fn process_slots<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    slot: u64,
) -> Result<()> {
    if slot <= state.slot {
        return Err(TransitionError::SlotNotAfterState {
            got: slot,
            state: state.slot,
        });
    }
    if slot - state.slot > MAX_SLOTS_AHEAD {
        return Err(TransitionError::TooFarAhead {
            got: slot,
            state: state.slot,
            limit: MAX_SLOTS_AHEAD,
        });
    }
    while state.slot < slot {
        process_slot(state)?;
        if (state.slot + 1).is_multiple_of(P::slots_per_epoch()) {
            process_epoch(rules, state)?;
        }
        state.slot += 1;
    }
    state.apply_updates()?;
    Ok(())
}

/// Remembers the roots that the slot ends with.
fn process_slot<P: Preset>(state: &mut BeaconState<P>) -> Result<()> {
    let place = at(state.slot % P::slots_per_historical_root());
    let root = state_root(state)?;
    if let Some(entry) = state.state_roots.get_mut(place) {
        *entry = root;
    }
    if state.latest_block_header.state_root.is_zero() {
        state.latest_block_header.state_root = root;
    }
    let block_root = state.latest_block_header.tree_hash_root();
    if let Some(entry) = state.block_roots.get_mut(place) {
        *entry = block_root;
    }
    Ok(())
}
