use alloy_eips::eip4788::BEACON_ROOTS_ADDRESS;
use alloy_primitives::U256;
use forebond_embedded_l1::script::{Action, Script};

use crate::world::{EPOCH, World};

/// What the EIP-4788 contract holds for the block of `slot`: the root it was given.
fn stored_root(world: &World, slot: u64) -> U256 {
    let block = world.node.block_at(slot).unwrap();
    let time = block.executed.header.timestamp;
    let head = world.node.ledger().view().head().unwrap().executed.clone();
    head.state
        .storage(BEACON_ROOTS_ADDRESS, U256::from(time % 8_191 + 8_191))
}

#[test]
fn each_block_shows_contracts_the_root_of_the_beacon_block_before_it() {
    let script = Script::new().at(4, Action::Skip).at(5, Action::Skip);
    let world = World::with(script);
    world.pass(8);
    for (parent, slot) in [(0, 1), (1, 2), (3, 6), (6, 7), (7, 8)] {
        let root = world.node.block_at(parent).unwrap().root;
        assert_eq!(
            stored_root(&world, slot),
            U256::from_be_bytes(root.0),
            "slot {slot}"
        );
    }
    assert!(world.node.block_at(4).is_none());
}

#[test]
fn the_chain_is_finalized_two_epochs_behind_its_head() {
    let world = World::new();
    world.pass(5 * EPOCH);
    let status = world.control.status();
    assert_eq!(status.slot, 5 * EPOCH);
    assert_eq!(status.justified_epoch, 4);
    assert_eq!(status.finalized_epoch, 3);
    let view = world.node.ledger().view();
    assert_eq!(view.latest, 5 * EPOCH);
    assert_eq!(view.safe, 4 * EPOCH);
    assert_eq!(view.finalized, 3 * EPOCH);
}

#[test]
fn the_proposer_of_each_block_is_the_one_that_the_lookahead_named() {
    let world = World::new();
    world.pass(EPOCH);
    let foretold: Vec<u64> = world
        .node
        .state_at(EPOCH)
        .unwrap()
        .proposer_lookahead
        .iter()
        .copied()
        .collect();
    world.pass(EPOCH);
    for (slot, expected) in (EPOCH..2 * EPOCH).zip(foretold) {
        let block = world.node.block_at(slot).unwrap();
        let signed = &block.signed;
        assert_eq!(signed.message.proposer_index, expected, "slot {slot}");
    }
}

#[test]
fn the_payload_in_the_beacon_block_is_the_execution_block() {
    let world = World::new();
    world.transfer(0, 0);
    world.pass(2);
    let block = world.node.block_at(1).unwrap();
    let payload = &block.signed.message.body.execution_payload;
    assert_eq!(payload.block_hash, block.executed.hash);
    assert_eq!(payload.transactions.len(), 1);
    assert_eq!(payload.state_root, block.executed.header.state_root);
    let state = world.node.state_at(2).unwrap();
    let head = world.node.ledger().view().head().unwrap().executed.hash;
    assert_eq!(state.latest_execution_payload_header.block_hash, head);
}

#[test]
fn blocks_made_here_pass_the_full_check_of_the_rules() {
    use forebond_embedded_l1::node::NodeConfig;
    let world = World::of(NodeConfig {
        validators: 16,
        verify_signatures: true,
        ..NodeConfig::default()
    });
    world.transfer(0, 0);
    world.pass(EPOCH + 2);
    assert_eq!(world.control.status().block_number, EPOCH + 2);
}

#[test]
fn the_same_configuration_gives_the_same_chain() {
    let run = || {
        let world = World::new();
        world.transfer(3, 0);
        world.pass(12);
        world.control.status().head_root
    };
    assert_eq!(run(), run());
}

#[test]
fn memory_is_bounded_and_the_oldest_blocks_leave() {
    use forebond_embedded_l1::node::NodeConfig;
    let world = World::of(NodeConfig {
        validators: 8,
        kept_blocks: 64,
        kept_states: 64,
        ..NodeConfig::default()
    });
    world.pass(100);
    let view = world.node.ledger().view();
    assert_eq!(view.oldest, 37);
    assert!(view.block(36).is_none());
    assert!(view.block(37).is_some());
    assert!(world.node.state_at(36).is_none());
    assert!(world.node.state_at(37).is_some());
    assert!(world.node.block_at(35).is_none());
    world.control.reorg(3).unwrap();
    world.pass(2);
}
