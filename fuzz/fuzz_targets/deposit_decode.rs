//! Logs that say they are deposits: never a panic, and an accepted log is the only form of its deposit.
//!
//! Input: four topics of 32 bytes, then the log's data.
#![no_main]

use alloy_primitives::{B256, TxKind, U256};
use forebond_rollup::op::deposit_of;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((words, data)) = data.split_first_chunk::<128>() else {
        return;
    };
    let topics: Vec<_> = words.chunks(32).map(B256::from_slice).collect();
    let Ok(deposit) = deposit_of(B256::ZERO, 0, &topics, data) else {
        return;
    };
    assert!(!deposit.is_system_transaction);
    assert_eq!(deposit.from.into_word(), topics[1]);
    let mut opaque = U256::from(deposit.mint).to_be_bytes::<32>().to_vec();
    opaque.extend(deposit.value.to_be_bytes::<32>());
    opaque.extend(deposit.gas_limit.to_be_bytes());
    opaque.push(u8::from(deposit.to == TxKind::Create));
    opaque.extend_from_slice(&deposit.input);
    let mut log = U256::from(32).to_be_bytes::<32>().to_vec();
    log.extend(U256::from(opaque.len()).to_be_bytes::<32>());
    log.extend_from_slice(&opaque);
    log.resize(log.len().next_multiple_of(32), 0);
    assert_eq!(log, data);
});
