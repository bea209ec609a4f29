//! From what the gateway holds to what the shared RPC shows.

use crate::{
    board::UnsealedBlock,
    chain::SealedBlock,
    promise::{BlockStart, PromisedTx},
};
use alloy_consensus::Header;
use forebond_rollup::op::{BlockTotals, ChainConfig, seal_header};
use forebond_rpc::{BlockView, TransactionView};
use op_alloy_rpc_types::L1BlockInfo;
use std::sync::Arc;

pub(super) fn sealed_view(config: &ChainConfig, block: &SealedBlock) -> BlockView {
    let transactions: Vec<_> = block
        .transactions()
        .map(|tx| Arc::new(transaction_view(config, &block.start, tx)))
        .collect();
    view(block.header.clone(), Some(block.hash), transactions)
}

pub(super) fn unsealed_view(config: &ChainConfig, block: &UnsealedBlock) -> BlockView {
    let totals = BlockTotals {
        parent_hash: Default::default(),
        state_root: Default::default(),
        transactions_root: Default::default(),
        receipts_root: Default::default(),
        logs_bloom: Default::default(),
        gas_used: block.gas_used,
        withdrawals_root: Default::default(),
    };
    let transactions = block
        .frags
        .iter()
        .flat_map(|frag| frag.transactions.iter())
        .map(|tx| Arc::new(transaction_view(config, &block.start, tx)))
        .collect();
    view(
        seal_header(&block.start.opening, &totals),
        None,
        transactions,
    )
}

fn view(
    header: Header,
    hash: Option<alloy_primitives::B256>,
    transactions: Vec<Arc<TransactionView>>,
) -> BlockView {
    let bodies: usize = transactions.iter().map(|tx| tx.raw.len()).sum();
    let size_bytes = (alloy_rlp::Encodable::length(&header) + bodies) as u64;
    BlockView {
        header,
        hash,
        transactions,
        withdrawals: Vec::new(),
        size_bytes,
    }
}

pub(super) fn transaction_view(
    config: &ChainConfig,
    start: &BlockStart,
    promised: &PromisedTx,
) -> TransactionView {
    let user = !promised.tx.is_deposit();
    TransactionView {
        raw: promised.tx.raw().clone(),
        hash: promised.leaf.tx_hash,
        sender: promised.leaf.sender,
        envelope: promised.tx.envelope().clone(),
        block_number: start.opening.number,
        block_timestamp_s: start.opening.timestamp_s,
        base_fee_wei: start.opening.env.baseFee,
        index: promised.leaf.index,
        receipt: promised.receipt.clone(),
        gas_used: promised.gas_used,
        effective_gas_price_wei: promised.effective_gas_price_wei,
        contract_address: promised.created,
        extra_fees: user.then(|| L1BlockInfo {
            l1_gas_price: Some(u128::from(start.origin.base_fee_wei)),
            l1_fee: Some(promised.l1_fee_wei.saturating_to()),
            l1_base_fee_scalar: Some(u128::from(config.l1_base_fee_scalar)),
            l1_blob_base_fee: Some(start.origin.blob_base_fee_wei),
            l1_blob_base_fee_scalar: Some(u128::from(config.l1_blob_base_fee_scalar)),
            operator_fee_scalar: Some(u128::from(config.operator_fee_scalar)),
            operator_fee_constant: Some(u128::from(config.operator_fee_constant)),
            ..Default::default()
        }),
        first_log_index: promised.first_log,
    }
}
