//! Identities of faults on L1, as `FaultIds.sol` computes them: from the messages alone, so changed evidence bytes cannot make one
//! fault a second one (R10). `fixtures/refunds/fault_ids.json` holds vectors.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

use crate::FaultKind;

/// `lie`, `fork`, `brokenBase`, `falseClaim`, `order`: once per base (its struct hash) and kind.
pub fn under_base(kind: FaultKind, gateway: u32, rollup: Address, base: B256) -> B256 {
    keccak256((number(kind), U256::from(gateway), rollup, base).abi_encode_params())
}

/// `unkept`: once per promise, named by its frag's struct hash and its index in the block. `gateway` is the one that promised,
/// whoever pays in the end (R5).
pub fn of_promise(gateway: u32, rollup: Address, base: B256, frag: B256, index: u64) -> B256 {
    keccak256(
        (
            number(FaultKind::Unkept),
            U256::from(gateway),
            rollup,
            base,
            frag,
            U256::from(index),
        )
            .abi_encode_params(),
    )
}

/// `late`: once per window, named by its last L1 slot.
pub fn of_window(gateway: u32, rollup: Address, window: u64) -> B256 {
    keccak256((number(FaultKind::Late), U256::from(gateway), rollup, window).abi_encode_params())
}

/// An operator's fault; `place` is the slot it missed, or the first epoch of the rewards period it sold in.
pub fn of_operator(kind: FaultKind, operator: Address, rollup: Address, place: u64) -> B256 {
    keccak256((number(kind), operator, rollup, place).abi_encode_params())
}

/// The Slasher's name for all faults of a gateway under a base.
pub fn case_key(gateway: u32, rollup: Address, base: B256) -> B256 {
    keccak256((U256::from(gateway), rollup, base).abi_encode_params())
}

fn number(kind: FaultKind) -> U256 {
    U256::from(kind as u8)
}
