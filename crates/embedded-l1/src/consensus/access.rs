//! Reading a state: what the specification calls "beacon state accessors", plus the few writes everything shares.

use std::collections::HashMap;

use alloy_primitives::B256;
use ethereum_hashing::hash_fixed;
use forebond_beacon::{
    containers::{BeaconState, PublicKeyBytes, Validator},
    preset::Preset,
    signing::domain::{DomainType, ForkVersion, compute_domain},
};
use typenum::Unsigned;

use super::{
    config::constants::{
        COMPOUNDING_WITHDRAWAL_PREFIX, EFFECTIVE_BALANCE_INCREMENT, ETH1_ADDRESS_WITHDRAWAL_PREFIX,
        MAX_EFFECTIVE_BALANCE_ELECTRA, MAX_SEED_LOOKAHEAD, MIN_ACTIVATION_BALANCE,
        MIN_SEED_LOOKAHEAD,
    },
    error::{Result, TransitionError},
    shuffle::{Shuffler, draw_by_balance, hash_with_u64},
};

/// A list index; what does not fit is out of range anyway.
pub(super) fn at(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

pub(super) fn previous_epoch<P: Preset>(state: &BeaconState<P>) -> u64 {
    state.current_epoch().saturating_sub(1)
}

pub(super) fn start_slot<P: Preset>(epoch: u64) -> u64 {
    epoch.saturating_mul(P::slots_per_epoch())
}

/// Epoch in which a change of the active set decided in `epoch` takes effect.
pub(super) const fn activation_exit_epoch(epoch: u64) -> u64 {
    epoch.saturating_add(1 + MAX_SEED_LOOKAHEAD)
}

fn unknown<P: Preset>(state: &BeaconState<P>, index: u64) -> TransitionError {
    TransitionError::UnknownValidator {
        index,
        registered: state.validators.len(),
    }
}

pub(super) fn validator<P: Preset>(state: &BeaconState<P>, index: u64) -> Result<&Validator> {
    state
        .validators
        .get(at(index))
        .ok_or_else(|| unknown(state, index))
}

pub(super) fn validator_mut<P: Preset>(
    state: &mut BeaconState<P>,
    index: u64,
) -> Result<&mut Validator> {
    let registered = state.validators.len();
    state
        .validators
        .get_mut(at(index))
        .ok_or(TransitionError::UnknownValidator { index, registered })
}

pub(super) fn effective_balance<P: Preset>(state: &BeaconState<P>, index: u64) -> Result<u64> {
    validator(state, index).map(|validator| validator.effective_balance)
}

pub(super) fn balance<P: Preset>(state: &BeaconState<P>, index: u64) -> Result<u64> {
    state
        .balances
        .get(at(index))
        .copied()
        .ok_or_else(|| unknown(state, index))
}

pub(super) fn increase_balance<P: Preset>(
    state: &mut BeaconState<P>,
    index: u64,
    gwei: u64,
) -> Result<()> {
    set_balance(state, index, |balance| balance.saturating_add(gwei))
}

pub(super) fn decrease_balance<P: Preset>(
    state: &mut BeaconState<P>,
    index: u64,
    gwei: u64,
) -> Result<()> {
    set_balance(state, index, |balance| balance.saturating_sub(gwei))
}

fn set_balance<P: Preset>(
    state: &mut BeaconState<P>,
    index: u64,
    change: impl FnOnce(u64) -> u64,
) -> Result<()> {
    let registered = state.validators.len();
    let entry = state
        .balances
        .get_mut(at(index))
        .ok_or(TransitionError::UnknownValidator { index, registered })?;
    *entry = change(*entry);
    Ok(())
}

/// Indices of the validators with duties in `epoch`, ascending.
pub(super) fn active_indices<P: Preset>(state: &BeaconState<P>, epoch: u64) -> Vec<u64> {
    (0u64..)
        .zip(&state.validators)
        .filter(|(_, validator)| validator.is_active_at(epoch))
        .map(|(index, _)| index)
        .collect()
}

/// Effective balance of all active validators, in Gwei; at least one increment, so that it can divide.
pub(super) fn total_active_balance<P: Preset>(state: &BeaconState<P>) -> u64 {
    let epoch = state.current_epoch();
    let sum: u64 = state
        .validators
        .iter()
        .filter(|validator| validator.is_active_at(epoch))
        .map(|validator| validator.effective_balance)
        .sum();
    sum.max(EFFECTIVE_BALANCE_INCREMENT)
}

pub(super) fn randao_mix<P: Preset>(state: &BeaconState<P>, epoch: u64) -> B256 {
    state
        .randao_mixes
        .get(at(epoch % P::EpochsPerHistoricalVector::U64))
        .copied()
        .unwrap_or_default()
}

/// Randomness for the duties of one purpose in `epoch`.
pub(super) fn seed<P: Preset>(state: &BeaconState<P>, epoch: u64, purpose: DomainType) -> B256 {
    let mix = randao_mix(
        state,
        epoch + P::EpochsPerHistoricalVector::U64 - MIN_SEED_LOOKAHEAD - 1,
    );
    let mut input = [0; 44];
    input[..4].copy_from_slice(&purpose.0);
    input[4..12].copy_from_slice(&epoch.to_le_bytes());
    input[12..].copy_from_slice(mix.as_slice());
    hash_fixed(&input).into()
}

/// Root of the newest block at or before `slot`, which must be before the state's slot and still in the ring.
pub(super) fn block_root_at<P: Preset>(state: &BeaconState<P>, slot: u64) -> Result<B256> {
    let length = P::slots_per_historical_root();
    let out_of_reach = TransitionError::BlockRootOutOfReach {
        slot,
        state: state.slot,
    };
    if slot >= state.slot || state.slot > slot.saturating_add(length) {
        return Err(out_of_reach);
    }
    state
        .block_roots
        .get(at(slot % length))
        .copied()
        .ok_or(out_of_reach)
}

/// Proposer of the state's slot.
pub(super) fn proposer_index<P: Preset>(state: &BeaconState<P>) -> u64 {
    state
        .proposer_lookahead
        .get(at(state.slot % P::slots_per_epoch()))
        .copied()
        .unwrap_or(u64::MAX)
}

/// Proposers of all slots of `epoch`, drawn from the state as it is (`get_beacon_proposer_indices`).
pub(super) fn draw_proposers<P: Preset>(state: &BeaconState<P>, epoch: u64) -> Result<Vec<u64>> {
    let candidates = active_indices(state, epoch);
    if candidates.is_empty() {
        return Err(TransitionError::NobodyActive { epoch });
    }
    let epoch_seed = seed(state, epoch, DomainType::BEACON_PROPOSER);
    let first = start_slot::<P>(epoch);
    let mut proposers = Vec::with_capacity(at(P::slots_per_epoch()));
    for slot in first..first + P::slots_per_epoch() {
        let slot_seed = B256::from(hash_with_u64(epoch_seed, slot));
        proposers.extend(draw_by_balance(state, &candidates, slot_seed, 1)?);
    }
    Ok(proposers)
}

/// Domain of a purpose at `epoch`.
pub(super) fn domain<P: Preset>(state: &BeaconState<P>, purpose: DomainType, epoch: u64) -> B256 {
    let version: ForkVersion = if epoch < state.fork.epoch {
        state.fork.previous_version
    } else {
        state.fork.current_version
    };
    compute_domain(purpose, version, state.genesis_validators_root)
}

pub(super) fn has_eth1_credentials(validator: &Validator) -> bool {
    validator.withdrawal_credentials.first() == Some(&ETH1_ADDRESS_WITHDRAWAL_PREFIX)
}

pub(super) fn has_compounding_credentials(validator: &Validator) -> bool {
    validator.withdrawal_credentials.first() == Some(&COMPOUNDING_WITHDRAWAL_PREFIX)
}

/// Whether withdrawals of this validator go to an execution address.
pub(super) fn has_execution_credentials(validator: &Validator) -> bool {
    has_eth1_credentials(validator) || has_compounding_credentials(validator)
}

pub(super) fn max_effective_balance(validator: &Validator) -> u64 {
    if has_compounding_credentials(validator) {
        MAX_EFFECTIVE_BALANCE_ELECTRA
    } else {
        MIN_ACTIVATION_BALANCE
    }
}

/// Gwei that the queue of partial withdrawals still takes from this validator.
pub(super) fn pending_balance_to_withdraw<P: Preset>(state: &BeaconState<P>, index: u64) -> u64 {
    state
        .pending_partial_withdrawals
        .iter()
        .filter(|pending| pending.validator_index == index)
        .map(|pending| pending.amount)
        .sum()
}

/// Indices by public key; where keys repeat, the first registered counts.
pub(super) fn indices_by_key<P: Preset>(state: &BeaconState<P>) -> HashMap<PublicKeyBytes, u64> {
    let mut indices = HashMap::with_capacity(state.validators.len());
    for (index, validator) in (0u64..).zip(&state.validators) {
        indices.entry(validator.pubkey).or_insert(index);
    }
    indices
}

/// All committees of one epoch.
#[derive(Clone, Debug)]
pub struct Committees {
    epoch: u64,
    per_slot: u64,
    slots_per_epoch: u64,
    shuffled: Vec<u64>,
}

impl Committees {
    /// Computes the committees of `epoch`, which must be at most one after the state's.
    ///
    /// # Errors
    /// When nobody is active.
    pub fn new<P: Preset>(state: &BeaconState<P>, epoch: u64) -> Result<Self> {
        let active = active_indices(state, epoch);
        if active.is_empty() {
            return Err(TransitionError::NobodyActive { epoch });
        }
        let count = active.len() as u64;
        let wanted = count / P::slots_per_epoch() / P::TARGET_COMMITTEE_SIZE;
        let per_slot = wanted.clamp(1, P::MaxCommitteesPerSlot::U64);
        let mut shuffler =
            Shuffler::new::<P>(seed(state, epoch, DomainType::BEACON_ATTESTER), count);
        let shuffled = shuffler
            .all()
            .into_iter()
            .filter_map(|place| active.get(at(place)).copied())
            .collect();
        Ok(Self {
            epoch,
            per_slot,
            slots_per_epoch: P::slots_per_epoch(),
            shuffled,
        })
    }

    /// The epoch of these committees.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Committees of each slot.
    #[must_use]
    pub const fn per_slot(&self) -> u64 {
        self.per_slot
    }

    /// Members of committee `index` at `slot`, in order; empty if there is no such committee.
    #[must_use]
    pub fn members(&self, slot: u64, index: u64) -> &[u64] {
        if index >= self.per_slot {
            return &[];
        }
        let total = self.shuffled.len() as u64;
        let committees = self.per_slot * self.slots_per_epoch;
        let place = slot % self.slots_per_epoch * self.per_slot + index;
        let (start, end) = (total * place / committees, total * (place + 1) / committees);
        self.shuffled.get(at(start)..at(end)).unwrap_or_default()
    }
}
