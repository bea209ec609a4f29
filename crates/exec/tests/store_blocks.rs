//! Blocks in the store: what survives, what readers see, what is refused.
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::{fs, path::Path};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use forebond_exec::{
    Account, BlockRecord, Durability, FILE_NAME, GenesisAccount, StateDiff, StateTrie, Store,
    StoreError, StoreOptions, StoreSnapshot, TxLocation,
};
use tempfile::TempDir;

const IDENTITY: B256 = B256::repeat_byte(0x1d);

fn address(n: u8) -> Address {
    Address::with_last_byte(n)
}

fn rich(wei: u64) -> Option<Account> {
    Some(Account {
        balance: U256::from(wei),
        ..Account::default()
    })
}

fn record(number: u64) -> BlockRecord {
    BlockRecord {
        number,
        hash: keccak256(number.to_be_bytes()),
        state_root: B256::with_last_byte(7),
        body: Bytes::from(vec![0xbb; 5000]),
        tx_hashes: vec![keccak256([1, number as u8]), keccak256([2, number as u8])],
        log_position: number * 100,
    }
}

fn options() -> StoreOptions {
    StoreOptions {
        cache_bytes: 1 << 20,
        history_blocks: 3,
    }
}

fn create(dir: &Path) -> Store {
    let code = Bytes::from_static(&[0x60, 0x00]);
    let genesis = [
        GenesisAccount::funded(address(1), U256::from(100)),
        GenesisAccount::contract(
            address(2),
            U256::ZERO,
            code,
            vec![(U256::from(1), U256::from(11))],
        ),
    ];
    Store::create(dir, genesis, &record(0), IDENTITY, &options()).unwrap()
}

/// Block `number` moves `address(1)`'s balance from 99 + `number` to 100 + `number`.
fn step(number: u64) -> StateDiff {
    let mut diff = StateDiff::default();
    diff.set_account(address(1), rich(99 + number), rich(100 + number));
    diff
}

fn balance(snapshot: &StoreSnapshot, n: u8) -> u64 {
    snapshot
        .account(address(n))
        .unwrap()
        .map_or(0, |account| account.balance.to())
}

