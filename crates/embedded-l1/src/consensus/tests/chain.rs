use std::collections::BTreeSet;

use alloy_primitives::Address;
use forebond_beacon::{
    bls::interop_key,
    containers::{FAR_FUTURE_EPOCH, KzgCommitment, WithdrawalRequest},
    preset::{Mainnet, Minimal, Preset},
};

use super::{
    super::{access::at, *},
    world::{OPERATOR, World},
};

#[test]
fn finality_advances_when_everybody_votes() {
    let mut world = World::<Minimal>::new(16);
    for _ in 0..8 * 5 {
        world.propose();
    }
    assert_eq!(world.state.slot, 40);
    // At the end of epoch 4, epoch 3 is justified and finalizes its source, epoch 2... the newest pair is (3, 4).
    assert_eq!(world.state.current_justified_checkpoint.epoch, 4);
    assert_eq!(world.state.finalized_checkpoint.epoch, 3);
}

#[test]
fn finality_stands_still_while_a_third_is_silent_and_resumes() {
    let mut world = World::<Minimal>::new(16);
    for _ in 0..8 * 4 {
        world.propose();
    }
    let finalized = world.state.finalized_checkpoint.epoch;
    world.silent = (0..6).collect();
    for _ in 0..8 * 4 {
        world.propose();
    }
    assert!(world.state.finalized_checkpoint.epoch <= finalized + 1);
    let stalled = world.state.finalized_checkpoint.epoch;
    world.silent = BTreeSet::new();
    for _ in 0..8 * 4 {
        world.propose();
    }
    assert!(world.state.finalized_checkpoint.epoch > stalled + 3);
}

/// EIP-7917: what the state says about the next epoch is who proposes then, whatever happens in between.
fn the_proposer_announced_is_the_proposer_that_signs<P: Preset>(validators: u64, epochs: u64) {
    let mut world = World::<P>::new(validators);
    let slots_per_epoch = P::slots_per_epoch();
    let mut announced = Vec::new();
    for slot in 1..=epochs * slots_per_epoch {
        if (slot - 1).is_multiple_of(slots_per_epoch) {
            // Asked in the first slot of each epoch about the whole next one.
            let next = world
                .state
                .proposer_lookahead
                .iter()
                .skip(at(slots_per_epoch))
                .copied();
            announced.extend(next);
        }
        if slot % 5 == 3 {
            world.miss();
            continue;
        }
        let block = world.propose();
        if let Some(index) = slot.checked_sub(slots_per_epoch) {
            assert_eq!(
                block.message.proposer_index,
                announced[at(index)],
                "slot {slot}"
            );
        }
        // The header of the state is what EIP-4788 exposes: it names the same proposer.
        assert_eq!(
            world.state.latest_block_header.proposer_index,
            block.message.proposer_index
        );
    }
}

#[test]
fn lookahead_names_the_later_proposers_on_minimal() {
    the_proposer_announced_is_the_proposer_that_signs::<Minimal>(24, 5);
}

#[test]
fn lookahead_names_the_later_proposers_on_mainnet() {
    the_proposer_announced_is_the_proposer_that_signs::<Mainnet>(40, 2);
}

#[test]
fn blocks_produced_without_verification_pass_full_verification() {
    let mut world = World::<Minimal>::new(16);
    let mut replayed = world.state.clone();
    for slot in 1..=20 {
        if slot == 4 || slot == 9 {
            world.miss();
        } else {
            let block = world.propose();
            replayed = world.consensus.apply_block(&replayed, &block).unwrap();
            assert_eq!(replayed, world.state);
        }
    }
}

#[test]
fn a_reorg_is_going_on_from_an_older_state() {
    let mut world = World::<Minimal>::new(16);
    for _ in 0..9 {
        world.propose();
    }
    let fork_point = (world.state.clone(), world.head_root);
    let first = world.propose();
    world.propose();
    let abandoned = world.head_root;

    (world.state, world.head_root) = fork_point;
    world.miss();
    let other = world.propose();
    assert_eq!(other.message.slot, 11);
    assert_eq!(other.message.parent_root, first.message.parent_root);
    assert_ne!(world.head_root, abandoned);
    // Votes for the abandoned block are still votes for source and target: they may be included.
    for _ in 0..16 {
        world.propose();
    }
    assert_eq!(world.state.current_justified_checkpoint.epoch, 2);
}

#[test]
fn a_validator_slashed_by_its_own_evidence_loses_its_slots() {
    let mut world = World::<Minimal>::new(16);
    world.propose();
    // Somebody who proposes in the next epoch but not in the next slot.
    let next_proposer = world.state.proposer_lookahead[2];
    let victim = *world.state.proposer_lookahead[8..]
        .iter()
        .find(|index| **index != next_proposer)
        .unwrap();
    let evidence = world
        .consensus
        .proposer_slashing(&world.state, victim)
        .unwrap();
    world.propose_with(|parts| parts.proposer_slashings.push(evidence));
    let record = world.state.validators.get(at(victim)).unwrap();
    assert!(record.slashed);
    assert_ne!(record.exit_epoch, FAR_FUTURE_EPOCH);

    let mut missed = 0;
    while world.state.slot < 15 {
        let advanced = world
            .consensus
            .advance_to(&world.state, world.state.slot + 1)
            .unwrap();
        if world.consensus.proposer_index(&advanced) == victim {
            let parts = world.parts(&advanced);
            let refusal = world.consensus.produce_block(&advanced, parts).unwrap_err();
            assert!(
                matches!(refusal, TransitionError::ProposerSlashed { index } if index == victim)
            );
            world.miss();
            missed += 1;
        } else {
            world.propose();
        }
    }
    assert!(missed > 0);
}

