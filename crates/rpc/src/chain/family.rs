//! What differs between the chains this RPC serves: how transactions and receipts look.

use std::fmt::Debug;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Log};
use serde::Serialize;

use super::TransactionView;

/// A family of chains with the same transaction types and receipts: the OP Stack, Ethereum itself.
///
/// Contract: the functions are pure; what they make of one view is the same every time.
pub trait Family: Debug + Clone + Send + Sync + 'static {
    /// A signed transaction.
    type Envelope: Debug + Clone + Send + Sync + Encodable2718;
    /// A receipt as it is hashed.
    type Receipt: Debug + Clone + Send + Sync;
    /// What a transaction paid beside execution gas.
    type ExtraFees: Debug + Clone + Send + Sync;
    /// A transaction as `eth_getTransactionByHash` shows it.
    type TransactionJson: Debug + Clone + Serialize + Send;
    /// A receipt as `eth_getTransactionReceipt` shows it.
    type ReceiptJson: Debug + Clone + Serialize + Send;

    /// The logs of a receipt, in order.
    fn logs(receipt: &Self::Receipt) -> &[Log];

    /// A transaction in a block; `block_hash` is `None` while the block is unsealed.
    fn transaction_json(
        view: &TransactionView<Self>,
        block_hash: Option<B256>,
    ) -> Self::TransactionJson;

    /// A transaction that is in no block a reader may know.
    fn unplaced_json(
        envelope: &Self::Envelope,
        sender: Address,
        hash: B256,
    ) -> Self::TransactionJson;

    /// The receipt of a transaction in a block; `block_hash` is `None` while the block is unsealed.
    fn receipt_json(view: &TransactionView<Self>, block_hash: Option<B256>) -> Self::ReceiptJson;
}
