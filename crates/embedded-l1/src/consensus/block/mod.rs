//! A block changes the state (`process_block` as of Fulu), step by step in the specification's order.

mod attestation;
mod header;
mod leaving;
mod payload;
mod requests;
mod slashing;
mod sync;
mod withdrawals;

use std::collections::HashMap;

use forebond_beacon::{
    containers::{Attestation, BeaconBlock, BeaconState, PublicKeyBytes},
    preset::Preset,
};
pub(super) use withdrawals::expected_withdrawals;

use super::{
    access::{Committees, indices_by_key, previous_epoch, total_active_balance},
    epoch::base_reward_per_increment,
    error::{Result, require},
    rules::Rules,
};

/// What does not change while one block is processed, computed once.
struct BlockContext {
    committees: Vec<Committees>,
    indices: HashMap<PublicKeyBytes, u64>,
    total_active_gwei: u64,
    base_reward_per_increment: u64,
}

impl BlockContext {
    fn new<P: Preset>(state: &BeaconState<P>) -> Result<Self> {
        let (current, previous) = (state.current_epoch(), previous_epoch(state));
        let mut committees = vec![Committees::new(state, current)?];
        if previous != current {
            committees.push(Committees::new(state, previous)?);
        }
        let total_active_gwei = total_active_balance(state);
        Ok(Self {
            committees,
            indices: indices_by_key(state),
            total_active_gwei,
            base_reward_per_increment: base_reward_per_increment(total_active_gwei),
        })
    }

    fn committees(&self, epoch: u64) -> Option<&Committees> {
        self.committees
            .iter()
            .find(|committees| committees.epoch() == epoch)
    }
}

/// Applies `block` to a state that stands at its slot. The block's signature and state root are the caller's business.
pub(super) fn process_block<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    block: &BeaconBlock<P>,
) -> Result<()> {
    let body = &block.body;
    header::process_block_header(state, block)?;
    withdrawals::process_withdrawals(state, &body.execution_payload)?;
    payload::process_execution_payload(rules, state, body)?;
    payload::process_randao(rules, state, body)?;
    payload::process_eth1_data(state, body)?;
    let context = BlockContext::new(state)?;
    process_operations(rules, &context, state, block)?;
    sync::process_sync_aggregate(rules, &context, state, &body.sync_aggregate)?;
    state.apply_updates()?;
    Ok(())
}

fn process_operations<P: Preset>(
    rules: Rules<'_>,
    context: &BlockContext,
    state: &mut BeaconState<P>,
    block: &BeaconBlock<P>,
) -> Result<()> {
    let body = &block.body;
    require(
        body.deposits.is_empty(),
        "deposit",
        "deposits come as execution requests since Fulu",
    )?;
    for slashing in &body.proposer_slashings {
        slashing::process_proposer_slashing(rules, state, slashing)?;
    }
    for slashing in &body.attester_slashings {
        slashing::process_attester_slashing(rules, state, slashing)?;
    }
    for attestation in &body.attestations {
        attestation::process_attestation(rules, context, state, attestation)?;
    }
    for exit in &body.voluntary_exits {
        leaving::process_voluntary_exit(rules, state, exit)?;
    }
    for change in &body.bls_to_execution_changes {
        leaving::process_bls_to_execution_change(rules, state, change)?;
    }
    for deposit in &body.execution_requests.deposits {
        requests::process_deposit_request(state, deposit)?;
    }
    for withdrawal in &body.execution_requests.withdrawals {
        requests::process_withdrawal_request(rules, context, state, withdrawal)?;
    }
    for consolidation in &body.execution_requests.consolidations {
        requests::process_consolidation_request(rules, context, state, consolidation)?;
    }
    Ok(())
}

/// The attestations that a block on `state` (at the block's slot) should hold: those of `candidates` that are valid there
/// and say something the state does not know yet, newest first, as many as fit.
pub(super) fn includable<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    candidates: &[Attestation<P>],
    limit: usize,
) -> Result<Vec<Attestation<P>>> {
    let context = BlockContext::new(state)?;
    let mut newest_first: Vec<_> = candidates.iter().collect();
    newest_first.sort_by_key(|attestation| core::cmp::Reverse(attestation.data.slot));
    Ok(newest_first
        .into_iter()
        .filter(|attestation| {
            attestation::vote(&context, state, attestation)
                .is_ok_and(|vote| vote.is_news_to(state, attestation))
        })
        .filter(|attestation| {
            attestation::check_signature(rules, &context, state, attestation).is_ok()
        })
        .take(limit)
        .cloned()
        .collect())
}