#[test]
fn a_directory_without_a_store_opens_as_none() {
    let dir = TempDir::new().unwrap();
    assert!(Store::open(dir.path(), &options()).unwrap().is_none());
    assert!(
        Store::open(&dir.path().join("missing"), &options())
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_new_store_holds_its_genesis() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    let snapshot = store.snapshot().unwrap();
    assert_eq!(store.identity(), IDENTITY);
    assert_eq!(
        (snapshot.head().number, snapshot.head().hash),
        (0, record(0).hash)
    );
    assert_eq!(balance(&snapshot, 1), 100);
    let contract = snapshot.account(address(2)).unwrap().unwrap();
    assert_eq!(contract.nonce, 1);
    assert_eq!(
        snapshot.code(contract.code_hash).unwrap().unwrap().as_ref(),
        [0x60, 0x00]
    );
    assert_eq!(
        snapshot.storage(address(2), U256::from(1)).unwrap(),
        U256::from(11)
    );
    assert_eq!(
        snapshot.storage(address(2), U256::from(2)).unwrap(),
        U256::ZERO
    );
    assert_eq!(snapshot.account(address(3)).unwrap(), None);
}

#[test]
fn a_second_genesis_over_a_store_is_refused() {
    let dir = TempDir::new().unwrap();
    drop(create(dir.path()));
    let error = Store::create(dir.path(), [], &record(0), IDENTITY, &options()).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
}

#[test]
fn a_genesis_that_was_cut_off_is_started_over() {
    let dir = TempDir::new().unwrap();
    // What a crash during `create` leaves: the unfinished file, here even a whole one with other accounts.
    let other = TempDir::new().unwrap();
    let genesis = [GenesisAccount::funded(address(9), U256::from(9))];
    drop(Store::create(other.path(), genesis, &record(0), IDENTITY, &options()).unwrap());
    fs::rename(
        other.path().join(FILE_NAME),
        dir.path().join("state.redb.new"),
    )
    .unwrap();
    assert!(Store::open(dir.path(), &options()).unwrap().is_none());
    let store = create(dir.path());
    assert_eq!(balance(&store.snapshot().unwrap(), 9), 0);
    assert_eq!(balance(&store.snapshot().unwrap(), 1), 100);
}

#[test]
fn a_genesis_that_contradicts_itself_leaves_no_store() {
    let dir = TempDir::new().unwrap();
    let twice = [
        GenesisAccount::funded(address(1), U256::from(1)),
        GenesisAccount::funded(address(1), U256::from(2)),
    ];
    let error = Store::create(dir.path(), twice, &record(0), IDENTITY, &options()).unwrap_err();
    assert!(
        matches!(error, StoreError::DuplicateAccount { .. }),
        "{error}"
    );
    let mut wrong =
        GenesisAccount::contract(address(1), U256::ZERO, Bytes::from_static(&[1]), vec![]);
    wrong.account.code_hash = B256::ZERO;
    let error = Store::create(dir.path(), [wrong], &record(0), IDENTITY, &options()).unwrap_err();
    assert!(matches!(error, StoreError::CodeMismatch { .. }), "{error}");
    assert!(Store::open(dir.path(), &options()).unwrap().is_none());
}

#[test]
fn a_second_opening_of_one_store_is_refused() {
    let dir = TempDir::new().unwrap();
    let _store = create(dir.path());
    let error = Store::open(dir.path(), &options()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

#[test]
fn a_store_of_another_schema_is_refused() {
    let dir = TempDir::new().unwrap();
    drop(create(dir.path()));
    let database = redb::Database::open(dir.path().join(FILE_NAME)).unwrap();
    let transaction = database.begin_write().unwrap();
    let meta = redb::TableDefinition::<&str, &[u8]>::new("meta");
    transaction
        .open_table(meta)
        .unwrap()
        .insert("schema", 2u32.to_be_bytes().as_slice())
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = Store::open(dir.path(), &options()).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::UnknownSchema {
                expected: 1,
                got: 2
            }
        ),
        "{error}"
    );
}

#[test]
fn a_committed_block_is_found_by_every_key_after_reopening() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    let code = Bytes::from_static(&[0x5b]);
    let mut diff = step(1);
    diff.set_account(
        address(3),
        None,
        Some(Account {
            nonce: 1,
            balance: U256::ZERO,
            code_hash: keccak256(&code),
        }),
    );
    diff.set_slot(address(3), U256::from(5), U256::ZERO, U256::MAX);
    diff.set_slot(address(2), U256::from(1), U256::from(11), U256::ZERO);
    diff.codes.insert(keccak256(&code), code.clone());
    store
        .commit_block(&record(1), &diff, Durability::Durable)
        .unwrap();
    drop(store);

    let store = Store::open(dir.path(), &options()).unwrap().unwrap();
    let snapshot = store.snapshot().unwrap();
    let block = record(1);
    assert_eq!(snapshot.head(), store.head().unwrap());
    assert_eq!(
        (snapshot.head().number, snapshot.head().log_position),
        (1, 100)
    );
    assert_eq!(snapshot.block_body(1).unwrap(), Some(block.body));
    assert_eq!(snapshot.block_body(2).unwrap(), None);
    assert_eq!(snapshot.block_hash(1).unwrap(), Some(block.hash));
    assert_eq!(snapshot.state_root(1).unwrap(), Some(block.state_root));
    assert_eq!(snapshot.block_number(block.hash).unwrap(), Some(1));
    assert_eq!(
        snapshot.tx_location(block.tx_hashes[1]).unwrap(),
        Some(TxLocation { block: 1, index: 1 })
    );
    assert_eq!(snapshot.tx_location(B256::ZERO).unwrap(), None);
    assert_eq!(snapshot.code(keccak256(&code)).unwrap(), Some(code));
    assert_eq!(
        snapshot.storage(address(3), U256::from(5)).unwrap(),
        U256::MAX
    );
    assert_eq!(
        snapshot.storage(address(2), U256::from(1)).unwrap(),
        U256::ZERO
    );
    assert_eq!(balance(&snapshot, 1), 101);
}

/// What `kill -9` at this moment leaves: the file as the operating system has it.
fn after_crash(dir: &Path) -> (TempDir, Store) {
    let copy = TempDir::new().unwrap();
    fs::copy(dir.join(FILE_NAME), copy.path().join(FILE_NAME)).unwrap();
    let store = Store::open(copy.path(), &options()).unwrap().unwrap();
    (copy, store)
}

#[test]
fn a_crash_takes_the_store_back_to_the_last_durable_block() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    store
        .commit_block(&record(1), &step(1), Durability::Durable)
        .unwrap();
    store
        .commit_block(&record(2), &step(2), Durability::Deferred)
        .unwrap();
    store
        .commit_block(&record(3), &step(3), Durability::Deferred)
        .unwrap();
    assert_eq!(store.head().unwrap().number, 3);

    let (_copy, crashed) = after_crash(dir.path());
    assert_eq!(
        (
            crashed.head().unwrap().number,
            crashed.head().unwrap().log_position
        ),
        (1, 100)
    );
    assert_eq!(balance(&crashed.snapshot().unwrap(), 1), 101);
    assert_eq!(crashed.snapshot().unwrap().block_body(2).unwrap(), None);
    // The replayed blocks go in again.
    crashed
        .commit_block(&record(2), &step(2), Durability::Durable)
        .unwrap();
}

#[test]
fn a_durable_block_takes_the_deferred_ones_before_it_along() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    store
        .commit_block(&record(1), &step(1), Durability::Deferred)
        .unwrap();
    store
        .commit_block(&record(2), &step(2), Durability::Durable)
        .unwrap();
    let (_copy, crashed) = after_crash(dir.path());
    assert_eq!(balance(&crashed.snapshot().unwrap(), 1), 102);
}

