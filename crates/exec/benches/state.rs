//! State trie and store with a million accounts: `cargo bench -p forebond-exec --bench state`.
//!
//! Prints the trie's memory first; then times. "update" is applying a block's change and taking the root.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    cell::RefCell,
    sync::{LazyLock, Mutex},
};

use alloy_primitives::{Address, B256, U256, keccak256, map::HashSet};
use divan::Bencher;
use forebond_exec::{
    Account, BlockRecord, Durability, GenesisAccount, SortedLists, StateDiff, StateTrie, Store,
    StoreOptions,
};
use tempfile::TempDir;

const ACCOUNTS: u64 = 1_000_000;

fn main() {
    let trie = TRIE.lock().unwrap().memory_bytes();
    eprintln!("{} bytes of trie per plain account", trie as u64 / ACCOUNTS);
    divan::main();
}

fn address(n: u64) -> Address {
    Address::from_word(keccak256(n.to_be_bytes()))
}

fn account(wei: u64) -> Account {
    Account {
        nonce: wei % 100,
        balance: U256::from(wei) << 60,
        ..Account::default()
    }
}

/// A fixed stream of numbers below `ACCOUNTS` (splitmix64): the same work on every run.
fn random() -> u64 {
    thread_local!(static SEED: RefCell<u64> = const { RefCell::new(7) });
    SEED.with_borrow_mut(|seed| {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = *seed;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % ACCOUNTS
    })
}

static LISTS: LazyLock<SortedLists> = LazyLock::new(|| {
    SortedLists::new(
        (0..ACCOUNTS)
            .map(|n| (keccak256(address(n)), account(n)))
            .collect(),
        Vec::new(),
    )
});

static TRIE: LazyLock<Mutex<StateTrie>> = LazyLock::new(|| Mutex::new(build(1)));

static STORE: LazyLock<(TempDir, Store)> = LazyLock::new(|| {
    let dir = TempDir::new().unwrap();
    let genesis = (0..ACCOUNTS).map(|n| GenesisAccount {
        address: address(n),
        account: account(n),
        ..Default::default()
    });
    let store = Store::create(
        dir.path(),
        genesis,
        &BlockRecord::default(),
        B256::ZERO,
        &StoreOptions::default(),
    );
    (dir, store.unwrap())
});

fn build(threads: usize) -> StateTrie {
    let Ok(mut trie) = StateTrie::build(&*LISTS, threads);
    trie.root();
    trie
}

/// `touched` different accounts with new balances; `before` as in `store` if one is given.
fn change(touched: usize, store: Option<&Store>) -> StateDiff {
    let snapshot = store.map(|store| store.snapshot().unwrap());
    let mut seen = HashSet::<u64>::default();
    let mut diff = StateDiff::default();
    while seen.len() < touched {
        let n = random();
        if seen.insert(n) {
            let before = snapshot
                .as_ref()
                .map(|snapshot| snapshot.account(address(n)).unwrap().unwrap());
            diff.set_account(address(n), before, Some(account(random())));
        }
    }
    diff
}

#[divan::bench(args = [1, 2], sample_count = 5, sample_size = 1)]
fn build_from_memory(bencher: Bencher<'_, '_>, threads: usize) {
    LazyLock::force(&LISTS);
    bencher.bench(|| build(threads));
}

#[divan::bench(args = [1, 2], sample_count = 5, sample_size = 1)]
fn build_from_store(bencher: Bencher<'_, '_>, threads: usize) {
    let snapshot = STORE.1.snapshot().unwrap();
    bencher.bench(|| StateTrie::build(&snapshot, threads).unwrap());
}

#[divan::bench(args = [1, 10, 100, 1_000, 10_000], sample_count = 50, sample_size = 1)]
fn update(bencher: Bencher<'_, '_>, touched: usize) {
    let mut trie = TRIE.lock().unwrap();
    bencher
        .with_inputs(|| change(touched, None))
        .bench_local_values(|diff| {
            trie.apply(&diff);
            trie.root()
        });
}

#[divan::bench(sample_count = 200, sample_size = 100)]
fn snapshot_read_account(bencher: Bencher<'_, '_>) {
    let snapshot = STORE.1.snapshot().unwrap();
    bencher
        .with_inputs(|| address(random()))
        .bench_values(|address| snapshot.account(address).unwrap());
}

#[divan::bench(sample_count = 100, sample_size = 10)]
fn snapshot_take() -> u64 {
    STORE.1.snapshot().unwrap().head().number
}

#[divan::bench(args = [Durability::Deferred, Durability::Durable], sample_count = 20, sample_size = 1)]
fn commit_1000_accounts(bencher: Bencher<'_, '_>, durability: Durability) {
    commit(bencher, 1_000, durability);
}

#[divan::bench(args = [Durability::Deferred, Durability::Durable], sample_count = 10, sample_size = 1)]
fn commit_10000_accounts(bencher: Bencher<'_, '_>, durability: Durability) {
    commit(bencher, 10_000, durability);
}

/// A block of as many transactions of 150 bytes as accounts it touches.
fn commit(bencher: Bencher<'_, '_>, touched: usize, durability: Durability) {
    let store = &STORE.1;
    bencher
        .with_inputs(|| {
            let number = store.head().unwrap().number + 1;
            let block = BlockRecord {
                number,
                hash: keccak256(number.to_be_bytes()),
                body: vec![1; touched * 150].into(),
                tx_hashes: (0..touched as u64)
                    .map(|n| keccak256([n, number].map(u64::to_be_bytes).concat()))
                    .collect(),
                ..BlockRecord::default()
            };
            (block, change(touched, Some(store)))
        })
        .bench_values(|(block, diff)| store.commit_block(&block, &diff, durability).unwrap());
}
