//! The ledger as the shared RPC sees it.

use std::{sync::Arc, time::Duration};

use alloy_consensus::Header;
use alloy_eips::eip7840::BlobParams;
use alloy_primitives::{Address, B256, Bytes};
use forebond_rpc::{
    BlockView, Chain, Ethereum, Heads, Located, PlacedTransaction, PoolTransaction, PromisedBatch,
    ReadError, Replaced, StateAt, SubmitError, WaitOutcome,
};
use tokio::sync::broadcast;

use super::snapshot::L1Snapshot;
use crate::{
    execution::{BLOB_PARAMS, CallBlock},
    node::{Ledger, PublishedBlock, View},
};

/// Tip the RPC suggests, wei per gas.
const SUGGESTED_TIP_WEI: u128 = 1_000_000_000;
/// First byte of a blob transaction, whose proofs take milliseconds to check.
const BLOB_TRANSACTION_TYPE: u8 = 3;

/// L1 as its RPC sees it. There are no promises here: what is not in a block waits in the pool, and the one unsealed
/// block is empty.
#[derive(Debug)]
pub struct L1Chain {
    ledger: Arc<Ledger>,
    promised: broadcast::Sender<PromisedBatch<Ethereum>>,
}

impl L1Chain {
    /// The RPC's view of `ledger`.
    pub fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            promised: broadcast::channel(1).0,
        }
    }

    fn located(view: &View, hash: &B256) -> Option<PlacedTransaction<Ethereum>> {
        let (block, index) = view.transaction(hash)?;
        let transaction = block.shown.transactions.get(index)?;
        Some(PlacedTransaction {
            transaction: Arc::clone(transaction),
            block_hash: block.shown.hash,
        })
    }

    fn kept(view: &View, number: u64) -> Result<Option<&Arc<PublishedBlock>>, ReadError> {
        if number < view.oldest {
            let oldest = view.oldest;
            return Err(ReadError::BlockNotKept {
                block: number,
                oldest,
            });
        }
        Ok(view.block(number))
    }

    fn pending(&self, view: &View, head: &PublishedBlock) -> CallBlock {
        CallBlock::after(self.ledger.spec(), &head.executed.header, &view.next)
    }
}

fn no_head() -> ReadError {
    ReadError::Internal {
        reason: "no block is kept".into(),
    }
}

impl Chain for L1Chain {
    type Snapshot = L1Snapshot;
    type Family = Ethereum;

    fn chain_id(&self) -> u64 {
        self.ledger.spec().chain_id
    }

    fn heads(&self) -> Heads {
        let view = self.ledger.view();
        Heads {
            latest: view.latest,
            safe: view.safe,
            finalized: view.finalized,
        }
    }

    fn block(&self, number: u64) -> Result<Option<Arc<BlockView<Ethereum>>>, ReadError> {
        let view = self.ledger.view();
        Ok(Self::kept(&view, number)?.map(|block| Arc::clone(&block.shown)))
    }

    fn header(&self, number: u64) -> Result<Option<Header>, ReadError> {
        let view = self.ledger.view();
        Ok(Self::kept(&view, number)?.map(|block| block.executed.header.clone()))
    }

    fn block_number(&self, hash: B256) -> Result<Option<u64>, ReadError> {
        Ok(self.ledger.view().number(&hash))
    }

    fn unsealed(&self) -> Vec<Arc<BlockView<Ethereum>>> {
        let view = self.ledger.view();
        let Some(head) = view.head() else {
            return Vec::new();
        };
        let pending = self.pending(&view, head);
        let figures = pending.figures();
        let header = Header {
            parent_hash: head.executed.hash,
            beneficiary: view.next.fee_recipient,
            number: figures.number,
            gas_limit: figures.gas_limit,
            timestamp: pending.timestamp_s(),
            mix_hash: view.next.prev_randao,
            base_fee_per_gas: Some(figures.base_fee_wei),
            withdrawals_root: Some(Default::default()),
            blob_gas_used: Some(0),
            excess_blob_gas: head.executed.header.next_block_excess_blob_gas(BLOB_PARAMS),
            parent_beacon_block_root: Some(view.next.parent_beacon_block_root),
            ..Header::default()
        };
        vec![Arc::new(BlockView {
            header,
            hash: None,
            transactions: Vec::new(),
            withdrawals: view.next.withdrawals.clone(),
            size_bytes: 0,
        })]
    }

