//! Blocks that break a rule are refused with a reason, and the state handed in stays as it was.

use alloy_primitives::B256;
use forebond_beacon::{containers::SignedBeaconBlock, preset::Minimal};

use super::{super::*, world::World};

/// A chain with a valid next block, and the state that block applies to.
fn next_block() -> (
    World<Minimal>,
    forebond_beacon::containers::BeaconState<Minimal>,
    SignedBeaconBlock<Minimal>,
) {
    let mut world = World::new(16);
    for _ in 0..4 {
        world.propose();
    }
    let parent = world.state.clone();
    let block = world.propose();
    (world, parent, block)
}

fn refusal(change: impl FnOnce(&mut SignedBeaconBlock<Minimal>)) -> TransitionError {
    let (world, parent, mut block) = next_block();
    assert!(world.consensus.apply_block(&parent, &block).is_ok());
    change(&mut block);
    let before = parent.clone();
    let refusal = world.consensus.apply_block(&parent, &block).unwrap_err();
    assert_eq!(parent, before);
    refusal
}

#[test]
fn a_block_signature_by_nobody_or_over_something_else_is_refused() {
    let refused = refusal(|block| block.signature.0[95] ^= 1);
    assert!(
        matches!(refused, TransitionError::Signature { what: "block", .. }),
        "{refused}"
    );
    let refused = refusal(|block| block.message.body.graffiti = B256::repeat_byte(9));
    assert!(
        matches!(refused, TransitionError::Signature { what: "block", .. }),
        "{refused}"
    );
}

#[test]
fn a_block_by_another_proposer_is_refused() {
    let refused =
        refusal(|block| block.message.proposer_index = (block.message.proposer_index + 1) % 16);
    // The signature is checked against the claimed proposer first.
    assert!(
        matches!(refused, TransitionError::Signature { what: "block", .. }),
        "{refused}"
    );
    let refused = refusal(|block| block.message.proposer_index = 99);
    assert!(
        matches!(
            refused,
            TransitionError::UnknownValidator {
                index: 99,
                registered: 16
            }
        ),
        "{refused}"
    );
}

#[test]
fn a_block_for_a_slot_that_is_over_is_refused() {
    let refused = refusal(|block| block.message.slot = 4);
    assert!(
        matches!(
            refused,
            TransitionError::SlotNotAfterState { got: 4, state: 4 }
        ),
        "{refused}"
    );
}

#[test]
fn a_block_of_an_invented_slot_is_refused_before_the_slots_pass() {
    let refused = refusal(|block| block.message.slot = u64::MAX);
    assert!(
        matches!(refused, TransitionError::TooFarAhead { got: u64::MAX, .. }),
        "{refused}"
    );
}

#[test]
fn votes_that_are_known_already_are_not_repeated() {
    let (world, _, last) = next_block();
    assert_eq!(last.message.body.attestations.len(), 1);
    let advanced = world.consensus.advance_to(&world.state, 6).unwrap();
    let block = world
        .consensus
        .produce_block(&advanced, world.parts(&advanced))
        .unwrap()
        .block;
    let slots: Vec<_> = block
        .message
        .body
        .attestations
        .iter()
        .map(|vote| vote.data.slot)
        .collect();
    assert_eq!(slots, [5]);
}

/// Parts that the proposer itself would have to refuse: nothing here depends on the block's signature.
fn refused_parts(change: impl FnOnce(&mut BlockParts<Minimal>)) -> TransitionError {
    let (world, parent, _) = next_block();
    let advanced = world.consensus.advance_to(&parent, 5).unwrap();
    let mut parts = BlockParts::new(super::world::payload(
        &world.consensus.payload_attributes(&advanced).unwrap(),
    ));
    change(&mut parts);
    world
        .consensus
        .clone()
        .with_verification(true)
        .produce_block(&advanced, parts)
        .unwrap_err()
}

