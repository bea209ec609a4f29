//! The end of an epoch (`process_epoch` as of Fulu), step by step in the specification's order.

mod deposits;
mod finality;
mod registry;
mod resets;
mod rewards;
mod slashings;

pub(super) use deposits::new_validator;
use forebond_beacon::{containers::BeaconState, preset::Preset};
pub(super) use resets::next_sync_committee;
pub(super) use rewards::base_reward_per_increment;

use super::{error::Result, rules::Rules};

pub(super) fn process_epoch<P: Preset>(rules: Rules<'_>, state: &mut BeaconState<P>) -> Result<()> {
    finality::process_justification_and_finalization(state)?;
    rewards::process_inactivity_updates(rules, state)?;
    rewards::process_rewards_and_penalties(rules, state)?;
    registry::process_registry_updates(rules, state)?;
    slashings::process_slashings(state)?;
    resets::process_eth1_data_reset(state);
    deposits::process_pending_deposits(rules, state)?;
    registry::process_pending_consolidations(state)?;
    registry::process_effective_balance_updates(state)?;
    slashings::process_slashings_reset(state);
    resets::process_randao_mixes_reset(state);
    resets::process_historical_summaries_update(state)?;
    resets::process_participation_flag_updates(state)?;
    resets::process_sync_committee_updates(rules, state)?;
    resets::process_proposer_lookahead(state)
}
