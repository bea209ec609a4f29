//! The two traits between the RPC and whoever keeps the chain.

use std::{future::Future, sync::Arc, time::Duration};

use alloy_consensus::Header;
use alloy_eips::eip7840::BlobParams;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use tokio::sync::broadcast;

use super::{
    AccountView, BlockView, CallError, CallOutcome, CallRequest, EnvView, Family, Heads, Located,
    PromisedBatch, ReadError, Replaced, StateAt, SubmitError, SyncProgress, WaitOutcome,
};

/// Ready-made notifications of a subscription of the role's own; an error ends it, with the reason.
pub type OwnFeed = tokio::sync::mpsc::Receiver<Result<Box<serde_json::value::RawValue>, String>>;

/// A chain as its RPC sees it. Implemented once per role: by the gateway that sequences, by the node that follows.
///
/// Contract:
/// 1. Blocks `0..=heads().latest` are *sealed*: their hash is known and they never change while the process runs. The one
///    exception is a chain that reorganises, L1: there `latest` may go back and blocks above `safe` may be replaced.
/// 2. Above them are the *unsealed* blocks, at least one, in ascending order without gaps; the last one is `pending`.
///    They only grow. A transaction in them is promised: it will be in the sealed block at the same index.
/// 3. What a call returned stays visible: once a number, hash or transaction was answered it is answered again, unless
///    it leaves the window of kept state, which [`ReadError::StateNotKept`] says.
/// 4. A transaction is visible ([`transaction`](Self::transaction), `pending` state, `pending` block) before
///    [`submit_and_wait`](Self::submit_and_wait) resolves with it and before it is in a broadcast batch. A sealed block
///    is readable by number and hash before it is broadcast.
/// 5. Reads take no lock that the sequencer waits for, and return within microseconds when they touch one item.
///    Methods that walk blocks or execute code are called on a blocking thread.
/// 6. The broadcast channels are bounded. A receiver that lags is told so by the channel and its subscriber is
///    disconnected; the chain never waits for it.
pub trait Chain: Send + Sync + 'static {
    /// State at one block, unchanging while it is held.
    type Snapshot: Snapshot;

    /// How its transactions and receipts look.
    type Family: Family;

    /// EIP-155 chain id.
    fn chain_id(&self) -> u64;

    /// Numbers of the newest sealed block and of what L1 backs.
    fn heads(&self) -> Heads;

    /// A sealed block by number; `None` when `number` is above `heads().latest`.
    ///
    /// # Errors
    /// [`ReadError::BlockNotKept`] when the block is older than what is kept, [`ReadError::Internal`] on a failed read.
    fn block(&self, number: u64) -> Result<Option<Arc<BlockView<Self::Family>>>, ReadError>;

    /// The header of a sealed block; `None` and errors as [`block`](Self::block). Implement it when a header can be read
    /// without the block's transactions: `eth_getLogs` and `eth_feeHistory` walk many.
    ///
    /// # Errors
    /// As [`block`](Self::block).
    fn header(&self, number: u64) -> Result<Option<Header>, ReadError> {
        Ok(self.block(number)?.map(|block| block.header.clone()))
    }

    /// Number of the sealed block with this hash; `None` when there is none.
    ///
    /// # Errors
    /// [`ReadError::Internal`] on a failed read.
    fn block_number(&self, hash: B256) -> Result<Option<u64>, ReadError>;

    /// The unsealed blocks, oldest first, at least one. Their `hash` is `None` and their header's roots and bloom are zero.
    fn unsealed(&self) -> Vec<Arc<BlockView<Self::Family>>>;

    /// A transaction by hash, wherever it is: sealed, promised or waiting in the pool.
    ///
    /// # Errors
    /// [`ReadError::Internal`] on a failed read.
    fn transaction(&self, hash: B256) -> Result<Option<Located<Self::Family>>, ReadError>;

    /// State after a block.
    ///
    /// # Errors
    /// [`ReadError::StateNotKept`] outside the window of kept states, [`ReadError::UnknownBlock`] above `heads().latest`.
    fn snapshot(&self, at: StateAt) -> Result<Self::Snapshot, ReadError>;

    /// The nonce the account's next transaction needs: after sealed, promised *and* contiguously pooled ones.
    ///
    /// # Errors
    /// [`ReadError::Internal`] on a failed read.
    fn next_nonce(&self, address: Address) -> Result<u64, ReadError>;

    /// The tip per gas, wei, that a transaction must offer at present to be promised.
    fn quoted_tip_wei(&self) -> u128;

    /// What was replaced since a call that gave `mark`; a chain that never reorganises leaves this as it is. Filters that
    /// are polled go back to the lowest number.
    fn replaced_since(&self, mark: u64) -> Replaced {
        let _ = mark;
        Replaced::default()
    }

    /// How many blobs a block takes and how their price moves (EIP-7840); `None` on a chain that takes no blobs.
    fn blob_params(&self) -> Option<BlobParams> {
        None
    }

    /// How far behind the node is, or `None` when it is not syncing.
    fn sync_progress(&self) -> Option<SyncProgress> {
        None
    }

    /// Number of peers connected.
    fn peer_count(&self) -> u64 {
        0
    }

    /// Takes a raw EIP-2718 transaction and resolves with its hash once it is in the pool. The same transaction again,
    /// pooled, promised or sealed, is a success.
    fn submit(&self, raw: Bytes) -> impl Future<Output = Result<B256, SubmitError>> + Send;

    /// Like [`submit`](Self::submit), then waits until the transaction is promised, for `timeout` at most. The
    /// implementation registers the wait *before* it hands the transaction on, so no promise is missed; a transaction
    /// that is already promised resolves at once, with the same promise.
    fn submit_and_wait(
        &self,
        raw: Bytes,
        timeout: Duration,
    ) -> impl Future<Output = Result<WaitOutcome<Self::Family>, SubmitError>> + Send;

    /// Sealed blocks, each once, in order, from the next one on.
    fn subscribe_heads(&self) -> broadcast::Receiver<Arc<BlockView<Self::Family>>>;

    /// Blocks that a reorg took away, newest first, sent before the heads that replace them; `None` on a chain that never
    /// reorganises. Log subscriptions report their logs as `removed`.
    fn subscribe_removed(&self) -> Option<broadcast::Receiver<Arc<BlockView<Self::Family>>>> {
        None
    }

    /// A subscription of the role's own, by the kind named in `eth_subscribe`, with its options. `None` when there is no
    /// such kind, an error text when the options are wrong. The feed is bounded and ends with the reason when the reader
    /// falls behind.
    fn subscribe_own(
        &self,
        kind: &str,
        options: Option<serde_json::Value>,
    ) -> Option<Result<OwnFeed, String>> {
        let _ = (kind, options);
        None
    }

    /// Promised transactions in order, each once, from the next on; one batch per signed message that made them promises.
    fn subscribe_promised(&self) -> broadcast::Receiver<PromisedBatch<Self::Family>>;
}

