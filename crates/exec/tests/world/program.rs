use alloy_primitives::{Address, Bytes, U256};

/// EVM code, written instruction by instruction from its first byte on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program(Vec<u8>);

/// The opcodes that have no method of their own.
pub(crate) mod opcode {
    pub(crate) const ADD: u8 = 0x01;
    pub(crate) const SUB: u8 = 0x03;
    pub(crate) const ISZERO: u8 = 0x15;
    pub(crate) const AND: u8 = 0x16;
    pub(crate) const KECCAK256: u8 = 0x20;
    pub(crate) const BALANCE: u8 = 0x31;
    pub(crate) const CALLDATALOAD: u8 = 0x35;
    pub(crate) const EXTCODESIZE: u8 = 0x3b;
    pub(crate) const RETURNDATASIZE: u8 = 0x3d;
    pub(crate) const EXTCODEHASH: u8 = 0x3f;
    pub(crate) const BLOCKHASH: u8 = 0x40;
    pub(crate) const NUMBER: u8 = 0x43;
    pub(crate) const POP: u8 = 0x50;
    pub(crate) const MLOAD: u8 = 0x51;
    pub(crate) const MSTORE: u8 = 0x52;
    pub(crate) const SLOAD: u8 = 0x54;
    pub(crate) const SSTORE: u8 = 0x55;
    pub(crate) const JUMPI: u8 = 0x57;
    pub(crate) const GAS: u8 = 0x5a;
    pub(crate) const JUMPDEST: u8 = 0x5b;
    pub(crate) const TLOAD: u8 = 0x5c;
    pub(crate) const TSTORE: u8 = 0x5d;
    pub(crate) const DUP1: u8 = 0x80;
    pub(crate) const LOG0: u8 = 0xa0;
    pub(crate) const CREATE: u8 = 0xf0;
    pub(crate) const CALL: u8 = 0xf1;
    pub(crate) const CALLCODE: u8 = 0xf2;
    pub(crate) const RETURN: u8 = 0xf3;
    pub(crate) const DELEGATECALL: u8 = 0xf4;
    pub(crate) const CREATE2: u8 = 0xf5;
    pub(crate) const STATICCALL: u8 = 0xfa;
    pub(crate) const REVERT: u8 = 0xfd;
    pub(crate) const INVALID: u8 = 0xfe;
    pub(crate) const SELFDESTRUCT: u8 = 0xff;
}
use opcode as op;

impl Program {
    pub(crate) fn op(&mut self, code: u8) -> &mut Self {
        self.0.push(code);
        self
    }

    /// Pushes a number with the shortest PUSH.
    pub(crate) fn push(&mut self, value: u64) -> &mut Self {
        self.push_word(U256::from(value))
    }

    pub(crate) fn push_word(&mut self, value: U256) -> &mut Self {
        let bytes = value.to_be_bytes_trimmed_vec();
        self.0.push(0x5f + bytes.len() as u8);
        self.0.extend(bytes);
        self
    }

    pub(crate) fn push_address(&mut self, address: Address) -> &mut Self {
        self.0.push(0x73);
        self.0.extend(address);
        self
    }

    /// Writes `bytes` to memory from 0 on, padded to words.
    pub(crate) fn memory(&mut self, bytes: &[u8]) -> &mut Self {
        for (n, chunk) in bytes.chunks(32).enumerate() {
            let mut word = [0; 32];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0.push(0x7f);
            self.0.extend(word);
            self.push(n as u64 * 32).op(op::MSTORE);
        }
        self
    }

    /// Takes the top of the stack into a slot.
    pub(crate) fn store(&mut self, slot: u64) -> &mut Self {
        self.push(slot).op(op::SSTORE)
    }

    /// Calls with `input_bytes` of memory from 0 on, answers to memory from 0 on, and leaves the flag.
    pub(crate) fn call(
        &mut self,
        kind: u8,
        to: Address,
        value_wei: u64,
        input_bytes: u64,
        gas: Option<u64>,
    ) -> &mut Self {
        self.push(32).push(0).push(input_bytes).push(0);
        if matches!(kind, op::CALL | op::CALLCODE) {
            self.push(value_wei);
        }
        self.push_address(to);
        match gas {
            Some(gas) => self.push(gas),
            None => self.op(op::GAS),
        };
        self.op(kind)
    }

    /// Runs `then` if the low bit of the call data's word at `offset` is set.
    pub(crate) fn if_input_bit(&mut self, offset: u64, then: &[u8]) -> &mut Self {
        self.push(offset).op(op::CALLDATALOAD);
        self.push(1).op(op::AND).op(op::ISZERO);
        let target = self.0.len() + 4 + then.len();
        self.0.push(0x61);
        self.0.extend((target as u16).to_be_bytes());
        self.op(op::JUMPI);
        self.0.extend(then);
        self.op(op::JUMPDEST)
    }

    /// Returns memory from 0 to `bytes`.
    pub(crate) fn return_memory(&mut self, bytes: u64) -> &mut Self {
        self.push(bytes).push(0).op(op::RETURN)
    }

    /// As a constructor: what is written so far runs, then `runtime` becomes the code.
    pub(crate) fn deploying(&self, runtime: &[u8]) -> Vec<u8> {
        let mut code = self.0.clone();
        let length = (runtime.len() as u16).to_be_bytes();
        let from = (code.len() as u16 + 13).to_be_bytes();
        code.extend([
            0x61, length[0], length[1], 0x61, from[0], from[1], 0x5f, 0x39,
        ]);
        code.extend([0x61, length[0], length[1], 0x5f, op::RETURN]);
        code.extend(runtime);
        code
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.clone()
    }

    pub(crate) fn code(&self) -> Bytes {
        self.0.clone().into()
    }
}
