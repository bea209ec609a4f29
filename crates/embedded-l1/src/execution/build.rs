//! Building one block: system calls, the best of the pool, withdrawals, roots.

use std::sync::Arc;

use alloy_consensus::{
    Block, BlockBody, EMPTY_OMMER_ROOT_HASH, Header, TxEnvelope,
    proofs::{calculate_receipt_root, calculate_transaction_root, calculate_withdrawals_root},
    transaction::Recovered,
};
use alloy_eips::{eip6110::DEPOSIT_REQUEST_TYPE, eip7685::Requests};
use alloy_evm::{
    EthEvmFactory, EvmEnv, EvmFactory,
    block::{BlockExecutionError, BlockExecutor, BlockValidationError},
    eth::{
        EthBlockExecutionCtx, EthBlockExecutor, NextEvmEnvAttributes,
        receipt_builder::AlloyReceiptBuilder,
    },
};
use alloy_primitives::{Bloom, Bytes};
use alloy_rlp::Encodable;
use forebond_exec::StateTrie;
use revm::primitives::hardfork::SpecId;

use super::{
    block::{ExecutedBlock, ExecutedTransaction, PayloadAttributes},
    error::ExecutionError,
    pool::{Pool, PoolTransaction},
    spec::{BLOB_PARAMS, ChainSpec, MAX_BLOCK_BYTES},
    state::{ForkState, StateWriter},
};

/// Left over for header, withdrawals and list prefixes, bytes.
const BLOCK_OVERHEAD_BYTES: usize = 4 << 10;

/// The environment of the block after `parent`.
pub(super) fn next_env(
    spec: ChainSpec,
    parent: &Header,
    attributes: &PayloadAttributes,
) -> EvmEnv<SpecId> {
    let base_fee_wei = parent
        .next_block_base_fee(ChainSpec::base_fee_params())
        .unwrap_or_default();
    EvmEnv::for_eth_next_block(
        parent,
        NextEvmEnvAttributes {
            timestamp: attributes.timestamp_s,
            suggested_fee_recipient: attributes.fee_recipient,
            prev_randao: attributes.prev_randao,
            gas_limit: parent.gas_limit,
            slot_number: None,
        },
        base_fee_wei,
        spec,
        spec.chain_id,
        Some(BLOB_PARAMS),
    )
}

/// A block executed, before its state root is known.
pub(super) struct Unrooted {
    writer: StateWriter,
    header: Header,
    transactions: Vec<ExecutedTransaction>,
    included: Vec<Arc<PoolTransaction>>,
    requests: Requests,
}

/// Executes the block after `parent` on `state`, the state after `parent`.
pub(super) fn execute(
    spec: ChainSpec,
    parent: &ExecutedBlock,
    attributes: &PayloadAttributes,
    pool: Option<&Pool>,
) -> Result<Unrooted, ExecutionError> {
    let parent_s = parent.header.timestamp;
    if attributes.timestamp_s <= parent_s {
        return Err(ExecutionError::TimeNotAfterParent {
            parent_s,
            got_s: attributes.timestamp_s,
        });
    }
    let mut state = parent.state.clone();
    state.note_block_hash(parent.number(), parent.hash);
    let env = next_env(spec, &parent.header, attributes);
    let blob_fee_wei = env
        .block_env
        .blob_excess_gas_and_price
        .map_or(1, |blobs| blobs.blob_gasprice);
    let excess_blob_gas = env
        .block_env
        .blob_excess_gas_and_price
        .map_or(0, |blobs| blobs.excess_blob_gas);
    let base_fee_wei = env.block_env.basefee;
    let mut writer = StateWriter::new(state.clone());
    let evm = EthEvmFactory::default().create_evm(&mut writer, env);
    let context = EthBlockExecutionCtx {
        parent_hash: parent.hash,
        parent_beacon_block_root: Some(attributes.parent_beacon_block_root),
        ommers: &[],
        withdrawals: Some(attributes.withdrawals.as_slice().into()),
        extra_data: attributes.extra_data.clone(),
        tx_count_hint: None,
        slot_number: None,
    };
    let mut executor = EthBlockExecutor::new(evm, context, spec, AlloyReceiptBuilder::default());
    executor.apply_pre_execution_changes()?;
    let included = match pool {
        Some(pool) => fill(&mut executor, pool, &state, base_fee_wei, blob_fee_wei)?,
        None => Vec::new(),
    };
    let (evm, result) = executor.finish()?;
    drop(evm);
    let requests = with_scripted(result.requests, &attributes.scripted_deposits);

    let transactions = placed(&included, &result.receipts);
    let header = Header {
        parent_hash: parent.hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: attributes.fee_recipient,
        state_root: Default::default(),
        transactions_root: calculate_transaction_root(
            &included.iter().map(|tx| &tx.envelope).collect::<Vec<_>>(),
        ),
        receipts_root: calculate_receipt_root(&result.receipts),
        logs_bloom: result
            .receipts
            .iter()
            .fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom()),
        number: parent.number().saturating_add(1),
        gas_limit: parent.header.gas_limit,
        gas_used: result.gas_used,
        timestamp: attributes.timestamp_s,
        extra_data: attributes.extra_data.clone(),
        mix_hash: attributes.prev_randao,
        base_fee_per_gas: Some(base_fee_wei),
        withdrawals_root: Some(calculate_withdrawals_root(&attributes.withdrawals)),
        blob_gas_used: Some(result.blob_gas_used),
        excess_blob_gas: Some(excess_blob_gas),
        parent_beacon_block_root: Some(attributes.parent_beacon_block_root),
        requests_hash: Some(requests.requests_hash()),
        ..Header::default()
    };
    Ok(Unrooted {
        writer,
        header,
        transactions,
        included,
        requests,
    })
}

