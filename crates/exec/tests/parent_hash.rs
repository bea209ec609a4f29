//! R13: a block runs ahead of its parent's seal; what reads the parent's hash waits, and what
//! depends on it waits behind, while everything else goes on.

#![allow(
    clippy::unwrap_used,
    clippy::unreachable,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
mod ahead;

use ahead::{Ahead, HISTORY_READER, OPCODE_READER, stranger};
use alloy_primitives::B256;
use forebond_exec::ExecuteError;

fn waits(result: Result<forebond_exec::Executed, ExecuteError>) {
    assert!(
        matches!(result, Err(ExecuteError::ParentHashPending)),
        "{result:?}"
    );
}

#[test]
fn both_ways_to_read_the_parents_hash_wait_and_leave_no_trace() {
    let mut block = Ahead::begin(None);
    waits(block.call(1, OPCODE_READER));
    waits(block.call(2, HISTORY_READER));
    assert_eq!(block.nonce(1), 0);
    assert_eq!(block.nonce(2), 0);
    assert_eq!(block.run.transactions(), 0);
}

#[test]
fn independent_transactions_overtake_and_dependent_ones_wait_behind() {
    let mut block = Ahead::begin(None);
    waits(block.call(1, OPCODE_READER));
    block.transfer(3, stranger(9)).unwrap();
    // It pays an account that the waiting transaction has loaded: its sender.
    let claimed = block.address(1);
    waits(block.transfer(4, claimed));
    // And whoever depends on that one waits, too.
    let behind = block.address(4);
    waits(block.transfer(5, behind));
    block.transfer(6, stranger(10)).unwrap();
    assert_eq!(block.run.transactions(), 2);
}

#[test]
fn after_the_seal_the_result_is_that_of_a_block_that_knew_its_parent_from_the_start() {
    let hash = B256::repeat_byte(0xab);
    let mut late = Ahead::begin(None);
    late.transfer(3, stranger(9)).unwrap();
    waits(late.call(1, OPCODE_READER));
    waits(late.call(2, HISTORY_READER));
    late.run.parent_sealed(hash).unwrap();
    late.call(1, OPCODE_READER).unwrap();
    late.call(2, HISTORY_READER).unwrap();
    let mut known = Ahead::begin(Some(hash));
    known.transfer(3, stranger(9)).unwrap();
    known.call(1, OPCODE_READER).unwrap();
    known.call(2, HISTORY_READER).unwrap();
    assert_eq!(late.stored(OPCODE_READER), hash);
    assert_eq!(late.stored(HISTORY_READER), hash);
    assert_eq!(late.run.finish().1, known.run.finish().1);
}
