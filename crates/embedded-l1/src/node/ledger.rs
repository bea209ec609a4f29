//! The execution half as a running service: the tree and the pool behind short locks, readers on a view that is
//! replaced as a whole.
//!
//! Locks are taken in the order tree, pool; nobody holds one while it waits for anything else.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use arc_swap::ArcSwap;
use forebond_exec::AccountProof;
use forebond_rpc::{BlockView, Ethereum, SubmitError};
use parking_lot::Mutex;
use tokio::sync::broadcast;

use super::view::View;
use crate::execution::{
    Admitted, BlockTree, ChainSpec, ExecutedBlock, ExecutionError, GenesisBlock, HeadChange,
    PayloadAttributes, Pool, PoolLimits, PoolTransaction,
};

/// Heads a subscriber may lag behind before it is disconnected.
const FEED_BUFFER: usize = 1_024;

/// Blocks, pool and what readers see of them.
#[derive(Debug)]
pub struct Ledger {
    spec: ChainSpec,
    kept_blocks: u64,
    tree: Mutex<BlockTree>,
    pool: Mutex<Pool>,
    view: ArcSwap<View>,
    heads: broadcast::Sender<Arc<BlockView<Ethereum>>>,
    removed: broadcast::Sender<Arc<BlockView<Ethereum>>>,
}

impl Ledger {
    /// A ledger that holds block 0 and keeps the newest `kept_blocks` blocks with their states.
    ///
    /// # Errors
    /// None in practice: block 0 is always there.
    pub fn new(
        spec: ChainSpec,
        genesis: GenesisBlock,
        limits: PoolLimits,
        kept_blocks: u64,
        next: PayloadAttributes,
    ) -> Result<Self, ExecutionError> {
        let tree = BlockTree::new(spec, genesis);
        let view = View::new(tree.head()?, next);
        Ok(Self {
            spec,
            kept_blocks: kept_blocks.max(2),
            tree: Mutex::new(tree),
            pool: Mutex::new(Pool::new(limits)),
            view: ArcSwap::from_pointee(view),
            heads: broadcast::channel(FEED_BUFFER).0,
            removed: broadcast::channel(FEED_BUFFER).0,
        })
    }

    /// Constants of the chain.
    pub const fn spec(&self) -> ChainSpec {
        self.spec
    }

    /// The canonical chain as of now.
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Blocks that become canonical, in order; after a reorg the new ones, oldest first.
    pub fn subscribe_heads(&self) -> broadcast::Receiver<Arc<BlockView<Ethereum>>> {
        self.heads.subscribe()
    }

    /// Blocks that are canonical no longer, newest first, each before the heads that replace it.
    pub fn subscribe_removed(&self) -> broadcast::Receiver<Arc<BlockView<Ethereum>>> {
        self.removed.subscribe()
    }

    /// Checks a raw transaction and puts it into the pool. Proofs of blobs are checked here, on the caller's thread.
    ///
    /// # Errors
    /// Why it was not taken.
    pub fn submit(&self, raw: &Bytes) -> Result<B256, SubmitError> {
        let admitted = Admitted::check(raw, self.spec.chain_id)?;
        let view = self.view();
        let hash = admitted.hash();
        if view.transaction(&hash).is_some() {
            return Ok(hash);
        }
        let Some(head) = view.head() else {
            let reason = "no block is kept".into();
            return Err(SubmitError::NotAccepting { reason });
        };
        self.pool.lock().insert(admitted, &head.executed.state)
    }

    /// A waiting transaction.
    pub fn pooled(&self, hash: &B256) -> Option<Arc<PoolTransaction>> {
        self.pool.lock().get(hash)
    }

    /// Number of waiting transactions.
    pub fn pool_len(&self) -> usize {
        self.pool.lock().len()
    }

