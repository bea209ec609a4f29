//! A block that runs ahead of its parent, with two contracts that read the parent's hash.

#![allow(
    clippy::unwrap_used,
    clippy::unreachable,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::{eip2718::Encodable2718, eip2935, eip4788};
use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, TxKind, U256, address, hex, keccak256,
};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use forebond_exec::{
    Account, BaseState, BlockRun, ExecuteError, Executed, PreparedTx, StateError, WorkingState,
};
use forebond_rollup::op::{ChainConfig, L1Origin, open_block};
use std::sync::Arc;

/// `sstore(0, blockhash(number - 1))`.
pub(crate) const OPCODE_READER: Address = address!("00000000000000000000000000000000000000b1");
const OPCODE_CODE: [u8; 9] = hex!("60014303405f5500fe");
/// `sstore(0, history(number - 1))` through the EIP-2935 contract.
pub(crate) const HISTORY_READER: Address = address!("00000000000000000000000000000000000000b2");
const HISTORY_CODE: [u8; 41] =
    hex!("600143035f5260205f60205f730000f90827f1c53a10cb7a02335b1753200029355afa505f515f5500");

/// An account that exists nowhere yet.
pub(crate) fn stranger(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

#[derive(Debug)]
struct Base;

fn code_of(address: Address) -> Option<Bytes> {
    match address {
        OPCODE_READER => Some(Bytes::from_static(&OPCODE_CODE)),
        HISTORY_READER => Some(Bytes::from_static(&HISTORY_CODE)),
        eip2935::HISTORY_STORAGE_ADDRESS => Some(eip2935::HISTORY_STORAGE_CODE.clone()),
        eip4788::BEACON_ROOTS_ADDRESS => Some(eip4788::BEACON_ROOTS_CODE.clone()),
        _ => None,
    }
}

impl BaseState for Base {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        if let Some(code) = code_of(address) {
            let code_hash = keccak256(code);
            return Ok(Some(Account {
                nonce: 1,
                balance: U256::ZERO,
                code_hash,
            }));
        }
        let rich = (1..=6).any(|n| signer(n).address() == address);
        let balance = U256::from(10u128.pow(20));
        Ok(rich.then_some(Account {
            nonce: 0,
            balance,
            code_hash: KECCAK256_EMPTY,
        }))
    }
    fn storage(&self, _: Address, _: U256) -> Result<U256, StateError> {
        Ok(U256::ZERO)
    }
    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        let all = [
            OPCODE_READER,
            HISTORY_READER,
            eip2935::HISTORY_STORAGE_ADDRESS,
            eip4788::BEACON_ROOTS_ADDRESS,
        ];
        Ok(all
            .into_iter()
            .filter_map(code_of)
            .find(|code| keccak256(code) == hash))
    }
    fn block_hash(&self, _: u64) -> Result<Option<B256>, StateError> {
        Ok(None)
    }
}

fn signer(n: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[n; 32]).unwrap()
}

/// Block 5, whose parent's hash is known or not.
pub(crate) struct Ahead {
    pub(crate) run: BlockRun,
}

impl Ahead {
    pub(crate) fn begin(parent: Option<B256>) -> Self {
        let config = ChainConfig::dev(0, 1);
        let origin = L1Origin {
            number: 1,
            hash: B256::repeat_byte(1),
            timestamp_s: 1,
            base_fee_wei: 1,
            blob_base_fee_wei: 1,
            prev_randao: B256::ZERO,
            parent_beacon_root: B256::repeat_byte(2),
        };
        let opening = open_block(&config, 5, 5, 1_000, &origin);
        let state = WorkingState::new(Arc::new(Base), 4, 1_000);
        Self {
            run: BlockRun::begin(state, config.chain_id, opening, parent).unwrap(),
        }
    }

    pub(crate) fn address(&self, n: u8) -> Address {
        signer(n).address()
    }

    pub(crate) fn nonce(&mut self, n: u8) -> u64 {
        self.run
            .state()
            .account(signer(n).address())
            .unwrap()
            .map_or(0, |a| a.nonce)
    }

    /// What the contract stored.
    pub(crate) fn stored(&mut self, contract: Address) -> B256 {
        self.run.state().slot(contract, U256::ZERO).unwrap().into()
    }

    pub(crate) fn call(&mut self, n: u8, contract: Address) -> Result<Executed, ExecuteError> {
        self.send(n, contract, 0)
    }

    pub(crate) fn transfer(&mut self, n: u8, to: Address) -> Result<Executed, ExecuteError> {
        self.send(n, to, 1)
    }

    fn send(&mut self, n: u8, to: Address, value: u64) -> Result<Executed, ExecuteError> {
        let nonce = self.nonce(n);
        let tx = TxEip1559 {
            chain_id: 9545,
            nonce,
            gas_limit: 100_000,
            max_fee_per_gas: 1_000_000,
            max_priority_fee_per_gas: 1_000,
            to: TxKind::Call(to),
            value: U256::from(value),
            ..Default::default()
        };
        let signature = signer(n).sign_hash_sync(&tx.signature_hash()).unwrap();
        let raw = TxEnvelope::from(tx.into_signed(signature)).encoded_2718();
        let prepared = PreparedTx::decode(raw.into(), 9545).unwrap();
        let executed = self.run.execute(&prepared)?;
        assert!(executed.receipt.status(), "{n} reverted");
        Ok(executed)
    }
}
