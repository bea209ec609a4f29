//! R13 with real deposits, the reader contract of `examples/contracts` and whole states: whatever
//! needs the parent's hash waits, whatever depends on that waits behind it, and the outcome is the
//! one of a block that knew its parent from the start, receipts and state root included.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod world;

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use forebond_exec::{
    BlockRun, CallEnv, CallOutcome, CallRequest, ExecuteError, Executed, PreparedTx, StateDiff,
    StateError, StateTrie, WorkingState, call,
};
use forebond_rollup::op::{L1_FEE_VAULT, attributes_deposit, user_deposit_source};
use op_alloy_consensus::TxDeposit;
use std::sync::Arc;
use world::{
    CHAIN_ID, MapState, Opened, Program, Wallet, config, genesis, opcode as op, open, selector,
    wallets,
};

/// The reader of `examples/contracts`.
const READER: Address = Address::repeat_byte(0xb1);
/// Calls the reader and does not care whether that fails.
const CARELESS: Address = Address::repeat_byte(0xb2);
/// Stores the hash of the block before the parent.
const GRANDPARENT: Address = Address::repeat_byte(0xb3);
/// Nobody's, and nobody waits for it.
const FRIEND: Address = Address::repeat_byte(0xa1);

const PARENT_HASH: B256 = B256::repeat_byte(0x11);
const GRANDPARENT_HASH: B256 = B256::repeat_byte(0x10);

fn read_by(function: &str) -> Bytes {
    selector(function).to_vec().into()
}

fn start() -> MapState {
    let artifact = include_str!("../../../examples/contracts/artifacts/BlockHashReader.json");
    let artifact: serde_json::Value = serde_json::from_str(artifact).unwrap();
    let reader: Bytes = artifact["runtime"].as_str().unwrap().parse().unwrap();
    let mut careless = Program::default();
    careless.memory(&selector("recordOpcode()"));
    careless.call(op::CALL, READER, 0, 4, None).op(op::POP);
    let mut older = Program::default();
    older.push(2).op(op::NUMBER).op(op::SUB);
    older.op(op::BLOCKHASH).store(0);
    let mut state = genesis();
    state.insert(READER, 1, U256::ZERO, reader, []);
    state.insert(CARELESS, 1, U256::ZERO, careless.code(), []);
    state.insert(GRANDPARENT, 1, U256::ZERO, older.code(), []);
    state
}

fn attributes(opened: &Opened) -> PreparedTx {
    let deposit = attributes_deposit(&config(), &opened.origin, opened.sequence_number);
    PreparedTx::deposit(deposit)
}

/// Block 2 of a chain, open, its attributes deposit executed; with what block 1 changed.
struct Second {
    run: BlockRun,
    first: StateDiff,
}

impl Second {
    fn open(parent_known: bool) -> Self {
        let config = config();
        let state = WorkingState::new(Arc::new(start()), 0, 1_000);
        let opened = open(&config, 1, None);
        let opening = opened.opening.clone();
        let base_fee = opening.env.baseFee;
        let mut run = BlockRun::begin(state, CHAIN_ID, opening, Some(GRANDPARENT_HASH)).unwrap();
        run.execute(&attributes(&opened)).unwrap();
        let next = open(&config, 2, Some((base_fee, run.gas_used())));
        let first = run.turn(next.opening.clone()).unwrap();
        assert!(run.waits_for_parent());
        if parent_known {
            run.parent_sealed(PARENT_HASH).unwrap();
        }
        // The first deposit of a block needs no hash.
        run.execute(&attributes(&next)).unwrap();
        Self { run, first }
    }

    fn done(&mut self, tx: &PreparedTx) -> Executed {
        let done = self.run.execute(tx).unwrap();
        assert!(done.receipt.status(), "{:?}", tx.envelope());
        done
    }

    /// Fails unless the transaction waits, and unless nothing shows that it was tried.
    fn waits(&mut self, tx: &PreparedTx) {
        let trace = |run: &mut BlockRun| {
            let of = [tx.sender(), READER, CARELESS, FRIEND, L1_FEE_VAULT];
            let accounts = of.map(|address| run.state().account(address).unwrap());
            let slots = [0, 1].map(|slot| run.state().slot(READER, U256::from(slot)).unwrap());
            (run.gas_used(), run.transactions(), accounts, slots)
        };
        let before = trace(&mut self.run);
        let error = self.run.execute(tx).unwrap_err();
        assert!(matches!(error, ExecuteError::ParentHashPending), "{error}");
        assert_eq!(trace(&mut self.run), before);
    }

    fn seal_parent(&mut self) {
        self.run.parent_sealed(PARENT_HASH).unwrap();
        assert!(!self.run.waits_for_parent());
    }

    /// The whole state after the block, its net change and its root.
    fn end(self) -> (MapState, StateDiff, B256) {
        let mut state = start();
        let mut trie = StateTrie::new();
        trie.apply(&state.as_diff());
        let (_, second) = self.run.finish();
        for diff in [&self.first, &second] {
            state.apply_diff(diff);
            trie.apply(diff);
        }
        assert_eq!(trie.root(), state.root());
        (state, second, trie.root())
    }
}

