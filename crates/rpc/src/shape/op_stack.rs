//! The OP Stack: deposits with their own fields, receipts with the L1 fee.

use alloy_consensus::{
    Receipt, ReceiptWithBloom, Transaction as _,
    transaction::{Recovered, TransactionInfo},
};
use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use op_alloy_consensus::{
    OpDepositReceipt, OpReceipt, OpReceiptEnvelope, OpTxEnvelope,
    transaction::{OpDepositInfo, OpTransactionInfo},
};
use op_alloy_rpc_types::{L1BlockInfo, OpTransactionReceipt, Transaction};

use super::logs::logs_json;
use crate::chain::{Family, TransactionView};

/// Chains of the OP Stack. What a transaction pays beside gas is the L1 fee, where the rules charge one.
#[derive(Debug, Clone, Copy)]
pub struct OpStack;

impl Family for OpStack {
    type Envelope = OpTxEnvelope;
    type Receipt = OpReceiptEnvelope;
    type ExtraFees = Option<L1BlockInfo>;
    type TransactionJson = Transaction;
    type ReceiptJson = OpTransactionReceipt;

    fn logs(receipt: &OpReceiptEnvelope) -> &[alloy_primitives::Log] {
        receipt.logs()
    }

    fn transaction_json(view: &TransactionView, block_hash: Option<B256>) -> Transaction {
        let info = TransactionInfo {
            hash: Some(view.hash),
            index: Some(view.index),
            block_hash,
            block_number: Some(view.block_number),
            base_fee: Some(view.base_fee_wei),
            block_timestamp: Some(view.block_timestamp_s),
        };
        let deposit_meta = match &view.receipt {
            OpReceiptEnvelope::Deposit(deposit) => OpDepositInfo {
                deposit_nonce: deposit.receipt.deposit_nonce,
                deposit_receipt_version: deposit.receipt.deposit_receipt_version,
            },
            _ => OpDepositInfo::default(),
        };
        let transaction = Recovered::new_unchecked(view.envelope.clone(), view.sender);
        Transaction::from_transaction(transaction, OpTransactionInfo::new(info, deposit_meta))
    }

    fn unplaced_json(envelope: &OpTxEnvelope, sender: Address, hash: B256) -> Transaction {
        let info = TransactionInfo {
            hash: Some(hash),
            ..TransactionInfo::default()
        };
        Transaction::from_transaction(
            Recovered::new_unchecked(envelope.clone(), sender),
            OpTransactionInfo::new(info, OpDepositInfo::default()),
        )
    }

    fn receipt_json(view: &TransactionView, block_hash: Option<B256>) -> OpTransactionReceipt {
        OpTransactionReceipt {
            inner: TransactionReceipt {
                inner: ReceiptWithBloom {
                    receipt: with_placed_logs(&view.receipt, logs_json(view, block_hash)),
                    logs_bloom: *view.receipt.logs_bloom(),
                },
                transaction_hash: view.hash,
                transaction_index: Some(view.index),
                block_hash,
                block_number: Some(view.block_number),
                gas_used: view.gas_used,
                effective_gas_price: view.effective_gas_price_wei,
                blob_gas_used: None,
                blob_gas_price: None,
                from: view.sender,
                to: view.envelope.to(),
                contract_address: view.contract_address,
            },
            l1_block_info: view.extra_fees.unwrap_or_default(),
            op_gas_refund: None,
        }
    }
}

fn with_placed_logs(receipt: &OpReceiptEnvelope, logs: Vec<Log>) -> OpReceipt<Log> {
    let plain = |from: &ReceiptWithBloom<Receipt<alloy_primitives::Log>>, logs| Receipt {
        status: from.receipt.status,
        cumulative_gas_used: from.receipt.cumulative_gas_used,
        logs,
    };
    match receipt {
        OpReceiptEnvelope::Legacy(from) => OpReceipt::Legacy(plain(from, logs)),
        OpReceiptEnvelope::Eip2930(from) => OpReceipt::Eip2930(plain(from, logs)),
        OpReceiptEnvelope::Eip1559(from) => OpReceipt::Eip1559(plain(from, logs)),
        OpReceiptEnvelope::Eip7702(from) => OpReceipt::Eip7702(plain(from, logs)),
        OpReceiptEnvelope::PostExec(from) => OpReceipt::PostExec(plain(from, logs)),
        OpReceiptEnvelope::Deposit(from) => OpReceipt::Deposit(OpDepositReceipt {
            inner: Receipt {
                status: from.receipt.inner.status,
                cumulative_gas_used: from.receipt.inner.cumulative_gas_used,
                logs,
            },
            deposit_nonce: from.receipt.deposit_nonce,
            deposit_receipt_version: from.receipt.deposit_receipt_version,
        }),
    }
}
