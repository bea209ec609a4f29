//! Random EVM programs: they store, log, call, create, destroy and fail.

use super::{Population, Program, program::opcode as op, wallet::selector};
use alloy_primitives::{Address, B256, U256};
use forebond_rollup::op::L1_BLOCK;
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

pub(super) fn bytes(rng: &mut StdRng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.random_range(0..=most)];
    rng.fill(bytes.as_mut_slice());
    bytes
}

/// Opcodes that push something about the block, the transaction or the frame.
const SURROUNDINGS: [u8; 18] = [
    0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
    0x4a, 0x5a,
];

/// A random program of some steps; with `leaf` it creates nothing, so that children end.
fn program(rng: &mut StdRng, who: &Population, steps: usize, leaf: bool) -> Program {
    let mut code = Program::default();
    for _ in 0..rng.random_range(1..=steps) {
        step(rng, who, &mut code, leaf);
    }
    match rng.random_range(0..12) {
        0 => code
            .push_address(Population::passive(rng))
            .op(op::SELFDESTRUCT),
        1 => code.push(0).push(0).op(op::REVERT),
        2..6 => code.return_memory(32),
        _ => code.op(0),
    };
    code
}

fn step(rng: &mut StdRng, who: &Population, code: &mut Program, leaf: bool) {
    let slot = rng.random_range(0..6);
    match rng.random_range(0..if leaf { 15 } else { 18 }) {
        0..2 => _ = code.push(rng.random_range(0..3)).store(slot),
        2 => {
            // Value and slot from the call data.
            code.push(32).op(op::CALLDATALOAD);
            code.push(7)
                .push(0)
                .op(op::CALLDATALOAD)
                .op(op::AND)
                .op(op::SSTORE);
        }
        3..5 => _ = code.op(*SURROUNDINGS.choose(rng).unwrap()).store(slot),
        5 => {
            let topics = rng.random_range(0..=4);
            code.push(slot).op(op::SLOAD).push(0).op(op::MSTORE);
            for _ in 0..topics {
                code.push_word(U256::from_be_bytes(rng.random::<[u8; 32]>()));
            }
            code.push(rng.random_range(0..70))
                .push(0)
                .op(op::LOG0 + topics);
        }
        6 if rng.random_bool(0.4) => {
            code.push(rng.random_range(1..4)).op(op::NUMBER).op(op::SUB);
            code.op(op::BLOCKHASH).store(slot);
        }
        6 | 7 => {
            let ask = *[op::BALANCE, op::EXTCODESIZE, op::EXTCODEHASH]
                .choose(rng)
                .unwrap();
            code.push_address(who.anyone(rng)).op(ask).store(slot);
        }
        8 => {
            let (to, value) = (who.contract(rng), rng.random_range(0..3));
            let gas = rng.random_bool(0.5).then(|| rng.random_range(100..60_000));
            code.memory(&rng.random::<[u8; 32]>())
                .call(op::CALL, to, value, 64, gas);
            code.store(slot);
        }
        9 => {
            let kind = *[op::CALLCODE, op::DELEGATECALL, op::STATICCALL]
                .choose(rng)
                .unwrap();
            code.call(kind, who.contract(rng), 0, 32, None).store(slot);
        }
        10 => {
            code.call(
                op::CALL,
                Population::passive(rng),
                rng.random_range(0..2),
                0,
                None,
            );
            code.op(op::POP);
        }
        11 => {
            // P256VERIFY stands at 0x100.
            let last = [rng.random_range(1..=0x11), 0x100][usize::from(rng.random_bool(0.1))];
            let to = Address::from_word(B256::from(U256::from(last)));
            let input = bytes(rng, 200);
            code.memory(&input)
                .call(op::STATICCALL, to, 0, input.len() as u64, Some(60_000));
            code.push(0)
                .op(op::MLOAD)
                .op(op::ADD)
                .op(op::RETURNDATASIZE)
                .op(op::ADD)
                .store(slot);
        }
        12 => {
            let end = [op::INVALID, op::REVERT][usize::from(rng.random_bool(0.5))];
            code.if_input_bit(0, &[0x5f, 0x5f, end]);
        }
        13 => {
            code.push(slot)
                .op(op::TLOAD)
                .push(1)
                .op(op::ADD)
                .op(op::DUP1);
            code.push(slot).op(op::TSTORE).store(slot);
        }
        14 => {
            code.memory(&selector("basefee()"))
                .call(op::STATICCALL, L1_BLOCK, 0, 4, None);
            code.op(op::POP).push(0).op(op::MLOAD).store(slot);
        }
        _ => child(rng, who, code, slot),
    }
}

/// Creates a contract and perhaps calls it in the same breath.
fn child(rng: &mut StdRng, who: &Population, code: &mut Program, slot: u64) {
    let mut constructor = Program::default();
    constructor.push(1).store(0);
    let mut runtime = Program::default();
    match rng.random_range(0..4) {
        // Gone in its own constructor.
        0 => {
            _ = constructor
                .push_address(Population::passive(rng))
                .op(op::SELFDESTRUCT)
        }
        // Gone when called: in this transaction with its account, later only with its balance.
        1..3 => {
            _ = runtime
                .push_address(Population::passive(rng))
                .op(op::SELFDESTRUCT)
        }
        _ => runtime = program(rng, who, 3, true),
    }
    let init = constructor.deploying(&runtime.bytes());
    code.memory(&init);
    let twice = rng.random_bool(0.5);
    if twice {
        code.push(rng.random_range(0..3));
    }
    code.push(init.len() as u64)
        .push(0)
        .push(rng.random_range(0..2));
    code.op(if twice { op::CREATE2 } else { op::CREATE });
    // The new address is called, then its flag kept.
    code.op(op::DUP1).push(slot + 6).op(op::SSTORE);
    if rng.random_bool(0.6) {
        code.push(0)
            .push(0)
            .push(0)
            .push(0)
            .push(0)
            .push(slot + 6)
            .op(op::SLOAD);
        code.op(op::GAS).op(op::CALL).store(slot);
    }
}

/// Init code of a new contract with a random body.
pub(super) fn creation(rng: &mut StdRng, who: &Population) -> Vec<u8> {
    let runtime = program(rng, who, 7, false).bytes();
    let mut constructor = Program::default();
    for _ in 0..rng.random_range(0..4) {
        step(rng, who, &mut constructor, false);
    }
    constructor.deploying(&runtime)
}
