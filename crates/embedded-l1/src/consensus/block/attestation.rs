//! Votes earn their validators participation flags, and the proposer a reward (Altair, EIP-7045, EIP-7549).

use forebond_beacon::{
    containers::{Attestation, BeaconState, PublicKeyBytes},
    preset::Preset,
    signing::domain::{DomainType, signing_root},
};
use tree_hash::TreeHash as _;

use super::{
    super::{
        access::{
            at, block_root_at, domain, effective_balance, increase_balance, proposer_index,
            start_slot, validator,
        },
        config::constants::{
            EFFECTIVE_BALANCE_INCREMENT, PARTICIPATION_FLAG_WEIGHTS, PROPOSER_WEIGHT, TIMELY_HEAD,
            TIMELY_SOURCE, TIMELY_TARGET, WEIGHT_DENOMINATOR,
        },
        error::{Result, TransitionError, refuse, require},
        rules::Rules,
    },
    BlockContext,
};

const NAME: &str = "attestation";

/// What a valid vote is worth.
pub(super) struct Vote {
    /// Indices of the voters, ascending.
    voters: Vec<u64>,
    /// Source, target, head: right and in time.
    flags: [bool; 3],
}

impl Vote {
    /// Whether it earns any voter a flag that the state has not given yet. Votes of one block only; two of the same
    /// slot may still say the same.
    pub(super) fn is_news_to<P: Preset>(
        &self,
        state: &BeaconState<P>,
        attestation: &Attestation<P>,
    ) -> bool {
        let participation = if attestation.data.target.epoch == state.current_epoch() {
            &state.current_epoch_participation
        } else {
            &state.previous_epoch_participation
        };
        self.voters.iter().any(|index| {
            let known = participation.get(at(*index)).copied().unwrap_or_default();
            self.flags
                .iter()
                .enumerate()
                .any(|(flag, earned)| *earned && known >> flag & 1 == 0)
        })
    }
}

/// Checks everything but the signature.
pub(super) fn vote<P: Preset>(
    context: &BlockContext,
    state: &BeaconState<P>,
    attestation: &Attestation<P>,
) -> Result<Vote> {
    let data = &attestation.data;
    let epoch = state.current_epoch();
    let is_current = data.target.epoch == epoch;
    let committees = context
        .committees(data.target.epoch)
        .ok_or_else(|| refuse(NAME, "the target is neither this epoch nor the one before"))?;
    require(
        data.target.epoch == data.slot / P::slots_per_epoch(),
        NAME,
        "slot and target epoch differ",
    )?;
    require(
        data.slot < state.slot,
        NAME,
        "it is not older than the block",
    )?;
    require(
        data.index == 0,
        NAME,
        "the index must be zero since Electra",
    )?;

    let mut voters = Vec::new();
    let mut offset = 0;
    for index in (0u64..)
        .zip(attestation.committee_bits.iter())
        .filter(|(_, set)| *set)
        .map(|(index, _)| index)
    {
        require(index < committees.per_slot(), NAME, "no such committee")?;
        let members = committees.members(data.slot, index);
        let before = voters.len();
        for (place, member) in members.iter().enumerate() {
            if attestation
                .aggregation_bits
                .get(offset + place)
                .unwrap_or(false)
            {
                voters.push(*member);
            }
        }
        require(voters.len() > before, NAME, "a committee without a voter")?;
        offset += members.len();
    }
    require(
        attestation.aggregation_bits.len() == offset,
        NAME,
        "bits and committee members differ in number",
    )?;
    require(!voters.is_empty(), NAME, "nobody votes")?;
    voters.sort_unstable();

    let justified = if is_current {
        state.current_justified_checkpoint
    } else {
        state.previous_justified_checkpoint
    };
    require(
        data.source == justified,
        NAME,
        "the source is not the justified checkpoint",
    )?;
    let delay = state.slot - data.slot;
    let target_matches =
        data.target.root == block_root_at(state, start_slot::<P>(data.target.epoch))?;
    let head_matches = target_matches && data.beacon_block_root == block_root_at(state, data.slot)?;
    let mut flags = [false; 3];
    flags[TIMELY_SOURCE] = delay <= P::slots_per_epoch().isqrt();
    flags[TIMELY_TARGET] = target_matches;
    flags[TIMELY_HEAD] = head_matches && delay == 1;
    Ok(Vote { voters, flags })
}

/// Checks the aggregate signature of an attestation that is otherwise valid.
pub(super) fn check_signature<P: Preset>(
    rules: Rules<'_>,
    context: &BlockContext,
    state: &BeaconState<P>,
    attestation: &Attestation<P>,
) -> Result<()> {
    if !rules.verify_signatures {
        return Ok(());
    }
    let vote = vote(context, state, attestation)?;
    check_voters(rules, state, &vote.voters, attestation)
}

fn check_voters<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    voters: &[u64],
    attestation: &Attestation<P>,
) -> Result<()> {
    let data = &attestation.data;
    let root = signing_root(
        data.tree_hash_root(),
        domain(state, DomainType::BEACON_ATTESTER, data.target.epoch),
    );
    let keys: Vec<PublicKeyBytes> = voters
        .iter()
        .map(|index| validator(state, *index).map(|validator| validator.pubkey))
        .collect::<Result<_>>()?;
    rules.check_aggregate(NAME, &keys, root, &attestation.signature)
}

pub(super) fn process_attestation<P: Preset>(
    rules: Rules<'_>,
    context: &BlockContext,
    state: &mut BeaconState<P>,
    attestation: &Attestation<P>,
) -> Result<()> {
    let Vote { voters, flags } = vote(context, state, attestation)?;
    if rules.verify_signatures {
        check_voters(rules, state, &voters, attestation)?;
    }
    let is_current = attestation.data.target.epoch == state.current_epoch();
    let mut numerator = 0;
    for index in voters {
        let base_reward = effective_balance(state, index)? / EFFECTIVE_BALANCE_INCREMENT
            * context.base_reward_per_increment;
        let registered = state.validators.len();
        let participation = if is_current {
            &mut state.current_epoch_participation
        } else {
            &mut state.previous_epoch_participation
        };
        let entry = participation
            .get_mut(at(index))
            .ok_or(TransitionError::UnknownValidator { index, registered })?;
        for (flag, weight) in PARTICIPATION_FLAG_WEIGHTS.into_iter().enumerate() {
            if flags[flag] && *entry >> flag & 1 == 0 {
                *entry |= 1 << flag;
                numerator += base_reward * weight;
            }
        }
    }
    let denominator = (WEIGHT_DENOMINATOR - PROPOSER_WEIGHT) * WEIGHT_DENOMINATOR / PROPOSER_WEIGHT;
    let proposer = proposer_index(state);
    increase_balance(state, proposer, numerator / denominator)
}