#[test]
fn sync_makes_deferred_blocks_durable() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    store
        .commit_block(&record(1), &step(1), Durability::Deferred)
        .unwrap();
    store.sync().unwrap();
    assert_eq!(after_crash(dir.path()).1.head().unwrap().number, 1);
}

#[test]
fn closing_in_order_keeps_deferred_blocks() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    store
        .commit_block(&record(1), &step(1), Durability::Deferred)
        .unwrap();
    drop(store);
    let store = Store::open(dir.path(), &options()).unwrap().unwrap();
    assert_eq!(store.head().unwrap().number, 1);
}

#[test]
fn a_block_that_does_not_follow_the_head_is_refused() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    for got in [0, 2] {
        let error = store
            .commit_block(&record(got), &StateDiff::default(), Durability::Durable)
            .unwrap_err();
        assert!(
            matches!(error, StoreError::NotNext { expected: 1, got: g } if g == got),
            "{error}"
        );
    }
    assert_eq!(store.head().unwrap().number, 0);
}

#[test]
fn a_block_executed_on_another_state_is_refused_whole() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    let mut account = step(1);
    account.set_account(address(7), None, rich(1));
    account.accounts.get_mut(&address(1)).unwrap().before = rich(55);
    let mut slot = StateDiff::default();
    slot.set_slot(address(2), U256::from(1), U256::from(12), U256::from(13));
    for diff in [account, slot] {
        let error = store
            .commit_block(&record(1), &diff, Durability::Durable)
            .unwrap_err();
        assert!(
            matches!(error, StoreError::StaleDiff { block: 1, .. }),
            "{error}"
        );
    }
    let snapshot = store.snapshot().unwrap();
    assert_eq!((balance(&snapshot, 1), balance(&snapshot, 7)), (100, 0));
    store
        .commit_block(&record(1), &step(1), Durability::Durable)
        .unwrap();
}

#[test]
fn storage_without_an_account_and_code_under_a_wrong_hash_are_refused() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    let mut orphan = StateDiff::default();
    orphan.set_slot(address(8), U256::ZERO, U256::ZERO, U256::from(1));
    let error = store
        .commit_block(&record(1), &orphan, Durability::Durable)
        .unwrap_err();
    assert!(
        matches!(error, StoreError::OrphanStorage { block: 1, .. }),
        "{error}"
    );
    let mut code = StateDiff::default();
    code.codes.insert(B256::ZERO, Bytes::from_static(&[1]));
    let error = store
        .commit_block(&record(1), &code, Durability::Durable)
        .unwrap_err();
    assert!(matches!(error, StoreError::CodeMismatch { .. }), "{error}");
}

#[test]
fn a_snapshot_does_not_see_later_blocks() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    let before = store.snapshot().unwrap();
    for number in 1..=5 {
        store
            .commit_block(&record(number), &step(number), Durability::Deferred)
            .unwrap();
    }
    assert_eq!((before.head().number, balance(&before, 1)), (0, 100));
    assert_eq!(before.block_hash(1).unwrap(), None);
    assert_eq!(before.account_at(address(1), 0).unwrap(), rich(100));
    let after = store.snapshot().unwrap();
    assert_eq!((after.head().number, balance(&after, 1)), (5, 105));
}

#[test]
fn snapshots_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<StoreSnapshot>();
    shared::<Store>();
}

#[test]
fn a_cleared_account_takes_its_unlisted_storage_with_it() {
    let dir = TempDir::new().unwrap();
    let store = create(dir.path());
    let before = store.snapshot().unwrap().account(address(2)).unwrap();
    let mut diff = StateDiff::default();
    diff.set_account(address(2), before, None);
    store
        .commit_block(&record(1), &diff, Durability::Durable)
        .unwrap();
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.account(address(2)).unwrap(), None);
    assert_eq!(
        snapshot.storage(address(2), U256::from(1)).unwrap(),
        U256::ZERO
    );
    assert_eq!(snapshot.account_at(address(2), 0).unwrap(), before);
}

#[test]
fn a_trie_built_from_a_snapshot_has_the_root_of_one_grown_from_genesis() {
    let dir = TempDir::new().unwrap();
    let genesis: Vec<GenesisAccount> = (1..200)
        .map(|n| {
            let slots = (1..u64::from(n) % 5)
                .map(|slot| (U256::from(slot), U256::from(n)))
                .collect();
            GenesisAccount::contract(address(n), U256::from(n), Bytes::from(vec![n]), slots)
        })
        .collect();
    let mut grown = StateTrie::new();
    grown.apply(&StateDiff::from_genesis(&genesis));
    let store = Store::create(dir.path(), genesis, &record(0), IDENTITY, &options()).unwrap();
    let mut built = StateTrie::build(&store.snapshot().unwrap(), 2).unwrap();
    assert_eq!(built.root(), grown.root());
}
