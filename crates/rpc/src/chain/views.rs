//! What a [`Chain`](super::Chain) hands out: plain immutable data, shared by `Arc`.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{TransactionRequest, state::EvmOverrides};

use super::Family;
use crate::shape::OpStack;

/// Block numbers that tags stand for. `safe` and `finalized` are what L1 backs: the genesis block, 0, when L1 backs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// Newest sealed block.
    pub latest: u64,
    /// Newest block whose data is on L1.
    pub safe: u64,
    /// Newest block whose data is in a finalized L1 block.
    pub finalized: u64,
}

/// Which state to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateAt {
    /// After every promised transaction.
    Pending,
    /// After the newest sealed block.
    Latest,
    /// After the sealed block with this number.
    Block(u64),
}

/// A block with its transactions.
#[derive(Debug, Clone)]
pub struct BlockView<F: Family = OpStack> {
    /// The header; of an unsealed block the environment is final, roots and bloom are zero and the gas used is that so far.
    pub header: Header,
    /// Hash of a sealed block, `None` before.
    pub hash: Option<B256>,
    /// The transactions in order of execution.
    pub transactions: Vec<Arc<TransactionView<F>>>,
    /// Withdrawals of validators (EIP-4895); a rollup has none.
    pub withdrawals: Vec<Withdrawal>,
    /// Size of the RLP-encoded block, bytes; of the transactions so far when unsealed.
    pub size_bytes: u64,
}

/// A transaction with its receipt, as promised. Sealing its block changes nothing here: the block's hash is kept beside it.
#[derive(Debug, Clone)]
pub struct TransactionView<F: Family = OpStack> {
    /// The transaction as it was sent (EIP-2718).
    pub raw: Bytes,
    /// Its hash.
    pub hash: B256,
    /// Who signed it, or a deposit's sender.
    pub sender: Address,
    /// The same, decoded.
    pub envelope: F::Envelope,
    /// Number of its block.
    pub block_number: u64,
    /// Timestamp of its block, Unix seconds.
    pub block_timestamp_s: u64,
    /// Base fee of its block, wei per gas.
    pub base_fee_wei: u64,
    /// Place in the block.
    pub index: u64,
    /// The receipt; its gas is cumulative in the block.
    pub receipt: F::Receipt,
    /// Gas this transaction paid for.
    pub gas_used: u64,
    /// Price paid, wei per gas; zero for deposits.
    pub effective_gas_price_wei: u128,
    /// Contract it created.
    pub contract_address: Option<Address>,
    /// What it paid beside execution gas: an L1 fee, blobs.
    pub extra_fees: F::ExtraFees,
    /// Index in the block of its first log.
    pub first_log_index: u64,
}

/// A transaction in a block, and the block's hash once there is one.
#[derive(Debug, Clone)]
pub struct PlacedTransaction<F: Family = OpStack> {
    /// The transaction.
    pub transaction: Arc<TransactionView<F>>,
    /// Hash of the block, `None` before it is sealed.
    pub block_hash: Option<B256>,
}

/// A transaction that waits in the pool.
#[derive(Debug, Clone)]
pub struct PoolTransaction<F: Family = OpStack> {
    /// Its hash.
    pub hash: B256,
    /// Who signed it.
    pub sender: Address,
    /// The transaction.
    pub envelope: F::Envelope,
}

/// Where a transaction was found.
#[derive(Debug, Clone)]
pub enum Located<F: Family = OpStack> {
    /// In a block, sealed or not.
    Placed(PlacedTransaction<F>),
    /// In the pool.
    Pooled(Arc<PoolTransaction<F>>),
}

/// How a wait for a promise ended.
#[derive(Debug, Clone)]
pub enum WaitOutcome<F: Family = OpStack> {
    /// The transaction is promised.
    Promised(PlacedTransaction<F>),
    /// Time ran out; the pool still has it.
    StillWaiting {
        /// Its hash.
        hash: B256,
    },
}

/// Transactions that became promises together.
pub type PromisedBatch<F = OpStack> = Arc<[Arc<TransactionView<F>>]>;

/// Progress of a node that is behind (`eth_syncing`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// Block at which syncing began.
    pub starting_block: u64,
    /// Block reached.
    pub current_block: u64,
    /// Newest block known of.
    pub highest_block: u64,
}

/// The fields of a block's environment that fees and limits come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvView {
    /// Block number.
    pub number: u64,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Base fee, wei per gas.
    pub base_fee_wei: u64,
    /// Price per blob gas, wei; 1, its minimum (EIP-4844), on a chain that takes no blobs.
    pub blob_base_fee_wei: u128,
}

/// What a chain that reorganises has replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replaced {
    /// How often the chain has reorganised; ask with it next time.
    pub mark: u64,
    /// Lowest number that has another block, or none any more, since the mark asked with.
    pub lowest: Option<u64>,
}

/// Nonce and balance of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountView {
    /// Transactions executed.
    pub nonce: u64,
    /// Balance, wei.
    pub balance_wei: U256,
}

/// A call to execute and forget.
#[derive(Debug, Clone, Default)]
pub struct CallRequest {
    /// The transaction, as the client gave it.
    pub transaction: TransactionRequest,
    /// Gas to run with; replaces the transaction's.
    pub gas_limit: u64,
    /// Overrides of state and block environment.
    pub overrides: EvmOverrides,
}

/// What a call did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOutcome {
    /// How it ended.
    pub end: CallEnd,
    /// Gas paid for, after refunds.
    pub gas_used: u64,
    /// Gas refunded: it had to be there during the run.
    pub gas_refunded: u64,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// It returned.
    Success {
        /// Returned bytes; the code of a created contract.
        output: Bytes,
    },
    /// It reverted.
    Revert {
        /// Revert bytes.
        output: Bytes,
    },
    /// It stopped on an exceptional condition.
    Halt {
        /// The condition, as the EVM names it.
        reason: String,
        /// Whether more gas could have helped.
        out_of_gas: bool,
    },
}