#[test]
fn payloads_that_do_not_follow_their_attributes_are_refused() {
    let refused = refused_parts(|parts| parts.payload.parent_hash = B256::ZERO);
    assert!(
        matches!(
            refused,
            TransitionError::Root {
                what: "payload parent",
                ..
            }
        ),
        "{refused}"
    );
    let refused = refused_parts(|parts| parts.payload.prev_randao = B256::ZERO);
    assert!(
        matches!(
            refused,
            TransitionError::Root {
                what: "payload randomness",
                ..
            }
        ),
        "{refused}"
    );
    let refused = refused_parts(|parts| parts.payload.timestamp += 1);
    assert!(
        matches!(
            refused,
            TransitionError::Number {
                what: "payload timestamp",
                ..
            }
        ),
        "{refused}"
    );
    let refused = refused_parts(|parts| {
        let withdrawal = forebond_beacon::containers::Withdrawal {
            index: 0,
            validator_index: 0,
            address: super::world::OPERATOR,
            amount: 1,
        };
        parts.payload.withdrawals = vec![withdrawal].try_into().unwrap();
    });
    assert!(
        matches!(refused, TransitionError::Withdrawals { got: 1, .. }),
        "{refused}"
    );
}

#[test]
fn evidence_without_a_contradiction_slashes_nobody() {
    let (world, parent, _) = next_block();
    let evidence = world.consensus.proposer_slashing(&parent, 1).unwrap();
    let same = {
        let mut same = evidence.clone();
        same.signed_header_2 = same.signed_header_1.clone();
        same
    };
    let refused = refused_parts(|parts| parts.proposer_slashings.push(same));
    assert!(
        refused.to_string().contains("the headers are the same"),
        "{refused}"
    );
    let mut forged = evidence.clone();
    forged.signed_header_2.message.state_root = B256::repeat_byte(3);
    let refused = refused_parts(|parts| parts.proposer_slashings.push(forged));
    assert!(
        matches!(
            refused,
            TransitionError::Signature {
                what: "proposer slashing",
                ..
            }
        ),
        "{refused}"
    );
    let mut twice = evidence.clone();
    twice.signed_header_1.message.slot += 1;
    let refused = refused_parts(|parts| parts.proposer_slashings.push(twice));
    assert!(refused.to_string().contains("different slots"), "{refused}");
    let refused = refused_parts(|parts| {
        parts
            .proposer_slashings
            .extend([evidence.clone(), evidence])
    });
    assert!(
        refused.to_string().contains("cannot be slashed any more"),
        "{refused}"
    );
}

#[test]
fn exits_that_come_too_early_are_refused() {
    let (world, parent, _) = next_block();
    let exit = world.consensus.voluntary_exit(&parent, 2).unwrap();
    let refused = refused_parts(|parts| parts.voluntary_exits.push(exit));
    assert!(
        refused.to_string().contains("has not served long enough"),
        "{refused}"
    );
}

#[test]
fn votes_that_do_not_fit_are_left_out_by_the_proposer() {
    let (world, parent, _) = next_block();
    let advanced = world.consensus.advance_to(&parent, 5).unwrap();
    let good = world
        .votes
        .iter()
        .find(|vote| vote.data.slot == 4)
        .unwrap()
        .clone();
    let mut wrong_source = good.clone();
    wrong_source.data.source.root = B256::repeat_byte(1);
    let mut future = good.clone();
    future.data.slot = 5;
    let mut wrong_index = good.clone();
    wrong_index.data.index = 1;
    let mut forged = good.clone();
    forged.data.beacon_block_root = B256::repeat_byte(5);
    let mut short = good.clone();
    short.aggregation_bits = forebond_beacon::containers::BitList::with_capacity(1).unwrap();
    let mut parts = world.parts(&advanced);
    parts.attestations = vec![
        wrong_source,
        future,
        wrong_index,
        forged,
        short,
        good.clone(),
    ];
    let block = world
        .consensus
        .clone()
        .with_verification(true)
        .produce_block(&advanced, parts)
        .unwrap()
        .block;
    assert_eq!(block.message.body.attestations.to_vec(), vec![good]);
}

#[test]
fn a_proposer_without_a_local_key_leaves_its_slot_empty() {
    let world = World::<Minimal>::new(16);
    let advanced = world.consensus.advance_to(&world.state, 1).unwrap();
    let parts = world.parts(&advanced);
    let stranger = world
        .consensus
        .with_keys(std::sync::Arc::new(KeyRing::interop(0)));
    let refused = stranger.produce_block(&advanced, parts).unwrap_err();
    assert!(
        matches!(refused, TransitionError::NoKey { .. }),
        "{refused}"
    );
}
