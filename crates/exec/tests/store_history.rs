//! The state of earlier blocks, against a model that keeps every state.
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::collections::HashMap;

use alloy_primitives::{Address, B256, U256};
use forebond_exec::{
    Account, BlockRecord, Durability, GenesisAccount, StateDiff, StateTrie, Store, StoreError,
    StoreOptions,
};
use proptest::prelude::*;
use tempfile::TempDir;

#[derive(Clone, Default)]
struct State {
    accounts: HashMap<Address, Account>,
    slots: HashMap<(Address, U256), U256>,
}

fn address(n: u8) -> Address {
    Address::repeat_byte(n)
}

fn record(number: u64) -> BlockRecord {
    BlockRecord {
        number,
        hash: B256::from(U256::from(number)),
        ..BlockRecord::default()
    }
}

/// An account's new balance, none to remove it; and a slot with its new value.
type Write = (u8, Option<u64>, u8, u64);

fn play(state: &mut State, block: &[Write]) -> StateDiff {
    let mut diff = StateDiff::default();
    for (n, balance, slot, value) in block {
        let address = address(*n);
        let after = balance.map(|wei| Account {
            balance: U256::from(wei),
            ..Account::default()
        });
        let before = match after {
            Some(account) => state.accounts.insert(address, account),
            None => state.accounts.remove(&address),
        };
        diff.set_account(address, before, after);
        if after.is_some() {
            let (slot, value) = (U256::from(*slot), U256::from(*value));
            let before = state
                .slots
                .insert((address, slot), value)
                .unwrap_or_default();
            diff.set_slot(address, slot, before, value);
        } else {
            for slot in (0..4).map(U256::from) {
                if let Some(before) = state.slots.remove(&(address, slot)) {
                    diff.set_slot(address, slot, before, U256::ZERO);
                }
            }
        }
    }
    diff
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_kept_state_reads_as_it_was(
        blocks in prop::collection::vec(
            prop::collection::vec((0..12u8, prop::option::weighted(0.8, 0..5u64), 0..4u8, 0..3u64), 0..30),
            1..12,
        ),
        history_blocks in 0u64..8,
        reopen_at in 0usize..12,
    ) {
        let dir = TempDir::new().unwrap();
        let options = StoreOptions { cache_bytes: 1 << 20, history_blocks };
        let mut states = vec![State::default()];
        let mut diffs = Vec::new();
        let mut trie = StateTrie::new();
        let mut store = Store::create(dir.path(), [], &record(0), B256::ZERO, &options).unwrap();
        for (index, block) in blocks.iter().enumerate() {
            let mut state = states[index].clone();
            let diff = play(&mut state, block);
            let durability = if index % 3 == 0 { Durability::Durable } else { Durability::Deferred };
            store.commit_block(&record(index as u64 + 1), &diff, durability).unwrap();
            trie.apply(&diff);
            diffs.push(diff);
            states.push(state);
            if index == reopen_at {
                drop(store);
                store = Store::open(dir.path(), &options).unwrap().unwrap();
            }
        }
        let snapshot = store.snapshot().unwrap();
        let head = blocks.len() as u64;
        for (number, state) in (0u64..).zip(&states) {
            if number + history_blocks < head {
                let refused = snapshot.account_at(address(1), number);
                prop_assert!(matches!(refused, Err(StoreError::HistoryPruned { .. })), "block {}", number);
                prop_assert_eq!(snapshot.block_diff(number).unwrap(), None);
                continue;
            }
            for n in 0..12 {
                let expected = state.accounts.get(&address(n)).copied();
                prop_assert_eq!(snapshot.account_at(address(n), number).unwrap(), expected);
                for slot in (0..4).map(U256::from) {
                    let expected = state.slots.get(&(address(n), slot)).copied().unwrap_or_default();
                    prop_assert_eq!(snapshot.storage_at(address(n), slot, number).unwrap(), expected);
                }
            }
            if number > 0 && number + history_blocks > head {
                let mut expected = diffs[number as usize - 1].clone();
                expected.accounts.retain(|_, change| change.before != change.after);
                expected.slots.retain(|_, change| change.before != change.after);
                prop_assert_eq!(snapshot.block_diff(number).unwrap(), Some(expected));
            }
        }
        let ahead = snapshot.account_at(address(1), head + 1);
        prop_assert!(matches!(ahead, Err(StoreError::FutureBlock { .. })), "answered a block that is not there");
        prop_assert_eq!(StateTrie::build(&snapshot, 1).unwrap().root(), trie.root());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Going back and on another way leaves the same as having gone the other way at once.
    #[test]
    fn a_rewound_store_is_the_one_that_never_went_there(
        blocks in prop::collection::vec(
            prop::collection::vec((0..12u8, prop::option::weighted(0.8, 0..5u64), 0..4u8, 0..3u64), 0..30),
            1..10,
        ),
        other in prop::collection::vec((0..12u8, prop::option::weighted(0.8, 0..5u64), 0..4u8, 0..3u64), 0..30),
        to in 0usize..10,
    ) {
        let dir = TempDir::new().unwrap();
        let options = StoreOptions { cache_bytes: 1 << 20, history_blocks: 16 };
        let store = Store::create(dir.path(), [], &record(0), B256::ZERO, &options).unwrap();
        let (mut states, mut tries) = (vec![State::default()], vec![StateTrie::new()]);
        for (index, block) in blocks.iter().enumerate() {
            let mut state = states[index].clone();
            let diff = play(&mut state, block);
            store.commit_block(&record(index as u64 + 1), &diff, Durability::Deferred).unwrap();
            let mut trie = tries[index].clone();
            trie.apply(&diff);
            states.push(state);
            tries.push(trie);
        }
        let to = to.min(blocks.len());
        let mut trie = tries.last().unwrap().clone();
        trie.apply(&store.rewind(to as u64, [], 7).unwrap());
        prop_assert_eq!(trie.root(), tries[to].root());
        let snapshot = store.snapshot().unwrap();
        let head = snapshot.head();
        prop_assert_eq!((head.number, head.log_position), (to as u64, 7));
        prop_assert_eq!(StateTrie::build(&snapshot, 1).unwrap().root(), tries[to].root());
        prop_assert_eq!(snapshot.block_hash(to as u64 + 1).unwrap(), None);
        let gone = record(blocks.len() as u64).hash;
        prop_assert_eq!(snapshot.block_number(gone).unwrap().is_some(), to == blocks.len());
        let mut state = states[to].clone();
        let diff = play(&mut state, &other);
        store.commit_block(&record(to as u64 + 1), &diff, Durability::Durable).unwrap();
        trie.apply(&diff);
        prop_assert_eq!(StateTrie::build(&store.snapshot().unwrap(), 1).unwrap().root(), trie.root());
        prop_assert!(store.rewind(to as u64 + 2, [], 0).is_err());
    }
}

#[test]
fn a_block_too_big_for_one_row_is_found_whole() {
    let dir = TempDir::new().unwrap();
    let many: Vec<Address> = (0..3000u32)
        .map(|n| Address::left_padding_from(&n.to_be_bytes()))
        .collect();
    let account = |wei: u64| Account {
        balance: U256::from(wei),
        ..Account::default()
    };
    let genesis = many
        .iter()
        .map(|address| GenesisAccount::funded(*address, U256::from(1)));
    let store = Store::create(
        dir.path(),
        genesis,
        &record(0),
        B256::ZERO,
        &StoreOptions::default(),
    )
    .unwrap();
    let mut diff = StateDiff::default();
    for address in &many {
        diff.set_account(*address, Some(account(1)), Some(account(2)));
    }
    store
        .commit_block(&record(1), &diff, Durability::Durable)
        .unwrap();
    let snapshot = store.snapshot().unwrap();
    for address in &many {
        assert_eq!(snapshot.account_at(*address, 0).unwrap(), Some(account(1)));
        assert_eq!(snapshot.account_at(*address, 1).unwrap(), Some(account(2)));
    }
    assert_eq!(snapshot.block_diff(1).unwrap(), Some(diff));
}

#[test]
fn history_that_was_not_kept_stays_gone_when_more_is_asked_for_later() {
    let dir = TempDir::new().unwrap();
    let short = StoreOptions {
        history_blocks: 1,
        ..StoreOptions::default()
    };
    let store = Store::create(dir.path(), [], &record(0), B256::ZERO, &short).unwrap();
    for number in 1..=3 {
        store
            .commit_block(&record(number), &StateDiff::default(), Durability::Durable)
            .unwrap();
    }
    drop(store);
    let store = Store::open(dir.path(), &StoreOptions::default())
        .unwrap()
        .unwrap();
    store
        .commit_block(&record(4), &StateDiff::default(), Durability::Durable)
        .unwrap();
    let snapshot = store.snapshot().unwrap();
    assert!(matches!(
        snapshot.account_at(address(1), 1),
        Err(StoreError::HistoryPruned { oldest: 2, .. })
    ));
    assert_eq!(snapshot.account_at(address(1), 2).unwrap(), None);
}
