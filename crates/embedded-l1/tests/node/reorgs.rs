use forebond_embedded_l1::script::{Action, Reorg, Script, ScriptError};

use crate::world::{EPOCH, World};

#[test]
fn a_reorg_replaces_the_last_slots_and_their_transactions_wait_again() {
    let world = World::new();
    world.pass(4);
    let hash = world.transfer(0, 0);
    world.pass(3);
    assert_eq!(world.included_in(&hash), Some(5));
    let old: Vec<_> = (3..8)
        .map(|slot| world.node.block_at(slot).unwrap().root)
        .collect();
    let old_hash = world.node.block_at(7).unwrap().executed.hash;

    let status = world.control.reorg(3).unwrap();
    assert_eq!(status.slot, 7);
    let new: Vec<_> = (3..8)
        .map(|slot| world.node.block_at(slot).unwrap().root)
        .collect();
    assert_eq!(old[..2], new[..2], "slots 3 and 4 stay");
    for (old, new) in old.iter().zip(&new).skip(2) {
        assert_ne!(old, new);
    }
    assert_eq!(world.included_in(&hash), None);
    assert_eq!(world.node.ledger().pool_len(), 1);
    assert!(world.node.ledger().view().number(&old_hash).is_none());

    world.pass(1);
    assert_eq!(world.included_in(&hash), Some(8));
    assert_eq!(world.node.ledger().pool_len(), 0);
}

#[test]
fn every_replaced_slot_has_another_execution_block() {
    let world = World::new();
    world.pass(5);
    let hash = |slot| world.node.block_at(slot).unwrap().executed.hash;
    let old = [hash(4), hash(5)];
    world.control.reorg(2).unwrap();
    assert_ne!(old, [hash(4), hash(5)]);
    assert_ne!(old[0], hash(4));
    assert_eq!(world.node.ledger().view().latest, 5);
}

#[test]
fn a_reorg_that_misses_its_first_slot_shortens_the_chain() {
    let world = World::new();
    world.pass(6);
    let status = world
        .control
        .reorg_as(Reorg {
            depth: 1,
            miss_first: true,
            with_transactions: false,
        })
        .unwrap();
    assert_eq!(
        (status.slot, status.head_slot, status.block_number),
        (6, 5, 5)
    );
    assert_eq!(world.node.ledger().view().latest, 5);
    world.pass(1);
    let block = world.node.block_at(7).unwrap();
    let parent = world.node.block_at(5).unwrap();
    let signed = &block.signed;
    assert_eq!(signed.message.parent_root, parent.root);
    assert_eq!(block.executed.header.parent_hash, parent.executed.hash);
}

#[test]
fn what_is_finalized_and_genesis_cannot_be_replaced() {
    let world = World::new();
    world.pass(4);
    let max = |error| match error {
        ScriptError::ReorgDepth { max, .. } => max,
        other => panic!("{other}"),
    };
    assert_eq!(max(world.control.reorg(5).unwrap_err()), 4);
    assert_eq!(max(world.control.reorg(0).unwrap_err()), 4);
    world.pass(5 * EPOCH - 4);
    assert_eq!(world.control.status().finalized_epoch, 3);
    assert_eq!(
        max(world.control.reorg(2 * EPOCH + 1).unwrap_err()),
        2 * EPOCH
    );
    world.control.reorg(2 * EPOCH).unwrap();
}

#[test]
fn the_chain_is_finalized_again_after_a_deep_reorg() {
    let world = World::new();
    world.pass(3 * EPOCH);
    world.control.reorg(EPOCH).unwrap();
    world.pass(4 * EPOCH);
    assert_eq!(world.control.status().finalized_epoch, 5);
}

#[test]
fn a_reorg_across_the_epoch_border_changes_what_the_lookahead_is_drawn_from() {
    let world = World::new();
    world.pass(2 * EPOCH + 1);
    let before = world.node.state_at(2 * EPOCH + 1).unwrap();
    world
        .control
        .reorg_as(Reorg {
            depth: 3,
            miss_first: true,
            with_transactions: false,
        })
        .unwrap();
    let after = world.node.state_at(2 * EPOCH + 1).unwrap();
    assert_ne!(
        before
            .block_roots
            .get(usize::try_from(2 * EPOCH - 1).unwrap()),
        after
            .block_roots
            .get(usize::try_from(2 * EPOCH - 1).unwrap())
    );
    assert_ne!(before.randao_mixes, after.randao_mixes);
}

#[test]
fn a_planned_reorg_happens_before_the_block_of_its_slot() {
    let reorg = Reorg {
        depth: 2,
        miss_first: true,
        with_transactions: false,
    };
    let world = World::with(Script::new().at(6, Action::Reorg(reorg)));
    world.pass(5);
    assert!(world.node.block_at(4).is_some());
    world.pass(1);
    assert!(world.node.block_at(4).is_none());
    assert!(world.node.block_at(5).is_some());
    assert_eq!(world.control.status().block_number, 5);
}

#[test]
fn readers_of_heads_see_every_block_of_the_new_chain_in_order() {
    let world = World::new();
    world.pass(4);
    let mut heads = world.node.ledger().subscribe_heads();
    world.control.reorg(2).unwrap();
    world.pass(1);
    let seen: Vec<_> = std::iter::from_fn(|| heads.try_recv().ok())
        .map(|block| (block.header.number, block.hash.unwrap()))
        .collect();
    let expected: Vec<_> = (3..6)
        .map(|slot| (slot, world.node.block_at(slot).unwrap().executed.hash))
        .collect();
    assert_eq!(seen, expected);
}
