//! One trie with keys chosen so that every shape occurs: long extensions, nodes short enough to stand inside their
//! parent, and each way in which a deletion joins nodes.
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256, b256};
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, proof::verify_proof};
use forebond_exec::Trie;
use proptest::prelude::*;

fn rebuilt_root(model: &BTreeMap<B256, U256>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in model {
        builder.add_leaf(Nibbles::unpack(key), &alloy_rlp::encode(value));
    }
    builder.root()
}

fn trie_of(keys: &[B256]) -> (Trie<U256>, BTreeMap<B256, U256>) {
    let mut trie = Trie::default();
    let model: BTreeMap<B256, U256> = keys.iter().map(|key| (*key, U256::from(1))).collect();
    for key in keys {
        trie.insert(*key, U256::from(1));
    }
    (trie, model)
}

/// Keys that share long prefixes: a few nibbles at a few places differ, the rest is zero.
fn close_keys() -> impl Strategy<Value = B256> {
    prop::collection::vec(
        (
            prop::sample::select(vec![0usize, 1, 15, 29, 30, 31]),
            0..4u8,
            any::<bool>(),
        ),
        0..4,
    )
    .prop_map(|changes| {
        let mut key = B256::ZERO;
        for (place, value, high) in changes {
            key.0[place] |= if high { value << 4 } else { value };
        }
        key
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_order_of_writes_and_deletes_gives_the_root_of_a_rebuild(
        steps in prop::collection::vec((close_keys(), 0u64..3, any::<bool>()), 1..60),
    ) {
        let mut trie = Trie::default();
        let mut model = BTreeMap::new();
        for (key, value, look) in steps {
            if value == 0 {
                prop_assert_eq!(trie.remove(&key), model.remove(&key).is_some());
            } else {
                trie.insert(key, U256::from(value));
                model.insert(key, U256::from(value));
            }
            prop_assert_eq!(trie.get(&key), model.get(&key));
            if look {
                prop_assert_eq!(trie.root(), rebuilt_root(&model));
            }
        }
        prop_assert_eq!(trie.root(), rebuilt_root(&model));
        prop_assert_eq!(trie.len(), model.len());
        let mut listed = Vec::new();
        trie.for_each(|key, value| listed.push((*key, *value)));
        prop_assert_eq!(listed, model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn proofs_pass_through_extensions_and_inlined_nodes(
        keys in prop::collection::btree_set(close_keys(), 1..20), other in close_keys(),
    ) {
        let keys: Vec<B256> = keys.into_iter().collect();
        let (mut trie, model) = trie_of(&keys);
        let root = trie.root();
        for key in keys.iter().chain([&other]) {
            let value = model.get(key).map(alloy_rlp::encode);
            let proof = trie.proof(key);
            prop_assert!(verify_proof(root, Nibbles::unpack(key), value, &proof).is_ok(), "{} {:?}", key, proof);
        }
    }
}

#[test]
fn an_empty_trie_has_the_empty_root_also_after_use() {
    let mut trie = Trie::<U256>::default();
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
    trie.insert(B256::ZERO, U256::from(1));
    assert_ne!(trie.root(), EMPTY_ROOT_HASH);
    assert!(trie.remove(&B256::ZERO));
    assert!(!trie.remove(&B256::ZERO));
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
    assert!(trie.is_empty());
}

#[test]
fn leaves_shorter_than_a_hash_stand_inside_their_branch() {
    let (mut trie, model) = trie_of(&[
        b256!("0x0000000000000000000000000000000000000000000000000000000000000001"),
        b256!("0x0000000000000000000000000000000000000000000000000000000000000002"),
        b256!("0x0000000000000000000000000000000000000000000000000000000000000030"),
    ]);
    assert_eq!(trie.root(), rebuilt_root(&model));
    // Extension, branch, and in them the rest: everything below is inlined.
    assert!(trie.proof(&B256::with_last_byte(1)).len() <= 2);
}

#[test]
fn deleting_joins_a_branch_with_a_leaf() {
    let stay = b256!("0xaa00000000000000000000000000000000000000000000000000000000000000");
    let go = b256!("0xab00000000000000000000000000000000000000000000000000000000000000");
    let (mut trie, mut model) = trie_of(&[stay, go]);
    trie.root();
    trie.remove(&go);
    model.remove(&go);
    assert_eq!(trie.root(), rebuilt_root(&model));
}

#[test]
fn deleting_joins_an_extension_with_the_branch_below() {
    let pair = [
        b256!("0xaa10000000000000000000000000000000000000000000000000000000000000"),
        b256!("0xaa20000000000000000000000000000000000000000000000000000000000000"),
    ];
    let go = b256!("0xa000000000000000000000000000000000000000000000000000000000000000");
    let (mut trie, mut model) = trie_of(&[pair[0], pair[1], go]);
    trie.root();
    trie.remove(&go);
    model.remove(&go);
    assert_eq!(trie.root(), rebuilt_root(&model));
}

#[test]
fn deleting_joins_two_extensions_over_a_vanished_branch() {
    let pair = [
        b256!("0xaaaa100000000000000000000000000000000000000000000000000000000000"),
        b256!("0xaaaa200000000000000000000000000000000000000000000000000000000000"),
    ];
    let go = b256!("0xaab0000000000000000000000000000000000000000000000000000000000000");
    let (mut trie, mut model) = trie_of(&[pair[0], pair[1], go]);
    trie.root();
    trie.remove(&go);
    model.remove(&go);
    assert_eq!(trie.root(), rebuilt_root(&model));
    trie.insert(go, U256::from(9));
    model.insert(go, U256::from(9));
    assert_eq!(trie.root(), rebuilt_root(&model));
}
