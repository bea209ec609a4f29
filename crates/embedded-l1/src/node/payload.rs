//! Between the halves: payloads, headers and requests in the other half's types.

use alloy_eips::{
    eip4895::Withdrawal as ExecutionWithdrawal, eip6110::DEPOSIT_REQUEST_TYPE,
    eip7002::WITHDRAWAL_REQUEST_TYPE, eip7251::CONSOLIDATION_REQUEST_TYPE, eip7685::Requests,
};
use alloy_primitives::{Address, Bytes, FixedBytes, U256};
use forebond_beacon::{
    containers::{
        ExecutionPayload, ExecutionPayloadHeader, ExecutionRequests, KzgCommitment, VariableList,
        Withdrawal,
    },
    preset::Preset,
};
use ssz::Decode;

use crate::{
    consensus::{PayloadAttributes as Asked, TransitionError},
    execution::{ExecutedBlock, PayloadAttributes},
};

/// What the consensus half asks for, for the execution half.
pub(super) fn attributes(
    asked: &Asked,
    fee_recipient: Address,
    extra_data: Bytes,
    scripted_deposits: Bytes,
) -> PayloadAttributes {
    PayloadAttributes {
        timestamp_s: asked.timestamp,
        prev_randao: asked.prev_randao,
        fee_recipient,
        withdrawals: asked
            .withdrawals
            .iter()
            .map(|withdrawal| ExecutionWithdrawal {
                index: withdrawal.index,
                validator_index: withdrawal.validator_index,
                address: withdrawal.address,
                amount: withdrawal.amount,
            })
            .collect(),
        parent_beacon_block_root: asked.parent_beacon_block_root,
        extra_data,
        scripted_deposits,
    }
}

/// The payload of a block for its beacon block.
pub(super) fn payload<P: Preset>(
    block: &ExecutedBlock,
) -> Result<ExecutionPayload<P>, TransitionError> {
    let header = &block.header;
    let transactions = block
        .transactions
        .iter()
        .map(|transaction| list("transaction bytes", transaction.raw.to_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    let withdrawals = block.withdrawals.iter().map(|withdrawal| Withdrawal {
        index: withdrawal.index,
        validator_index: withdrawal.validator_index,
        address: withdrawal.address,
        amount: withdrawal.amount,
    });
    Ok(ExecutionPayload {
        parent_hash: header.parent_hash,
        fee_recipient: header.beneficiary,
        state_root: header.state_root,
        receipts_root: header.receipts_root,
        logs_bloom: FixedBytes(header.logs_bloom.0.0),
        prev_randao: header.mix_hash,
        block_number: header.number,
        gas_limit: header.gas_limit,
        gas_used: header.gas_used,
        timestamp: header.timestamp,
        extra_data: list("extra data", header.extra_data.to_vec())?,
        base_fee_per_gas: U256::from(header.base_fee_per_gas.unwrap_or_default()),
        block_hash: block.hash,
        transactions: list("transactions", transactions)?,
        withdrawals: list("withdrawals", withdrawals.collect())?,
        blob_gas_used: header.blob_gas_used.unwrap_or_default(),
        excess_blob_gas: header.excess_blob_gas.unwrap_or_default(),
    })
}

/// The header the consensus half begins with.
pub(super) fn genesis_header<P: Preset>(
    block: &ExecutedBlock,
) -> Result<ExecutionPayloadHeader, TransitionError> {
    Ok(payload::<P>(block)?.to_header())
}

/// Commitments to the blobs of a block, in order.
pub(super) fn commitments(block: &ExecutedBlock) -> Vec<KzgCommitment> {
    block.blobs.iter().map(|blob| blob.commitment).collect()
}

/// The requests of a block, decoded (EIP-7685: one byte of type, then the SSZ list).
pub(super) fn requests(requests: &Requests) -> Result<ExecutionRequests, TransitionError> {
    let mut decoded = ExecutionRequests::default();
    for request in requests.iter() {
        let Some((kind, items)) = request.split_first() else {
            continue;
        };
        match *kind {
            DEPOSIT_REQUEST_TYPE => decoded.deposits = ssz_list("deposit requests", items)?,
            WITHDRAWAL_REQUEST_TYPE => {
                decoded.withdrawals = ssz_list("withdrawal requests", items)?
            }
            CONSOLIDATION_REQUEST_TYPE => {
                decoded.consolidations = ssz_list("consolidation requests", items)?;
            }
            _ => {}
        }
    }
    Ok(decoded)
}

fn ssz_list<T: Decode>(what: &'static str, bytes: &[u8]) -> Result<T, TransitionError> {
    T::from_ssz_bytes(bytes).map_err(|error| TransitionError::Length {
        what,
        reason: format!("{error:?}"),
    })
}

fn list<T, N: typenum::Unsigned>(
    what: &'static str,
    items: Vec<T>,
) -> Result<VariableList<T, N>, TransitionError> {
    VariableList::new(items).map_err(|error| TransitionError::Length {
        what,
        reason: error.to_string(),
    })
}