    /// The nonce the account's next transaction needs, waiting ones counted.
    pub fn next_nonce(&self, address: Address) -> u64 {
        let view = self.view();
        let account = view
            .head()
            .and_then(|head| head.executed.state.account(address));
        let nonce = account.map_or(0, |account| account.nonce);
        self.pool.lock().next_nonce(address, nonce)
    }

    /// A block, canonical or not.
    ///
    /// # Errors
    /// [`ExecutionError::UnknownBlock`].
    pub fn block(&self, hash: B256) -> Result<Arc<ExecutedBlock>, ExecutionError> {
        self.tree.lock().block(hash)
    }

    /// Merkle proofs in the state after a block.
    ///
    /// # Errors
    /// [`ExecutionError::UnknownBlock`].
    pub fn proof(
        &self,
        at: B256,
        address: Address,
        slots: &[U256],
    ) -> Result<AccountProof, ExecutionError> {
        self.tree.lock().proof(at, address, slots)
    }

    /// Builds a block on `parent`, from the pool or without transactions. The head stays.
    ///
    /// # Errors
    /// [`ExecutionError`]; nothing changes then.
    pub(super) fn build(
        &self,
        parent: B256,
        attributes: &PayloadAttributes,
        with_transactions: bool,
    ) -> Result<Arc<ExecutedBlock>, ExecutionError> {
        let mut tree = self.tree.lock();
        let pool = self.pool.lock();
        tree.build(parent, attributes, with_transactions.then_some(&*pool))
    }

    /// Makes `head` the newest block, gives transactions of abandoned blocks back to the pool, and shows it all to
    /// readers.
    ///
    /// # Errors
    /// [`ExecutionError::UnknownBlock`]; nothing changes then.
    pub(super) fn set_head(
        &self,
        head: B256,
        next: PayloadAttributes,
        safe: B256,
        finalized: B256,
    ) -> Result<HeadChange, ExecutionError> {
        let mut tree = self.tree.lock();
        let change = tree.set_head(head)?;
        let block = tree.block(head)?;
        let mut view = View::clone(&self.view.load());
        let taken_away: Vec<_> = change
            .removed
            .iter()
            .rev()
            .filter_map(|block| view.block(block.number()))
            .map(|block| Arc::clone(&block.shown))
            .collect();
        view.apply(&change);
        view.safe = view.number(&safe).unwrap_or(view.safe.min(view.latest));
        view.finalized = view
            .number(&finalized)
            .unwrap_or(view.finalized.min(view.latest));
        view.next = Arc::new(next);
        view.prune(self.kept_blocks);
        tree.prune_below(view.oldest);
        {
            let mut pool = self.pool.lock();
            for transaction in change.removed.iter().flat_map(|block| returned(block)) {
                if view.transaction(&transaction.hash).is_none()
                    && let Err(refusal) = pool.insert(Admitted::again(transaction), &block.state)
                {
                    tracing::debug!(%refusal, "a transaction of an abandoned block is not taken back");
                }
            }
            pool.drop_used(&block.state);
        }
        drop(tree);
        let shown: Vec<_> = change
            .added
            .iter()
            .filter_map(|block| view.block(block.number()))
            .map(|block| Arc::clone(&block.shown))
            .collect();
        self.view.store(Arc::new(view));
        for block in taken_away {
            let _ = self.removed.send(block);
        }
        for block in shown {
            // Nobody listening is no error.
            let _ = self.heads.send(block);
        }
        Ok(change)
    }

    /// Moves the clock of the pending block on when a slot passed without a block.
    pub(super) fn set_next(&self, next: PayloadAttributes) {
        let mut view = View::clone(&self.view.load());
        view.next = Arc::new(next);
        self.view.store(Arc::new(view));
    }
}

/// The transactions of an abandoned block as they stood in the pool, with their blobs.
fn returned(block: &ExecutedBlock) -> Vec<PoolTransaction> {
    let mut blobs = block.blobs.iter();
    block
        .transactions
        .iter()
        .map(|transaction| PoolTransaction::taken_back(transaction, &mut blobs))
        .collect()
}
