//! Counters and windows that move on with the epoch.

use std::sync::Arc;

use forebond_beacon::{
    bls::PublicKey,
    containers::{BeaconState, FixedVector, HistoricalSummary, SyncCommittee, TreeList},
    preset::Preset,
    signing::domain::DomainType,
};
use tree_hash::TreeHash as _;
use typenum::Unsigned;

use super::super::{
    access::{active_indices, at, draw_proposers, randao_mix, seed, validator},
    config::constants::MIN_SEED_LOOKAHEAD,
    error::{Result, TransitionError},
    rules::Rules,
    shuffle::draw_by_balance,
};

pub(super) fn process_eth1_data_reset<P: Preset>(state: &mut BeaconState<P>) {
    if (state.current_epoch() + 1).is_multiple_of(P::EPOCHS_PER_ETH1_VOTING_PERIOD) {
        state.eth1_data_votes = TreeList::empty();
    }
}

pub(super) fn process_randao_mixes_reset<P: Preset>(state: &mut BeaconState<P>) {
    let epoch = state.current_epoch();
    let mix = randao_mix(state, epoch);
    if let Some(entry) = state
        .randao_mixes
        .get_mut(at((epoch + 1) % P::EpochsPerHistoricalVector::U64))
    {
        *entry = mix;
    }
}

pub(super) fn process_historical_summaries_update<P: Preset>(
    state: &mut BeaconState<P>,
) -> Result<()> {
    let epochs_per_turn = P::slots_per_historical_root() / P::slots_per_epoch();
    if (state.current_epoch() + 1).is_multiple_of(epochs_per_turn) {
        state.apply_updates()?;
        let summary = HistoricalSummary {
            block_summary_root: state.block_roots.tree_hash_root(),
            state_summary_root: state.state_roots.tree_hash_root(),
        };
        state.historical_summaries.push(summary)?;
    }
    Ok(())
}

pub(super) fn process_participation_flag_updates<P: Preset>(
    state: &mut BeaconState<P>,
) -> Result<()> {
    let fresh = TreeList::repeat(0, state.validators.len())?;
    state.previous_epoch_participation =
        core::mem::replace(&mut state.current_epoch_participation, fresh);
    Ok(())
}

pub(super) fn process_sync_committee_updates<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
) -> Result<()> {
    if (state.current_epoch() + 1).is_multiple_of(P::EPOCHS_PER_SYNC_COMMITTEE_PERIOD) {
        let next = next_sync_committee(rules, state)?;
        state.current_sync_committee =
            core::mem::replace(&mut state.next_sync_committee, Arc::new(next));
    }
    Ok(())
}

/// Draws the committee that serves after the next (`get_next_sync_committee`).
pub(in super::super) fn next_sync_committee<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
) -> Result<SyncCommittee<P>> {
    let epoch = state.current_epoch() + 1;
    let candidates = active_indices(state, epoch);
    if candidates.is_empty() {
        return Err(TransitionError::NobodyActive { epoch });
    }
    let seed = seed(state, epoch, DomainType::SYNC_COMMITTEE);
    let members = draw_by_balance(state, &candidates, seed, P::SyncCommitteeSize::USIZE)?;
    let pubkeys = members
        .into_iter()
        .map(|index| Ok(validator(state, index)?.pubkey))
        .collect::<Result<Vec<_>>>()?;
    let aggregate_pubkey = pubkeys
        .iter()
        .map(|key| rules.keys.checked(key))
        .collect::<core::result::Result<Vec<_>, _>>()
        .and_then(|keys| PublicKey::aggregate(&keys))
        .map_err(|source| TransitionError::Signature {
            what: "sync committee",
            source,
        })?
        .to_bytes();
    let pubkeys = FixedVector::new(pubkeys).map_err(|reason| TransitionError::Length {
        what: "sync committee",
        reason: reason.to_string(),
    })?;
    Ok(SyncCommittee {
        pubkeys,
        aggregate_pubkey,
    })
}

/// The lookahead moves one epoch on; what is drawn now can no longer be changed by balances (EIP-7917).
pub(super) fn process_proposer_lookahead<P: Preset>(state: &mut BeaconState<P>) -> Result<()> {
    let drawn = draw_proposers(state, state.current_epoch() + MIN_SEED_LOOKAHEAD + 1)?;
    let kept = state
        .proposer_lookahead
        .iter()
        .skip(P::SlotsPerEpoch::USIZE)
        .copied();
    let lookahead: Vec<u64> = kept.chain(drawn).collect();
    state.proposer_lookahead =
        FixedVector::new(lookahead).map_err(|reason| TransitionError::Length {
            what: "proposer lookahead",
            reason: reason.to_string(),
        })?;
    Ok(())
}
