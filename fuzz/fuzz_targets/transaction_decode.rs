//! What a stranger sends to `eth_sendRawTransaction`: never a panic, and what is accepted is kept
//! byte for byte and decodes to the same sender again.
#![no_main]

use alloy_primitives::{Bytes, keccak256};
use forebond_exec::PreparedTx;
use libfuzzer_sys::fuzz_target;

/// The development chain; the seeds are signed for it.
const CHAIN_ID: u64 = 9545;

fuzz_target!(|data: &[u8]| {
    let raw = Bytes::copy_from_slice(data);
    let Ok(tx) = PreparedTx::decode(raw.clone(), CHAIN_ID) else {
        return;
    };
    assert_eq!(tx.raw(), &raw);
    assert_eq!(tx.hash(), keccak256(data));
    assert!(!tx.is_deposit(), "a user cannot send a deposit");
    let _ = tx.max_cost_wei();
    let restored = PreparedTx::restore(raw, tx.sender()).expect("what was accepted restores");
    assert_eq!(restored.hash(), tx.hash());
});
