//! Transactions in JSON, deposits with their OP Stack fields.

use alloy_consensus::transaction::{Recovered, TransactionInfo};
use alloy_primitives::B256;
use op_alloy_consensus::{
    OpReceiptEnvelope,
    transaction::{OpDepositInfo, OpTransactionInfo},
};
use op_alloy_rpc_types::Transaction;

use crate::chain::{PoolTransaction, TransactionView};

/// A transaction in a block; `block_hash` is `None` while the block is unsealed.
pub fn transaction_json(view: &TransactionView, block_hash: Option<B256>) -> Transaction {
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

/// A promised transaction for readers that take a block number to mean a sealed block: shaped like a pooled one.
pub(crate) fn waiting_json(view: &TransactionView) -> Transaction {
    outside_a_block(
        Recovered::new_unchecked(view.envelope.clone(), view.sender),
        view.hash,
    )
}

/// A transaction in the pool.
pub(crate) fn pooled_json(pooled: &PoolTransaction) -> Transaction {
    outside_a_block(
        Recovered::new_unchecked(pooled.envelope.clone(), pooled.sender),
        pooled.hash,
    )
}

fn outside_a_block(
    transaction: Recovered<op_alloy_consensus::OpTxEnvelope>,
    hash: B256,
) -> Transaction {
    let info = TransactionInfo {
        hash: Some(hash),
        ..TransactionInfo::default()
    };
    Transaction::from_transaction(
        transaction,
        OpTransactionInfo::new(info, OpDepositInfo::default()),
    )
}
