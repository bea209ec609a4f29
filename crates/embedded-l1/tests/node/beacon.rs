use alloy_primitives::B256;
use forebond_beacon::preset::Minimal;
use forebond_embedded_l1::{
    beacon_api::{BeaconView, ChainEvent},
    script::{Action, Script},
};
use tree_hash::TreeHash as _;

use crate::world::{EPOCH, World};

fn view(world: &World) -> &dyn BeaconView<Minimal> {
    world.node.as_ref()
}

#[test]
fn the_block_of_slot_0_has_the_root_that_the_first_block_names_as_its_parent() {
    let world = World::new();
    let root = view(&world).head().root;
    let genesis = view(&world).block(root).unwrap();
    assert_eq!(genesis.message.tree_hash_root(), root);
    world.pass(1);
    let first = world.node.block_at(1).unwrap();
    assert_eq!(first.signed.message.parent_root, root);
}

#[test]
fn states_are_found_by_their_root_those_of_empty_slots_as_well() {
    let world = World::with(Script::new().at(3, Action::Skip).at(6, Action::Skip));
    world.pass(6);
    for slot in [0, 2, 3, 5, 6] {
        let state = world.node.state_at(slot).unwrap();
        let found = view(&world).state_by_root(state.tree_hash_root());
        assert_eq!(found.unwrap().slot, slot);
    }
    assert!(view(&world).state_by_root(B256::repeat_byte(9)).is_none());
}

#[test]
fn an_empty_slot_is_answered_with_the_block_before_it() {
    let world = World::with(Script::new().at(3, Action::Skip));
    world.pass(4);
    let at = |slot| view(&world).canonical_at_or_before(slot).unwrap().slot;
    assert_eq!((at(2), at(3), at(4), at(99)), (2, 2, 4, 4));
    assert_eq!(view(&world).clock_slot(), 4);
}

#[test]
fn a_reorg_is_told_before_the_blocks_and_the_head_it_leads_to() {
    let world = World::new();
    world.pass(5);
    let old_head = view(&world).head();
    let mut events = view(&world).events();
    world.control.reorg(2).unwrap();
    let new_head = view(&world).head();
    let seen: Vec<ChainEvent> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    let [
        ChainEvent::ChainReorg {
            slot: 5,
            depth: 2,
            old_head_block,
            new_head_block,
            ..
        },
        ChainEvent::Block { slot: 4, .. },
        ChainEvent::Block { slot: 5, block, .. },
        ChainEvent::Head(head),
    ] = &seen[..]
    else {
        panic!("{seen:?}")
    };
    assert_eq!(*old_head_block, old_head.root);
    assert_eq!(*new_head_block, new_head.root);
    assert_eq!((*block, head.block), (new_head.root, new_head.root));
}

#[test]
fn finality_is_told_once_for_each_epoch() {
    let world = World::new();
    let mut events = view(&world).events();
    world.pass(5 * EPOCH);
    let epochs: Vec<u64> = std::iter::from_fn(|| events.try_recv().ok())
        .filter_map(|event| match event {
            ChainEvent::FinalizedCheckpoint { epoch, block, .. } => {
                assert_eq!(block, world.node.block_at(epoch * EPOCH).unwrap().root);
                Some(epoch)
            }
            _ => None,
        })
        .collect();
    // The rules decide about finality from the end of epoch 2 on, and then about epoch 2 at once.
    assert_eq!(epochs, [2, 3]);
}

#[test]
fn abandoned_blocks_can_still_be_asked_for_by_root() {
    let world = World::new();
    world.pass(3);
    let old = view(&world).head();
    world.control.reorg(1).unwrap();
    assert_ne!(view(&world).head().root, old.root);
    assert!(view(&world).block(old.root).is_some());
    assert_ne!(
        view(&world).canonical_at_or_before(3).unwrap().root,
        old.root
    );
}