    fn transaction(&self, hash: B256) -> Result<Option<Located<Ethereum>>, ReadError> {
        if let Some(placed) = Self::located(&self.ledger.view(), &hash) {
            return Ok(Some(Located::Placed(placed)));
        }
        let pooled = self.ledger.pooled(&hash);
        Ok(pooled.map(|tx| {
            Located::Pooled(Arc::new(PoolTransaction {
                hash,
                sender: tx.sender,
                envelope: tx.envelope.clone(),
            }))
        }))
    }

    fn snapshot(&self, at: StateAt) -> Result<L1Snapshot, ReadError> {
        let view = self.ledger.view();
        let head = view.head().ok_or_else(no_head)?;
        let spec = self.ledger.spec();
        let (block, env) = match at {
            StateAt::Pending => (head, self.pending(&view, head)),
            StateAt::Latest => (head, CallBlock::of(spec, &head.executed.header)),
            StateAt::Block(number) if number > view.latest => {
                let latest = view.latest;
                return Err(ReadError::UnknownBlock {
                    block: number,
                    latest,
                });
            }
            StateAt::Block(number) => {
                let block = view.block(number).ok_or(ReadError::StateNotKept {
                    block: number,
                    oldest: view.oldest,
                })?;
                (block, CallBlock::of(spec, &block.executed.header))
            }
        };
        let mut state = block.executed.state.clone();
        if at == StateAt::Pending {
            state.note_block_hash(block.executed.number(), block.executed.hash);
        }
        Ok(L1Snapshot::new(
            Arc::clone(&self.ledger),
            state,
            env,
            block.executed.hash,
        ))
    }

    fn next_nonce(&self, address: Address) -> Result<u64, ReadError> {
        Ok(self.ledger.next_nonce(address))
    }

    fn quoted_tip_wei(&self) -> u128 {
        SUGGESTED_TIP_WEI
    }

    fn replaced_since(&self, mark: u64) -> Replaced {
        self.ledger.view().replaced_since(mark)
    }

    fn blob_params(&self) -> Option<BlobParams> {
        Some(BLOB_PARAMS)
    }

    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        if raw.first() != Some(&BLOB_TRANSACTION_TYPE) {
            return self.ledger.submit(&raw);
        }
        let ledger = Arc::clone(&self.ledger);
        let checked = tokio::task::spawn_blocking(move || ledger.submit(&raw)).await;
        checked.unwrap_or_else(|error| {
            Err(SubmitError::NotAccepting {
                reason: format!("the check of the blobs did not end: {error}"),
            })
        })
    }

    async fn submit_and_wait(
        &self,
        raw: Bytes,
        timeout: Duration,
    ) -> Result<WaitOutcome<Ethereum>, SubmitError> {
        // Before the transaction is handed in: no block can be missed.
        let mut heads = self.ledger.subscribe_heads();
        let hash = self.submit(raw).await?;
        let included = async {
            loop {
                if let Some(placed) = Self::located(&self.ledger.view(), &hash) {
                    return Some(placed);
                }
                // A lagging reader looks again: the view is always whole.
                if let Err(broadcast::error::RecvError::Closed) = heads.recv().await {
                    return None;
                }
            }
        };
        let placed = tokio::time::timeout(timeout, included).await.ok().flatten();
        Ok(placed.map_or(WaitOutcome::StillWaiting { hash }, WaitOutcome::Promised))
    }

    fn subscribe_heads(&self) -> broadcast::Receiver<Arc<BlockView<Ethereum>>> {
        self.ledger.subscribe_heads()
    }

    fn subscribe_removed(&self) -> Option<broadcast::Receiver<Arc<BlockView<Ethereum>>>> {
        Some(self.ledger.subscribe_removed())
    }

    fn subscribe_promised(&self) -> broadcast::Receiver<PromisedBatch<Ethereum>> {
        self.promised.subscribe()
    }
}
