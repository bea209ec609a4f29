//! The state trie against alloy-trie's full rebuild, the slow and simple way to the same root.
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::{
    EMPTY_ROOT_HASH, KECCAK_EMPTY, Nibbles, TrieAccount, proof::verify_proof,
    root::state_root_unhashed, root::storage_root_unhashed,
};
use forebond_exec::{Account, SortedLists, StateDiff, StateTrie};
use proptest::prelude::*;

type Model = BTreeMap<Address, (Account, BTreeMap<U256, U256>)>;

fn trie_account(account: &Account, storage: &BTreeMap<U256, U256>) -> TrieAccount {
    let root = storage_root_unhashed(
        storage
            .iter()
            .map(|(slot, value)| (B256::from(*slot), *value)),
    );
    TrieAccount::new(account.nonce, account.balance, root, account.code_hash)
}

fn rebuilt_root(model: &Model) -> B256 {
    state_root_unhashed(
        model
            .iter()
            .map(|(address, (account, storage))| (*address, trie_account(account, storage))),
    )
}

fn address(n: u8) -> Address {
    Address::with_last_byte(n)
}

/// One write: to an account (or its removal), or to a slot.
#[derive(Clone, Debug)]
enum Write {
    Account(u8, u64, u128, bool),
    Gone(u8),
    Slot(u8, u8, u64),
}

fn writes() -> impl Strategy<Value = Vec<Vec<Write>>> {
    let write = prop_oneof![
        4 => (0..24u8, 0..3u64, any::<u128>(), any::<bool>()).prop_map(|(a, n, b, c)| Write::Account(a, n, b, c)),
        2 => (0..24u8).prop_map(Write::Gone),
        5 => (0..24u8, 0..6u8, 0..3u64).prop_map(|(a, s, v)| Write::Slot(a, s, v)),
    ];
    prop::collection::vec(prop::collection::vec(write, 0..12), 1..12)
}

/// Plays a block's writes on the model and gives the net change.
fn play(model: &mut Model, block: &[Write]) -> StateDiff {
    let mut diff = StateDiff::default();
    for write in block {
        match *write {
            Write::Account(n, nonce, balance, code) => {
                let code_hash = if code { keccak256([n]) } else { KECCAK_EMPTY };
                let account = Account {
                    nonce,
                    balance: U256::from(balance),
                    code_hash,
                };
                let before = model.get(&address(n)).map(|(account, _)| *account);
                model.entry(address(n)).or_default().0 = account;
                diff.set_account(address(n), before, Some(account));
            }
            Write::Gone(n) => {
                let Some((before, storage)) = model.remove(&address(n)) else {
                    continue;
                };
                diff.set_account(address(n), Some(before), None);
                for (slot, value) in storage {
                    diff.set_slot(address(n), slot, value, U256::ZERO);
                }
            }
            Write::Slot(n, slot, value) => {
                let Some((_, storage)) = model.get_mut(&address(n)) else {
                    continue;
                };
                let (slot, value) = (U256::from(slot), U256::from(value));
                let before = if value.is_zero() {
                    storage.remove(&slot)
                } else {
                    storage.insert(slot, value)
                };
                diff.set_slot(address(n), slot, before.unwrap_or_default(), value);
            }
        }
    }
    diff
}

