use forebond_beacon::{
    containers::{BeaconState, SyncAggregate},
    preset::Preset,
    signing::domain::{DomainType, signing_root},
};
use typenum::Unsigned;

use super::{
    super::{
        access::{block_root_at, decrease_balance, domain, increase_balance, proposer_index},
        config::constants::{
            EFFECTIVE_BALANCE_INCREMENT, PROPOSER_WEIGHT, SYNC_REWARD_WEIGHT, WEIGHT_DENOMINATOR,
        },
        error::{Result, refuse},
        rules::Rules,
    },
    BlockContext,
};

/// The sync committee signed the parent's root; it is paid for that, or pays.
pub(super) fn process_sync_aggregate<P: Preset>(
    rules: Rules<'_>,
    context: &BlockContext,
    state: &mut BeaconState<P>,
    aggregate: &SyncAggregate<P>,
) -> Result<()> {
    let committee = state.current_sync_committee.clone();
    let members: Vec<_> = committee
        .pubkeys
        .iter()
        .zip(aggregate.sync_committee_bits.iter())
        .collect();
    let previous_slot = state.slot.saturating_sub(1);
    let root = signing_root(
        block_root_at(state, previous_slot)?,
        domain(
            state,
            DomainType::SYNC_COMMITTEE,
            previous_slot / P::slots_per_epoch(),
        ),
    );
    let signers = members
        .iter()
        .filter(|(_, signed)| *signed)
        .map(|(key, _)| *key);
    rules.check_sync_aggregate(signers, root, &aggregate.sync_committee_signature)?;

    let active_increments = context.total_active_gwei / EFFECTIVE_BALANCE_INCREMENT;
    let per_slot = context.base_reward_per_increment * active_increments * SYNC_REWARD_WEIGHT
        / WEIGHT_DENOMINATOR
        / P::slots_per_epoch();
    let member_reward = per_slot / P::SyncCommitteeSize::U64;
    let proposer_reward = member_reward * PROPOSER_WEIGHT / (WEIGHT_DENOMINATOR - PROPOSER_WEIGHT);
    let proposer = proposer_index(state);
    for (key, signed) in members {
        let index = *context
            .indices
            .get(key)
            .ok_or_else(|| refuse("sync aggregate", "a member is not in the registry"))?;
        // Balances stop at zero, so rewards are booked one by one, in the committee's order.
        if signed {
            increase_balance(state, index, member_reward)?;
            increase_balance(state, proposer, proposer_reward)?;
        } else {
            decrease_balance(state, index, member_reward)?;
        }
    }
    Ok(())
}
