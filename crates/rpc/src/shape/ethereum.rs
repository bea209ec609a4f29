//! Ethereum itself: blob transactions, and what their blobs cost.

use alloy_consensus::{
    Receipt, ReceiptEnvelope, ReceiptWithBloom, Transaction as _, TxEnvelope,
    transaction::{Recovered, TransactionInfo},
};
use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::{Log, Transaction, TransactionReceipt};

use super::logs::logs_json;
use crate::chain::{Family, TransactionView};

/// Ethereum's own chains. Blob transactions are shown without their blobs, as every client does.
#[derive(Debug, Clone, Copy)]
pub struct Ethereum;

/// What the blobs of a transaction cost (EIP-4844); burned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobFees {
    /// Blob gas: 131,072 for each blob.
    pub gas_used: u64,
    /// Price per blob gas in its block, wei.
    pub gas_price_wei: u128,
}

impl Family for Ethereum {
    type Envelope = TxEnvelope;
    type Receipt = ReceiptEnvelope;
    type ExtraFees = Option<BlobFees>;
    type TransactionJson = Transaction;
    type ReceiptJson = TransactionReceipt;

    fn logs(receipt: &ReceiptEnvelope) -> &[alloy_primitives::Log] {
        receipt.logs()
    }

    fn transaction_json(view: &TransactionView<Self>, block_hash: Option<B256>) -> Transaction {
        let info = TransactionInfo {
            hash: Some(view.hash),
            index: Some(view.index),
            block_hash,
            block_number: Some(view.block_number),
            base_fee: Some(view.base_fee_wei),
            block_timestamp: Some(view.block_timestamp_s),
        };
        let transaction = Recovered::new_unchecked(view.envelope.clone(), view.sender);
        Transaction::from_transaction(transaction, info)
    }

    fn unplaced_json(envelope: &TxEnvelope, sender: Address, hash: B256) -> Transaction {
        let info = TransactionInfo {
            hash: Some(hash),
            ..TransactionInfo::default()
        };
        Transaction::from_transaction(Recovered::new_unchecked(envelope.clone(), sender), info)
    }

    fn receipt_json(view: &TransactionView<Self>, block_hash: Option<B256>) -> TransactionReceipt {
        TransactionReceipt {
            inner: with_placed_logs(&view.receipt, logs_json(view, block_hash)),
            transaction_hash: view.hash,
            transaction_index: Some(view.index),
            block_hash,
            block_number: Some(view.block_number),
            gas_used: view.gas_used,
            effective_gas_price: view.effective_gas_price_wei,
            blob_gas_used: view.extra_fees.map(|fees| fees.gas_used),
            blob_gas_price: view.extra_fees.map(|fees| fees.gas_price_wei),
            from: view.sender,
            to: view.envelope.to(),
            contract_address: view.contract_address,
        }
    }
}

fn with_placed_logs(receipt: &ReceiptEnvelope, logs: Vec<Log>) -> ReceiptEnvelope<Log> {
    let placed = |from: &ReceiptWithBloom<Receipt<alloy_primitives::Log>>| ReceiptWithBloom {
        receipt: Receipt {
            status: from.receipt.status,
            cumulative_gas_used: from.receipt.cumulative_gas_used,
            logs,
        },
        logs_bloom: from.logs_bloom,
    };
    match receipt {
        ReceiptEnvelope::Legacy(from) => ReceiptEnvelope::Legacy(placed(from)),
        ReceiptEnvelope::Eip2930(from) => ReceiptEnvelope::Eip2930(placed(from)),
        ReceiptEnvelope::Eip1559(from) => ReceiptEnvelope::Eip1559(placed(from)),
        ReceiptEnvelope::Eip4844(from) => ReceiptEnvelope::Eip4844(placed(from)),
        ReceiptEnvelope::Eip7702(from) => ReceiptEnvelope::Eip7702(placed(from)),
    }
}