/// State after one block. Contract: every read of one snapshot sees the same state, however long it is held.
pub trait Snapshot: Send + Sync + 'static {
    /// The block whose state this is; for a call, the block it runs in.
    fn env(&self) -> EnvView;

    /// Nonce and balance; zero for an account that does not exist.
    ///
    /// # Errors
    /// [`ReadError::Internal`] on a failed read.
    fn account(&self, address: Address) -> Result<AccountView, ReadError>;

    /// Code of the account, empty when it has none. An EIP-7702 delegation is the 23-byte designator.
    ///
    /// # Errors
    /// [`ReadError::Internal`] on a failed read.
    fn code(&self, address: Address) -> Result<Bytes, ReadError>;

    /// A storage word; zero when not set.
    ///
    /// # Errors
    /// [`ReadError::Internal`] on a failed read.
    fn storage(&self, address: Address, slot: U256) -> Result<U256, ReadError>;

    /// Account and storage proof (EIP-1186).
    ///
    /// # Errors
    /// [`ReadError::NoProofs`] when proofs of this state can't be made, which is the default.
    fn proof(
        &self,
        address: Address,
        slots: &[B256],
    ) -> Result<EIP1186AccountProofResponse, ReadError> {
        let _ = (address, slots);
        Err(ReadError::NoProofs)
    }

    /// Executes a transaction on this state and throws the effects away. Rules: absent fee fields mean a free call (base
    /// fee check off); the nonce is not checked; the sender may have code; value and offered fees must be covered by the
    /// balance. `request.gas_limit` holds, `request.transaction.gas` is ignored. L1 and operator fees are not charged.
    ///
    /// # Errors
    /// [`CallError`] when the transaction can't start; a revert or a halt is an outcome, not an error.
    fn call(&self, request: &CallRequest) -> Result<CallOutcome, CallError>;
}
