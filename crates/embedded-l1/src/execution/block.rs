//! A block as it is asked for, and as it is once executed.

use std::sync::Arc;

use alloy_consensus::{Header, ReceiptEnvelope, TxEnvelope};
use alloy_eips::{
    eip4844::{Blob, Bytes48},
    eip4895::Withdrawal,
    eip7685::Requests,
};
use alloy_primitives::{Address, B256, Bytes};
use forebond_exec::StateDiff;

use super::state::ForkState;

/// What the consensus half asks for (the engine API's `PayloadAttributesV3`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadAttributes {
    /// Time of the slot, Unix seconds; after the parent's.
    pub timestamp_s: u64,
    /// RANDAO mix of the beacon state the block is built on.
    pub prev_randao: B256,
    /// Who gets the tips.
    pub fee_recipient: Address,
    /// Withdrawals the beacon state expects, in order (EIP-4895); amounts in gwei.
    pub withdrawals: Vec<Withdrawal>,
    /// Root of the parent beacon block, which the block shows to contracts (EIP-4788).
    pub parent_beacon_block_root: B256,
    /// What the builder writes into the header, 32 bytes at most: two blocks that differ in nothing else are told apart.
    pub extra_data: Bytes,
    /// Deposits a script asks for, each 192 bytes of SSZ as in EIP-6110: put beside those that contracts report, so that
    /// validators can join without a deposit contract.
    pub scripted_deposits: Bytes,
}

/// A transaction in a block, with what it did.
#[derive(Debug, Clone)]
pub struct ExecutedTransaction {
    /// The transaction, a blob transaction without its blobs.
    pub envelope: TxEnvelope,
    /// Its EIP-2718 bytes, as they stand in the block.
    pub raw: Bytes,
    /// Its hash.
    pub hash: B256,
    /// Who signed it.
    pub sender: Address,
    /// Its receipt; gas is cumulative in the block.
    pub receipt: ReceiptEnvelope,
    /// Gas this transaction used, after refunds.
    pub gas_used: u64,
    /// Number of logs in the block before its own.
    pub first_log_index: u64,
}

/// A blob of a block with its commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobSidecar {
    /// 4,096 field elements of 32 bytes, big endian.
    pub blob: Box<Blob>,
    /// KZG commitment; its versioned hash stands in the transaction.
    pub commitment: Bytes48,
}

/// A block with its receipts, its blobs and the state after it. Never changes.
#[derive(Debug)]
pub struct ExecutedBlock {
    /// The header.
    pub header: Header,
    /// Its hash.
    pub hash: B256,
    /// Transactions in order of execution.
    pub transactions: Vec<ExecutedTransaction>,
    /// Withdrawals, in order.
    pub withdrawals: Vec<Withdrawal>,
    /// Requests to the consensus half (EIP-7685): deposits, withdrawals, consolidations.
    pub requests: Requests,
    /// Blobs in the order of the transactions' hashes.
    pub blobs: Vec<Arc<BlobSidecar>>,
    /// Size of the RLP-encoded block, bytes.
    pub size_bytes: u64,
    /// The state after it.
    pub state: ForkState,
    /// What it changed in the state of its parent.
    pub(super) diff: StateDiff,
}

impl ExecutedBlock {
    /// Its number.
    pub const fn number(&self) -> u64 {
        self.header.number
    }
}
