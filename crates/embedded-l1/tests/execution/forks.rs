use alloy_primitives::{Address, Bytes, U256};

use crate::world::{World, attributes, signed, transfer, wallet};

#[test]
fn a_reorg_gives_back_the_old_state_root_and_a_second_one_the_new() {
    let mut world = World::new();
    let base = world.slot(1);
    world.send(&signed(&wallet(0), transfer(0))).unwrap();
    let old = world.slot(2);
    assert_eq!(old.transactions.len(), 1);

    // The same slot again, without transactions, told apart by its extra data; then one more on each side.
    let mut other = attributes(2);
    other.extra_data = Bytes::from_static(b"other");
    let new = world.tree.build(base.hash, &other, None).unwrap();
    assert_ne!(new.hash, old.hash);
    let after_new = world.tree.build(new.hash, &attributes(3), None).unwrap();
    let change = world.tree.set_head(after_new.hash).unwrap();
    let hashes = |blocks: &[std::sync::Arc<_>]| -> Vec<_> {
        blocks
            .iter()
            .map(
                |block: &std::sync::Arc<forebond_embedded_l1::execution::ExecutedBlock>| block.hash,
            )
            .collect()
    };
    assert_eq!(hashes(&change.removed), [old.hash]);
    assert_eq!(hashes(&change.added), [new.hash, after_new.hash]);

    let receiver = Address::repeat_byte(0xbb);
    assert!(new.state.account(receiver).is_none());
    assert_eq!(old.state.account(receiver).unwrap().balance, U256::from(1));

    // On the abandoned block the same block comes out as it would have without the detour.
    let after_old = world.tree.build(old.hash, &attributes(3), None).unwrap();
    let mut straight = World::new();
    straight.slot(1);
    straight.send(&signed(&wallet(0), transfer(0))).unwrap();
    straight.slot(2);
    assert_eq!(straight.slot(3).hash, after_old.hash);
}

#[test]
fn a_fork_sees_its_own_block_hashes() {
    let mut world = World::new();
    let base = world.slot(1);
    let old = world.slot(2);
    let mut other = attributes(2);
    other.extra_data = Bytes::from_static(b"other");
    let new = world.tree.build(base.hash, &other, None).unwrap();
    let (on_old, on_new) = (
        world.tree.build(old.hash, &attributes(3), None).unwrap(),
        world.tree.build(new.hash, &attributes(3), None).unwrap(),
    );
    assert_eq!(on_old.state.block_hash(2), Some(old.hash));
    assert_eq!(on_new.state.block_hash(2), Some(new.hash));
}

#[test]
fn a_proof_of_an_older_state_is_that_of_its_root_and_leaves_the_head_alone() {
    let mut world = World::new();
    let before = world.slot(1);
    world.send(&signed(&wallet(0), transfer(0))).unwrap();
    let after = world.slot(2);
    let address = wallet(0).address();
    let old = world.tree.proof(before.hash, address, &[]).unwrap();
    let new = world.tree.proof(after.hash, address, &[]).unwrap();
    assert_eq!(old.account.unwrap().nonce, 0);
    assert_eq!(new.account.unwrap().nonce, 1);
    let root = |nodes: &[Bytes]| alloy_primitives::keccak256(nodes.first().unwrap());
    assert_eq!(root(&old.nodes), before.header.state_root);
    assert_eq!(root(&new.nodes), after.header.state_root);
    assert_eq!(world.head().hash, after.hash);
}

#[test]
fn what_was_pruned_is_refused_by_name() {
    let mut world = World::new();
    let first = world.slot(1);
    for slot in 2..6 {
        world.slot(slot);
    }
    world.tree.prune_below(4);
    let error = world.tree.block(first.hash).unwrap_err().to_string();
    assert!(error.contains(&first.hash.to_string()), "{error}");
    world.slot(7);
}