/// The block's requests with scripted deposits after the reported ones.
fn with_scripted(requests: Requests, deposits: &[u8]) -> Requests {
    if deposits.is_empty() {
        return requests;
    }
    let mut first = vec![DEPOSIT_REQUEST_TYPE];
    let (reported, others): (Vec<Bytes>, Vec<Bytes>) = requests
        .into_iter()
        .partition(|request| request.first() == Some(&DEPOSIT_REQUEST_TYPE));
    for request in reported {
        first.extend(request.iter().skip(1));
    }
    first.extend(deposits);
    let mut all = Requests::default();
    all.push_request(first.into());
    for request in others {
        all.push_request(request);
    }
    all
}

/// Takes transactions from the pool, best first, until the block is full or nothing is left that fits.
fn fill<E>(
    executor: &mut E,
    pool: &Pool,
    state: &ForkState,
    base_fee_wei: u64,
    blob_fee_wei: u128,
) -> Result<Vec<Arc<PoolTransaction>>, ExecutionError>
where
    E: BlockExecutor<Transaction = TxEnvelope>,
    E::Evm: alloy_evm::Evm<Tx: alloy_evm::FromRecoveredTx<TxEnvelope>>,
{
    let mut included = Vec::new();
    let mut blobs_left = usize::try_from(BLOB_PARAMS.max_blob_count).unwrap_or_default();
    let mut bytes_left = MAX_BLOCK_BYTES.saturating_sub(BLOCK_OVERHEAD_BYTES);
    let mut candidates = pool.candidates(state, base_fee_wei, blob_fee_wei);
    while let Some((transaction, lane)) = candidates.pop() {
        if transaction.blobs.len() > blobs_left || transaction.raw.len() > bytes_left {
            continue;
        }
        let recovered = Recovered::new_unchecked(&transaction.envelope, transaction.sender);
        match executor.execute_transaction(recovered) {
            Ok(_) => {
                blobs_left = blobs_left.saturating_sub(transaction.blobs.len());
                bytes_left = bytes_left.saturating_sub(transaction.raw.len());
                included.push(transaction);
                candidates.advance(lane);
            }
            // Not in this block: no gas left for it, or an earlier one took the balance it needs.
            Err(BlockExecutionError::Validation(
                BlockValidationError::InvalidTx { .. }
                | BlockValidationError::TransactionGasLimitMoreThanAvailableBlockGas { .. },
            )) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(included)
}

/// The transactions beside their receipts, with the places of their logs.
fn placed(
    included: &[Arc<PoolTransaction>],
    receipts: &[alloy_consensus::ReceiptEnvelope],
) -> Vec<ExecutedTransaction> {
    let (mut gas_before, mut logs_before) = (0_u64, 0_u64);
    included
        .iter()
        .zip(receipts)
        .map(|(transaction, receipt)| {
            let gas_used = receipt.cumulative_gas_used().saturating_sub(gas_before);
            gas_before = receipt.cumulative_gas_used();
            let first_log_index = logs_before;
            logs_before = logs_before.saturating_add(receipt.logs().len() as u64);
            ExecutedTransaction {
                envelope: transaction.envelope.clone(),
                raw: transaction.raw.clone(),
                hash: transaction.hash,
                sender: transaction.sender,
                receipt: receipt.clone(),
                gas_used,
                first_log_index,
            }
        })
        .collect()
}

impl Unrooted {
    /// Puts the state root in place; `trie` is that of the parent before and that of the block after.
    pub(super) fn seal(
        mut self,
        trie: &mut StateTrie,
        attributes: &PayloadAttributes,
    ) -> ExecutedBlock {
        trie.apply(&self.writer.diff);
        self.header.state_root = trie.root();
        let hash = self.header.hash_slow();
        let body = BlockBody {
            transactions: self.included.iter().map(|tx| &tx.envelope).collect(),
            ommers: Vec::<Header>::new(),
            withdrawals: Some(attributes.withdrawals.clone().into()),
        };
        let block = Block {
            header: self.header,
            body,
        };
        let size_bytes = block.length() as u64;
        ExecutedBlock {
            hash,
            header: block.header,
            transactions: self.transactions,
            withdrawals: attributes.withdrawals.clone(),
            requests: self.requests,
            blobs: self
                .included
                .iter()
                .flat_map(|tx| tx.blobs.iter().cloned())
                .collect(),
            size_bytes,
            state: self.writer.state,
            diff: self.writer.diff,
        }
    }
}