fn sorted_lists(model: &Model) -> SortedLists {
    let accounts = model
        .iter()
        .map(|(address, (account, _))| (keccak256(address), *account))
        .collect();
    let slots = model.iter().flat_map(|(address, (_, storage))| {
        storage.iter().map(move |(slot, value)| {
            (
                keccak256(address),
                keccak256(slot.to_be_bytes::<32>()),
                *value,
            )
        })
    });
    SortedLists::new(accounts, slots.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_block_leads_to_the_root_of_a_full_rebuild(blocks in writes()) {
        let mut model = Model::new();
        let mut trie = StateTrie::new();
        for block in &blocks {
            trie.apply(&play(&mut model, block));
            prop_assert_eq!(trie.root(), rebuilt_root(&model));
            prop_assert_eq!(trie.account_count(), model.len());
        }
        for (address, (account, storage)) in &model {
            prop_assert_eq!(trie.storage_root(*address), trie_account(account, storage).storage_root);
        }
    }

    #[test]
    fn roots_taken_rarely_equal_roots_taken_after_each_block(blocks in writes()) {
        let mut model = Model::new();
        let mut trie = StateTrie::new();
        for block in &blocks {
            trie.apply(&play(&mut model, block));
        }
        prop_assert_eq!(trie.root(), rebuilt_root(&model));
    }

    #[test]
    fn a_bulk_build_equals_the_trie_grown_block_by_block(blocks in writes(), threads in 1usize..4) {
        let mut model = Model::new();
        for block in &blocks[1..] {
            play(&mut model, block);
        }
        let Ok(mut built) = StateTrie::build(&sorted_lists(&model), threads);
        prop_assert_eq!(built.root(), rebuilt_root(&model));
        built.apply(&play(&mut model, &blocks[0]));
        prop_assert_eq!(built.root(), rebuilt_root(&model));
    }

    #[test]
    fn proofs_show_what_is_there_and_what_is_not(blocks in writes()) {
        let mut model = Model::new();
        let mut trie = StateTrie::new();
        for block in &blocks {
            trie.apply(&play(&mut model, block));
        }
        for n in 0..26 {
            check_proof(&mut trie, &model, address(n));
        }
    }
}

fn check_proof(trie: &mut StateTrie, model: &Model, address: Address) {
    let slots: Vec<U256> = (0..8).map(U256::from).collect();
    let root = trie.root();
    let proof = trie.account_proof(address, &slots);
    let held = model.get(&address);
    assert_eq!(proof.account, held.map(|(account, _)| *account));
    let value = held.map(|(account, storage)| alloy_rlp::encode(trie_account(account, storage)));
    verify_proof(
        root,
        Nibbles::unpack(keccak256(address)),
        value,
        &proof.nodes,
    )
    .unwrap();
    for (slot, shown) in slots.iter().zip(&proof.slots) {
        let value = held
            .and_then(|(_, storage)| storage.get(slot))
            .copied()
            .unwrap_or_default();
        assert_eq!((shown.slot, shown.value), (*slot, value));
        let value = (!value.is_zero()).then(|| alloy_rlp::encode(value));
        let key = Nibbles::unpack(keccak256(slot.to_be_bytes::<32>()));
        verify_proof(proof.storage_root, key, value, &shown.nodes).unwrap();
    }
}

#[test]
fn the_empty_state_has_the_empty_root() {
    let mut trie = StateTrie::new();
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
    assert_eq!(trie.storage_root(address(1)), EMPTY_ROOT_HASH);
    assert_eq!(
        trie.account_proof(address(1), &[]).nodes,
        [Bytes::from_static(&[0x80])]
    );
}

#[test]
fn a_thousand_accounts_with_proofs_agree_with_the_rebuild() {
    let mut model = Model::new();
    let mut diff = StateDiff::default();
    for n in 0..1000u64 {
        let (address, account) = (
            Address::left_padding_from(&n.to_be_bytes()),
            Account {
                nonce: n,
                ..Account::default()
            },
        );
        model.insert(address, (account, BTreeMap::new()));
        diff.set_account(address, None, Some(account));
    }
    let mut trie = StateTrie::new();
    trie.apply(&diff);
    assert_eq!(trie.root(), rebuilt_root(&model));
    for address in model.keys().step_by(97) {
        check_proof(&mut trie, &model, *address);
    }
}

#[test]
fn storage_of_a_cleared_account_does_not_come_back_with_it() {
    let mut trie = StateTrie::new();
    let rich = Some(Account {
        nonce: 1,
        ..Account::default()
    });
    let mut diff = StateDiff::default();
    diff.set_account(address(1), None, rich);
    diff.set_slot(address(1), U256::ZERO, U256::ZERO, U256::from(7));
    trie.apply(&diff);
    assert_ne!(trie.storage_root(address(1)), EMPTY_ROOT_HASH);

    // The slots of the cleared account are not listed.
    let mut clear = StateDiff::default();
    clear.set_account(address(1), rich, None);
    trie.apply(&clear);
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);

    let mut again = StateDiff::default();
    again.set_account(address(1), None, rich);
    trie.apply(&again);
    assert_eq!(trie.storage_root(address(1)), EMPTY_ROOT_HASH);

    // Nor when the new account starts a storage of its own.
    let mut other = StateDiff::default();
    other.set_slot(address(1), U256::from(1), U256::ZERO, U256::from(9));
    trie.apply(&other);
    let only = storage_root_unhashed([(B256::with_last_byte(1), U256::from(9))]);
    assert_eq!(trie.storage_root(address(1)), only);
}

#[test]
fn slots_beside_no_account_are_not_state() {
    let mut trie = StateTrie::new();
    let mut diff = StateDiff::default();
    diff.set_slot(address(1), U256::ZERO, U256::ZERO, U256::from(7));
    trie.apply(&diff);
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
    let mut later = StateDiff::default();
    later.set_account(
        address(1),
        None,
        Some(Account {
            nonce: 1,
            ..Account::default()
        }),
    );
    trie.apply(&later);
    assert_eq!(trie.storage_root(address(1)), EMPTY_ROOT_HASH);
}