fn three() -> [Wallet; 3] {
    wallets(3).try_into().unwrap()
}

/// The reader remembers the hash that was right when it was called.
fn remembers_parent(state: &MapState) -> bool {
    let hash = U256::from_be_bytes(PARENT_HASH.0);
    state.slot(READER, U256::ZERO) == hash && state.slot(READER, U256::from(1)) == U256::from(2)
}

#[test]
fn whoever_reads_the_parents_hash_waits_and_leaves_no_trace() {
    let [reader, ..] = three();
    for tx in [
        reader.call(0, READER, 0, read_by("recordOpcode()")),
        reader.call(0, READER, 0, read_by("recordHistory()")),
        reader.call(0, READER, 0, read_by("recordBoth()")),
        // A failed call inside must not swallow the wait.
        reader.call(0, CARELESS, 7, Bytes::new()),
    ] {
        let mut tried = Second::open(false);
        tried.waits(&tx);
        tried.waits(&tx);
        tried.seal_parent();
        assert_eq!(tried.end(), Second::open(true).end());
    }
}

#[test]
fn after_the_seal_both_ways_give_the_right_hash_and_the_receipts_of_a_known_parent() {
    let [one, two, three] = three();
    let txs = [
        one.call(0, READER, 0, read_by("recordOpcode()")),
        two.call(0, READER, 0, read_by("recordHistory()")),
        three.call(0, READER, 0, read_by("recordBoth()")),
        one.call(1, CARELESS, 0, Bytes::new()),
    ];
    let mut late = Second::open(false);
    let mut known = Second::open(true);
    for tx in &txs {
        late.waits(tx);
    }
    late.seal_parent();
    for tx in &txs {
        let (ours, wanted) = (late.done(tx), known.done(tx));
        assert_eq!(ours.receipt, wanted.receipt);
        assert_eq!(ours.changes.write_set(), wanted.changes.write_set());
        let logs = ours.receipt.logs();
        assert_eq!(logs[0].data.data[..32], PARENT_HASH.0, "the logged hash");
    }
    let (state, diff, root) = late.end();
    assert!(remembers_parent(&state));
    assert_eq!((state, diff, root), known.end());
}

#[test]
fn independent_transactions_overtake_and_the_state_is_that_of_arrival_order() {
    let [waiting, other, third] = three();
    let read = waiting.call(0, READER, 0, read_by("recordBoth()"));
    let free = [
        other.call(0, FRIEND, 5, Bytes::new()),
        third.call(0, Address::repeat_byte(0xee), 6, Bytes::new()),
        other.call(1, GRANDPARENT, 0, Bytes::new()),
        third.call(1, FRIEND, 7, Bytes::new()),
    ];
    let mut late = Second::open(false);
    late.waits(&read);
    for tx in &free {
        late.done(tx);
    }
    late.seal_parent();
    late.done(&read);
    let late = late.end();
    let older = U256::from_be_bytes(GRANDPARENT_HASH.0);
    assert_eq!(late.0.slot(GRANDPARENT, U256::ZERO), older);

    for arrival in [true, false] {
        let mut known = Second::open(true);
        let reads_first = arrival.then_some(&read);
        let reads_last = (!arrival).then_some(&read);
        for tx in reads_first.into_iter().chain(&free).chain(reads_last) {
            known.done(tx);
        }
        assert_eq!(known.end(), late);
    }
}

#[test]
fn dependent_transactions_wait_and_so_do_those_that_depend_on_them() {
    let [waiting, other, third] = three();
    let read = waiting.call(0, READER, 0, read_by("recordOpcode()"));
    let dependents = [
        // The next nonce of the one who waits: not "nonce too high".
        waiting.call(1, FRIEND, 1, Bytes::new()),
        // Pays whom the one before would have paid.
        other.call(0, FRIEND, 1, Bytes::new()),
        // The next nonce of that payer, and somebody who pays it.
        other.call(1, Address::repeat_byte(0xe1), 1, Bytes::new()),
        third.call(0, other.address(), 1, Bytes::new()),
    ];
    let mut late = Second::open(false);
    late.waits(&read);
    for tx in &dependents {
        late.waits(tx);
    }
    late.seal_parent();
    let mut known = Second::open(true);
    for tx in std::iter::once(&read).chain(&dependents) {
        assert_eq!(late.done(tx).receipt, known.done(tx).receipt);
    }
    assert_eq!(late.end(), known.end());
}

#[test]
fn what_the_rules_refuse_on_its_own_account_is_refused_while_others_wait() {
    let [waiting, other, _] = three();
    let mut late = Second::open(false);
    late.waits(&waiting.call(0, READER, 0, read_by("recordOpcode()")));
    let early = other.call(3, FRIEND, 1, Bytes::new());
    let error = late.run.execute(&early).unwrap_err();
    assert!(matches!(error, ExecuteError::Refused(_)), "{error}");
    // The refusal claims nothing.
    late.done(&other.call(0, FRIEND, 1, Bytes::new()));
}

