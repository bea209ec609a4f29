use forebond_beacon::{
    containers::{
        AttestationData, AttesterSlashing, BeaconState, IndexedAttestation, ProposerSlashing,
    },
    preset::Preset,
    signing::domain::{DomainType, signing_root},
};
use tree_hash::TreeHash as _;

use super::super::{
    access::{domain, validator},
    churn::slash,
    error::{Result, require},
    rules::Rules,
};

const PROPOSER: &str = "proposer slashing";
const ATTESTER: &str = "attester slashing";

pub(super) fn process_proposer_slashing<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    slashing: &ProposerSlashing,
) -> Result<()> {
    let signed = [&slashing.signed_header_1, &slashing.signed_header_2];
    let [first, second] = signed.map(|header| header.message);
    require(
        first.slot == second.slot,
        PROPOSER,
        "the headers are of different slots",
    )?;
    require(
        first.proposer_index == second.proposer_index,
        PROPOSER,
        "the headers are of different proposers",
    )?;
    require(first != second, PROPOSER, "the headers are the same")?;
    let proposer = validator(state, first.proposer_index)?;
    require(
        proposer.is_slashable_at(state.current_epoch()),
        PROPOSER,
        "the proposer cannot be slashed any more",
    )?;
    for header in signed {
        let epoch = header.message.slot / P::slots_per_epoch();
        let root = signing_root(
            header.message.tree_hash_root(),
            domain(state, DomainType::BEACON_PROPOSER, epoch),
        );
        rules.check(PROPOSER, &proposer.pubkey, root, &header.signature)?;
    }
    slash(rules, state, first.proposer_index)
}

pub(super) fn process_attester_slashing<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    slashing: &AttesterSlashing<P>,
) -> Result<()> {
    let (first, second) = (&slashing.attestation_1, &slashing.attestation_2);
    require(
        contradict(&first.data, &second.data),
        ATTESTER,
        "the votes do not contradict each other",
    )?;
    check_indexed(rules, state, first)?;
    check_indexed(rules, state, second)?;
    let epoch = state.current_epoch();
    let mut slashed_any = false;
    // Both lists are sorted, so is what they share.
    for index in first
        .attesting_indices
        .iter()
        .filter(|index| second.attesting_indices.binary_search(index).is_ok())
    {
        if validator(state, *index)?.is_slashable_at(epoch) {
            slash(rules, state, *index)?;
            slashed_any = true;
        }
    }
    require(
        slashed_any,
        ATTESTER,
        "nobody of both votes can be slashed any more",
    )
}

/// Double vote, or the first surrounds the second.
fn contradict(first: &AttestationData, second: &AttestationData) -> bool {
    let double = first != second && first.target.epoch == second.target.epoch;
    let surround =
        first.source.epoch < second.source.epoch && second.target.epoch < first.target.epoch;
    double || surround
}

fn check_indexed<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    attestation: &IndexedAttestation<P>,
) -> Result<()> {
    let indices = &attestation.attesting_indices;
    require(!indices.is_empty(), ATTESTER, "a vote of nobody")?;
    require(
        indices.is_sorted_by(|a, b| a < b),
        ATTESTER,
        "indices are not sorted or repeat",
    )?;
    let keys = indices
        .iter()
        .map(|index| validator(state, *index).map(|validator| validator.pubkey))
        .collect::<Result<Vec<_>>>()?;
    let root = signing_root(
        attestation.data.tree_hash_root(),
        domain(
            state,
            DomainType::BEACON_ATTESTER,
            attestation.data.target.epoch,
        ),
    );
    rules.check_aggregate(ATTESTER, &keys, root, &attestation.signature)
}
