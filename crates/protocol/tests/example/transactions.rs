//! Five transactions as a block could hold them, with receipts and write sets that fit.

use super::{address, key};
use alloy_consensus::{Receipt, SignableTransaction, TxEip1559, TxLegacy};
use alloy_eips::{Encodable2718, eip2930::AccessList};
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256, keccak256};
use forebond_types::{AccountWrite, InfoWrite, WriteSet};
use op_alloy_consensus::{OpDepositReceipt, OpReceiptEnvelope, OpTxEnvelope, TxDeposit};

/// The rollup the transactions are signed for.
const CHAIN_ID: u64 = 9545;

/// A transaction with what was promised about it, as bytes.
#[derive(Clone, Debug)]
pub(crate) struct Promised {
    pub(crate) raw: Bytes,
    pub(crate) sender: Address,
    pub(crate) receipt: Bytes,
    pub(crate) writes: Bytes,
    pub(crate) cumulative_gas_used: u64,
}

/// An L1 attributes deposit, a transfer, a reverted call, a contract creation with a log, and a
/// legacy transfer.
pub(crate) fn promised_transactions() -> Vec<Promised> {
    let alice = key("alice");
    let contract = address(&alice).create(2);
    let transferred = Log::new_unchecked(
        contract,
        vec![
            keccak256("Transfer(address,address,uint256)"),
            B256::ZERO,
            address(&alice).into_word(),
        ],
        U256::from(10).pow(U256::from(24)).to_be_bytes_vec().into(),
    );
    let bob = address(&key("bob"));
    let slot = (
        U256::from_be_bytes(keccak256("balance of alice").0),
        U256::from(7),
    );
    vec![
        deposit(46_218),
        type_two(
            0,
            TxKind::Call(bob),
            Bytes::new(),
            true,
            67_218,
            vec![],
            None,
        ),
        type_two(
            1,
            TxKind::Call(contract),
            Bytes::from_static(&[0xfe]),
            false,
            97_218,
            vec![],
            None,
        ),
        type_two(
            2,
            TxKind::Create,
            Bytes::from_static(b"\x60\x00"),
            true,
            497_218,
            vec![transferred],
            Some((contract, slot)),
        ),
        legacy(518_218),
    ]
}

fn deposit(cumulative_gas_used: u64) -> Promised {
    let tx = TxDeposit {
        source_hash: keccak256("source"),
        from: Address::repeat_byte(0xde),
        to: TxKind::Call(Address::repeat_byte(0x15)),
        mint: 0,
        value: U256::ZERO,
        gas_limit: 1_000_000,
        is_system_transaction: false,
        input: Bytes::from_static(&[9, 0x89, 0x99, 0xbe]),
    };
    let sender = tx.from;
    let receipt = OpDepositReceipt {
        inner: Receipt {
            status: true.into(),
            cumulative_gas_used,
            logs: vec![],
        },
        deposit_nonce: Some(4),
        deposit_receipt_version: Some(1),
    };
    Promised {
        raw: OpTxEnvelope::from(tx).encoded_2718().into(),
        sender,
        receipt: OpReceiptEnvelope::Deposit(receipt.with_bloom())
            .encoded_2718()
            .into(),
        writes: writes(sender, 5, None),
        cumulative_gas_used,
    }
}

fn type_two(
    nonce: u64,
    to: TxKind,
    input: Bytes,
    success: bool,
    cumulative_gas_used: u64,
    logs: Vec<Log>,
    created: Option<(Address, (U256, U256))>,
) -> Promised {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 500_000,
        max_fee_per_gas: 3_000_000_000,
        max_priority_fee_per_gas: 1_000_000,
        to,
        value: U256::from(nonce),
        access_list: AccessList::default(),
        input,
    };
    let alice = key("alice");
    let signature = sign(tx.signature_hash(), &alice);
    let receipt = Receipt {
        status: success.into(),
        cumulative_gas_used,
        logs,
    };
    Promised {
        raw: OpTxEnvelope::Eip1559(tx.into_signed(signature))
            .encoded_2718()
            .into(),
        sender: address(&alice),
        receipt: OpReceiptEnvelope::Eip1559(receipt.with_bloom())
            .encoded_2718()
            .into(),
        writes: writes(address(&alice), nonce + 1, created),
        cumulative_gas_used,
    }
}

fn legacy(cumulative_gas_used: u64) -> Promised {
    let bob = key("bob");
    let tx = TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce: 0,
        gas_price: 2_000_000,
        gas_limit: 21_000,
        to: TxKind::Call(address(&key("alice"))),
        value: U256::from(1),
        input: Bytes::new(),
    };
    let signature = sign(tx.signature_hash(), &bob);
    let receipt = Receipt {
        status: true.into(),
        cumulative_gas_used,
        logs: vec![],
    };
    Promised {
        raw: OpTxEnvelope::Legacy(tx.into_signed(signature))
            .encoded_2718()
            .into(),
        sender: address(&bob),
        receipt: OpReceiptEnvelope::Legacy(receipt.with_bloom())
            .encoded_2718()
            .into(),
        writes: writes(address(&bob), 1, None),
        cumulative_gas_used,
    }
}

fn sign(digest: B256, key: &secp256k1::SecretKey) -> alloy_primitives::Signature {
    let ours = forebond_types::Signature::sign(digest, key);
    alloy_primitives::Signature::try_from(ours.as_bytes().as_slice()).unwrap()
}

fn writes(sender: Address, nonce: u64, created: Option<(Address, (U256, U256))>) -> Bytes {
    let info = |nonce, code: &[u8]| InfoWrite::Set {
        nonce,
        balance: U256::from(1_000_000_007u64) * U256::from(nonce),
        code_hash: keccak256(code),
    };
    let mut accounts = vec![AccountWrite {
        address: sender,
        info: info(nonce, &[]),
        slots: vec![],
    }];
    if let Some((address, slot)) = created {
        accounts.push(AccountWrite {
            address,
            info: info(1, &[0]),
            slots: vec![slot],
        });
    }
    WriteSet::new(accounts).encode().into()
}
