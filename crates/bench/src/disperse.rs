//! One transaction that gives many accounts the same amount of ether.
//!
//! It creates a contract of no code whose init code does the work and stops, so nothing has to be
//! deployed beforehand and nothing is left behind but the balances.

use crate::transaction::Call;
use alloy_primitives::{Address, Bytes, U256};

/// Accounts per transaction: about 7 million gas, below every per-transaction limit in use.
pub(crate) const RECEIVERS_PER_TRANSACTION: usize = 200;
/// A call with value to a new account (9,000 + 25,000), its calldata at EIP-7623's floor price
/// (20 × 40), init code words and the loop; rounded up.
const GAS_PER_RECEIVER: u64 = 40_000;
const GAS_FIXED: u64 = 200_000;

/// The program: for every 20 bytes that follow it, send `callvalue / count` there; revert if one
/// refuses. Stack notes name the items bottom first.
const PROGRAM: [u8; 52] = [
    0x60, 0x34, // PUSH1 52: length of this program
    0x38, 0x03, // CODESIZE SUB          n = bytes that follow
    0x80, 0x60, 0x34, 0x5f, 0x39, // DUP1 PUSH1 52 PUSH0 CODECOPY: them to memory 0
    0x80, 0x60, 0x14, 0x34, 0x02, 0x04, // DUP1 PUSH1 20 CALLVALUE MUL DIV   n v
    0x5f, // PUSH0                      n v i
    0x5b, // JUMPDEST (16)
    0x82, 0x81, 0x10, // DUP3 DUP2 LT   i < n
    0x15, 0x60, 0x2e, 0x57, // ISZERO PUSH1 46 JUMPI
    0x5f, 0x5f, 0x5f, 0x5f, // PUSH0 x 4: no calldata, no return data
    0x85, // DUP6                       v
    0x85, 0x51, 0x60, 0x60, 0x1c, // DUP6 MLOAD PUSH1 96 SHR: the address at i
    0x5a, 0xf1, // GAS CALL
    0x15, 0x60, 0x30, 0x57, // ISZERO PUSH1 48 JUMPI
    0x60, 0x14, 0x01, // PUSH1 20 ADD   i += 20
    0x60, 0x10, 0x56, // PUSH1 16 JUMP
    0x5b, 0x00, // JUMPDEST (46) STOP
    0x5b, 0x5f, 0x5f, 0xfd, // JUMPDEST (48) PUSH0 PUSH0 REVERT
];

/// Gives `each_wei` to every receiver; at most [`RECEIVERS_PER_TRANSACTION`] of them.
pub(crate) fn disperse(receivers: &[Address], each_wei: U256) -> Call {
    let mut input = PROGRAM.to_vec();
    for receiver in receivers {
        input.extend_from_slice(receiver.as_slice());
    }
    Call {
        to: None,
        value: each_wei.saturating_mul(U256::from(receivers.len())),
        input: Bytes::from(input),
        gas: GAS_FIXED + GAS_PER_RECEIVER * receivers.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_lead_to_jump_destinations_and_the_length_is_its_own() {
        let length = u8::try_from(PROGRAM.len()).unwrap();
        assert_eq!((PROGRAM[1], PROGRAM[6]), (length, length));
        for target in [16, 46, 48] {
            assert_eq!(PROGRAM[target], 0x5b, "byte {target}");
        }
    }

    #[test]
    fn the_value_is_what_all_receivers_get_together() {
        let call = disperse(&[Address::ZERO; 3], U256::from(7));
        assert_eq!(call.value, U256::from(21));
        assert_eq!(call.input.len(), PROGRAM.len() + 60);
        assert!(disperse(&[Address::ZERO; RECEIVERS_PER_TRANSACTION], U256::ONE).gas < 1 << 24);
    }
}
