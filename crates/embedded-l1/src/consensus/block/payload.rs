use alloy_primitives::B256;
use ethereum_hashing::hash_fixed;
use forebond_beacon::{
    containers::{BeaconBlockBody, BeaconState},
    preset::Preset,
    signing::domain::{DomainType, signing_root},
};
use tree_hash::TreeHash as _;
use typenum::Unsigned;

use super::super::{
    access::{at, domain, proposer_index, randao_mix, validator},
    error::{Result, TransitionError},
    rules::Rules,
};

/// What consensus demands of a payload. That it executes is the execution layer's verdict, asked for by the node.
pub(super) fn process_execution_payload<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    body: &BeaconBlockBody<P>,
) -> Result<()> {
    let payload = &body.execution_payload;
    let epoch = state.current_epoch();
    let same_root = |what, got: B256, expected: B256| {
        if got == expected {
            Ok(())
        } else {
            Err(TransitionError::Root {
                what,
                got,
                expected,
            })
        }
    };
    same_root(
        "payload parent",
        payload.parent_hash,
        state.latest_execution_payload_header.block_hash,
    )?;
    same_root(
        "payload randomness",
        payload.prev_randao,
        randao_mix(state, epoch),
    )?;
    let expected = rules.config.seconds_at_slot(state.genesis_time, state.slot);
    if payload.timestamp != expected {
        return Err(TransitionError::Number {
            what: "payload timestamp",
            got: payload.timestamp,
            expected,
        });
    }
    let (blobs, limit) = (
        body.blob_kzg_commitments.len() as u64,
        rules.config.max_blobs_per_block(epoch),
    );
    if blobs > limit {
        return Err(TransitionError::Number {
            what: "blobs beyond the limit",
            got: blobs,
            expected: limit,
        });
    }
    state.latest_execution_payload_header = payload.to_header();
    Ok(())
}

pub(super) fn process_randao<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    body: &BeaconBlockBody<P>,
) -> Result<()> {
    let epoch = state.current_epoch();
    let proposer = validator(state, proposer_index(state))?;
    let root = signing_root(
        epoch.tree_hash_root(),
        domain(state, DomainType::RANDAO, epoch),
    );
    rules.check("randao reveal", &proposer.pubkey, root, &body.randao_reveal)?;
    let mix = randao_mix(state, epoch) ^ B256::from(hash_fixed(body.randao_reveal.as_slice()));
    if let Some(entry) = state
        .randao_mixes
        .get_mut(at(epoch % P::EpochsPerHistoricalVector::U64))
    {
        *entry = mix;
    }
    Ok(())
}

pub(super) fn process_eth1_data<P: Preset>(
    state: &mut BeaconState<P>,
    body: &BeaconBlockBody<P>,
) -> Result<()> {
    state.eth1_data_votes.push(body.eth1_data)?;
    let votes = state
        .eth1_data_votes
        .iter()
        .filter(|vote| **vote == body.eth1_data)
        .count();
    if votes * 2 > P::Eth1VotesLimit::USIZE {
        state.eth1_data = body.eth1_data;
    }
    Ok(())
}
