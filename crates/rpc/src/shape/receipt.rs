//! Receipts in JSON, with the L1 fee and deposit fields of the OP Stack.

use alloy_consensus::{Receipt, ReceiptWithBloom, Transaction as _};
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use op_alloy_consensus::{OpDepositReceipt, OpReceipt, OpReceiptEnvelope};
use op_alloy_rpc_types::OpTransactionReceipt;

use super::logs::log_json;
use crate::chain::TransactionView;

/// The receipt of a transaction in a block; `block_hash` is `None` while the block is unsealed.
pub fn receipt_json(view: &TransactionView, block_hash: Option<B256>) -> OpTransactionReceipt {
    let logs: Vec<Log> = view
        .receipt
        .logs()
        .iter()
        .zip(0_u64..)
        .map(|(log, nth)| log_json(view, nth, log, block_hash))
        .collect();
    let plain = |from: &ReceiptWithBloom<Receipt<alloy_primitives::Log>>, logs| Receipt {
        status: from.receipt.status,
        cumulative_gas_used: from.receipt.cumulative_gas_used,
        logs,
    };
    let receipt = match &view.receipt {
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
    };
    OpTransactionReceipt {
        inner: TransactionReceipt {
            inner: ReceiptWithBloom {
                receipt,
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
        l1_block_info: view.l1_fees.unwrap_or_default(),
        op_gas_refund: None,
    }
}