#[test]
fn validators_leave_by_signature_or_by_request_of_their_withdrawal_address() {
    let mut config = ChainConfig::devnet::<Minimal>(31_337, 1000);
    config.shard_committee_period_epochs = 0;
    let mut world = World::<Minimal>::with_config(16, config);
    world.propose();
    let exit = world.consensus.voluntary_exit(&world.state, 3).unwrap();
    let request = |source_address| WithdrawalRequest {
        source_address,
        validator_pubkey: world.consensus.keys().public_keys()[4],
        amount: 0,
    };
    let (theft, honest) = (request(Address::ZERO), request(OPERATOR));
    world.propose_with(|parts| parts.requests.withdrawals = vec![theft].try_into().unwrap());
    assert_eq!(
        world.state.validators.get(4).unwrap().exit_epoch,
        FAR_FUTURE_EPOCH
    );
    world.propose_with(|parts| {
        parts.voluntary_exits.push(exit);
        parts.requests.withdrawals = vec![honest].try_into().unwrap();
    });
    // 64 ETH may leave per epoch: two validators.
    for index in [3, 4] {
        assert_eq!(world.state.validators.get(index).unwrap().exit_epoch, 5);
    }
    while world.state.slot < 8 * 5 {
        world.propose();
    }
    let committees = Committees::new(&world.state, 5).unwrap();
    let members: usize = (40..48).map(|slot| committees.members(slot, 0).len()).sum();
    assert_eq!(members, 14);
}

#[test]
fn a_deposit_with_a_valid_proof_of_possession_becomes_a_validator() {
    let mut world = World::<Minimal>::new(16);
    world.propose();
    let config = world.consensus.config().clone();
    let gwei = constants::MIN_ACTIVATION_BALANCE;
    let good = deposit_request(&config, &interop_key(16), OPERATOR, gwei, 16);
    let mut bad = deposit_request(&config, &interop_key(17), OPERATOR, gwei, 17);
    bad.signature = good.signature;
    world.propose_with(|parts| parts.requests.deposits = vec![bad, good].try_into().unwrap());
    assert_eq!(world.state.pending_deposits.len(), 2);
    for _ in 0..8 * 9 {
        world.propose();
    }
    assert_eq!(world.state.pending_deposits.len(), 0);
    // The one without proof is lost, the other one is in and active once its queue place is finalized.
    assert_eq!(world.state.validators.len(), 17);
    let joined = world.state.validators.get(16).unwrap();
    assert_eq!(joined.pubkey, interop_key(16).public_key().to_bytes());
    assert_ne!(joined.activation_epoch, FAR_FUTURE_EPOCH);
}

#[test]
fn balances_above_the_ceiling_are_withdrawn_to_the_withdrawal_address() {
    let mut world = World::<Minimal>::new(16);
    for _ in 0..8 * 3 {
        world.propose();
    }
    let swept: Vec<_> = world
        .blocks
        .iter()
        .flat_map(|block| block.message.body.execution_payload.withdrawals.iter())
        .collect();
    assert!(!swept.is_empty());
    assert!(
        swept
            .iter()
            .all(|withdrawal| withdrawal.address == OPERATOR)
    );
    assert!(
        swept
            .iter()
            .zip(0..)
            .all(|(withdrawal, index)| withdrawal.index == index)
    );
}

#[test]
fn sync_committee_bits_show_who_was_silent() {
    let mut world = World::<Minimal>::new(16);
    world.silent = [world
        .consensus
        .keys()
        .public_keys()
        .iter()
        .position(|key| *key == world.state.current_sync_committee.pubkeys[0])
        .unwrap() as u64]
    .into();
    let block = world.propose();
    let bits = &block.message.body.sync_aggregate.sync_committee_bits;
    assert!(!bits.get(0).unwrap());
    assert!(bits.num_set_bits() > 0);
}

#[test]
fn as_many_blobs_as_the_schedule_allows_fit_a_block() {
    let mut config = ChainConfig::devnet::<Minimal>(31_337, 1000);
    config.blob_schedule = vec![BlobLimit {
        epoch: 0,
        max_blobs_per_block: 2,
    }];
    let mut world = World::<Minimal>::with_config(16, config);
    world.propose_with(|parts| parts.commitments = vec![KzgCommitment::ZERO; 2]);
    let advanced = world.consensus.advance_to(&world.state, 2).unwrap();
    let mut parts = world.parts(&advanced);
    parts.commitments = vec![KzgCommitment::ZERO; 3];
    let refusal = world.consensus.produce_block(&advanced, parts).unwrap_err();
    assert!(
        matches!(
            refusal,
            TransitionError::Number {
                got: 3,
                expected: 2,
                ..
            }
        ),
        "{refusal}"
    );
}