#[test]
fn a_deposit_that_reads_the_parents_hash_waits_without_minting() {
    let [waiting, ..] = three();
    let deposit = PreparedTx::deposit(TxDeposit {
        source_hash: user_deposit_source(B256::ZERO, 0),
        from: waiting.address(),
        to: TxKind::Call(READER),
        mint: 1_000,
        value: U256::ZERO,
        gas_limit: 500_000,
        is_system_transaction: false,
        input: read_by("recordBoth()"),
    });
    let mut late = Second::open(false);
    late.waits(&deposit);
    late.seal_parent();
    let mut known = Second::open(true);
    assert_eq!(late.done(&deposit).receipt, known.done(&deposit).receipt);
    let late = late.end();
    assert!(remembers_parent(&late.0));
    assert_eq!(late, known.end());
}

#[test]
fn a_block_whose_parent_is_unknown_cannot_be_closed() {
    let mut late = Second::open(false);
    let next = open(&config(), 3, None).opening;
    let error = late.run.turn(next.clone()).unwrap_err();
    assert!(matches!(error, StateError::ParentHashPending(1)), "{error}");
    late.seal_parent();
    late.run.turn(next).unwrap();
}

#[test]
fn the_next_block_waits_for_its_own_parent_and_keeps_no_old_claims() {
    let [waiting, other, _] = three();
    let mut late = Second::open(false);
    late.waits(&waiting.call(0, READER, 0, read_by("recordOpcode()")));
    late.waits(&waiting.call(1, FRIEND, 1, Bytes::new()));
    late.seal_parent();
    late.run.turn(open(&config(), 3, None).opening).unwrap();
    // The friend was claimed in block 2 only; block 2's hash is what is missing now.
    late.done(&other.call(0, FRIEND, 1, Bytes::new()));
    late.done(&other.call(1, GRANDPARENT, 0, Bytes::new()));
    let known = U256::from_be_bytes(PARENT_HASH.0);
    let stored = late.run.state().slot(GRANDPARENT, U256::ZERO).unwrap();
    assert_eq!(stored, known);
    late.waits(&waiting.call(0, READER, 0, read_by("recordHistory()")));
    late.run.parent_sealed(B256::repeat_byte(0x12)).unwrap();
    late.done(&waiting.call(0, READER, 0, read_by("recordBoth()")));
    let newest = late.run.state().slot(READER, U256::ZERO).unwrap();
    assert_eq!(newest, U256::from_be_bytes([0x12; 32]));
}

#[test]
fn a_block_may_begin_without_knowing_its_parent() {
    let [reader, ..] = three();
    let tx = reader.call(0, READER, 0, read_by("recordBoth()"));
    let begin = |hash| {
        let state = WorkingState::new(Arc::new(start()), 0, 1_000);
        BlockRun::begin(state, CHAIN_ID, open(&config(), 1, None).opening, hash).unwrap()
    };
    let mut late = begin(None);
    assert_eq!(late.take_system_changes().len(), 1, "EIP-4788 only");
    let error = late.execute(&tx).unwrap_err();
    assert!(matches!(error, ExecuteError::ParentHashPending), "{error}");
    late.parent_sealed(PARENT_HASH).unwrap();
    assert_eq!(late.take_system_changes().len(), 1, "EIP-2935");
    let mut known = begin(Some(PARENT_HASH));
    assert_eq!(known.take_system_changes().len(), 2);
    let (ours, wanted) = (late.execute(&tx).unwrap(), known.execute(&tx).unwrap());
    assert_eq!(ours.receipt, wanted.receipt);
    assert_eq!(late.finish().1, known.finish().1);
}

#[test]
fn a_call_in_an_open_block_is_told_to_wait_instead_of_reading_zero() {
    let read = |state: MapState, function: &str| {
        let env = CallEnv {
            state: Arc::new(state),
            opening: open(&config(), 2, None).opening,
            chain_id: CHAIN_ID,
        };
        let request = CallRequest {
            to: Some(READER),
            input: read_by(function),
            gas_limit: 1_000_000,
            ..Default::default()
        };
        call(&env, request)
    };
    for function in ["opcode()", "history()"] {
        let error = read(start(), function).unwrap_err();
        let pending = matches!(error, StateError::ParentHashPending(1));
        assert!(pending, "{function}: {error}");
    }
    // What asks for no hash is answered.
    let answer = read(start(), "lastBlock()");
    assert!(matches!(answer, Ok(CallOutcome::Success { .. })));
    let mut known = start();
    known.hashes.insert(1, PARENT_HASH);
    let answer = read(known, "opcode()").unwrap();
    assert!(matches!(answer, CallOutcome::Success { output, .. } if output[..] == PARENT_HASH.0));
}
