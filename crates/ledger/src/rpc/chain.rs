use super::{
    Ingress, Waited,
    reader::ChainReader,
    state::{Historic, StateSnapshot, read_error},
    stream::{envelopes, preconfirmations},
    views::{sealed_view, transaction_view, unsealed_view},
};
use crate::board::Event;
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes};
use forebond_exec::BaseState;
use forebond_rollup::op::BlockOpening;
use forebond_rpc::{
    BlockView, Chain, Heads, Located, OpStack, OwnFeed, PoolTransaction, PromisedBatch, ReadError,
    Replaced, StateAt, SubmitError, WaitOutcome,
};
use forebond_types::BlockEnv;
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// Events a subscriber may lag behind before it is disconnected.
const FEED_BUFFER: usize = 1024;
/// Reorgs remembered for filters that are polled.
const REMEMBERED_REORGS: usize = 1024;

/// The rollup as this process's RPC shows it.
#[derive(Debug)]
pub struct LedgerChain<I> {
    /// What is read.
    pub reader: Arc<ChainReader>,
    /// Where transactions go.
    pub ingress: I,
    heads: broadcast::Sender<Arc<BlockView>>,
    removed: broadcast::Sender<Arc<BlockView>>,
    promised: broadcast::Sender<PromisedBatch>,
    reorgs: Mutex<Reorgs>,
}

/// How often the chain was reorganised, and how deep of late.
#[derive(Debug, Default)]
struct Reorgs {
    count: u64,
    /// Count and lowest number replaced.
    recent: VecDeque<(u64, u64)>,
}

impl<I> LedgerChain<I> {
    /// The RPC's view.
    pub fn new(reader: Arc<ChainReader>, ingress: I) -> Self {
        Self {
            reader,
            ingress,
            heads: broadcast::channel(FEED_BUFFER).0,
            removed: broadcast::channel(FEED_BUFFER).0,
            promised: broadcast::channel(FEED_BUFFER).0,
            reorgs: Mutex::default(),
        }
    }

    /// Feeds the subscriptions from what is published, until the board is gone.
    pub async fn feed(self: Arc<Self>) {
        let mut events = self.reader.board.subscribe();
        let config = &self.reader.config;
        loop {
            match events.recv().await {
                Ok(Event::Sealed(block)) if self.heads.receiver_count() > 0 => {
                    let _ = self.heads.send(Arc::new(sealed_view(config, &block)));
                }
                Ok(Event::Frag(frag)) if self.promised.receiver_count() > 0 => {
                    let views = frag
                        .transactions
                        .iter()
                        .map(|tx| Arc::new(transaction_view(config, &frag.start, tx)));
                    let _ = self.promised.send(views.collect());
                }
                Ok(Event::Removed(blocks)) => {
                    let mut reorgs = self.reorgs.lock();
                    reorgs.count = reorgs.count.saturating_add(1);
                    if let Some(lowest) = blocks.last() {
                        let entry = (reorgs.count, lowest.number());
                        reorgs.recent.push_back(entry);
                        if reorgs.recent.len() > REMEMBERED_REORGS {
                            reorgs.recent.pop_front();
                        }
                    }
                    drop(reorgs);
                    if self.removed.receiver_count() > 0 {
                        for block in blocks.iter() {
                            let _ = self.removed.send(Arc::new(sealed_view(config, block)));
                        }
                    }
                }
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(
                        missed,
                        "subscription feed fell behind; subscribers are not told of what was missed"
                    );
                }
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

fn opening_of(header: &Header) -> BlockOpening {
    BlockOpening {
        number: header.number,
        timestamp_s: header.timestamp,
        env: BlockEnv {
            coinbase: header.beneficiary,
            gasLimit: header.gas_limit,
            baseFee: header.base_fee_per_gas.unwrap_or_default(),
            prevRandao: header.mix_hash,
            parentBeaconRoot: header.parent_beacon_block_root.unwrap_or_default(),
            extraDataHash: alloy_primitives::keccak256(&header.extra_data),
        },
        extra_data: header.extra_data.clone(),
    }
}

impl<I: Ingress> Chain for LedgerChain<I> {
    type Snapshot = StateSnapshot;
    type Family = OpStack;

    fn chain_id(&self) -> u64 {
        self.reader.config.chain_id
    }

    fn heads(&self) -> Heads {
        let latest = self.reader.board.view().latest.number();
        let settled = self.reader.board.settled();
        Heads {
            latest,
            safe: settled.safe.min(latest),
            finalized: settled.finalized.min(latest),
        }
    }

    fn block(&self, number: u64) -> Result<Option<Arc<BlockView>>, ReadError> {
        let block = self.reader.sealed(number)?;
        Ok(block.map(|block| Arc::new(sealed_view(&self.reader.config, &block))))
    }

    fn header(&self, number: u64) -> Result<Option<Header>, ReadError> {
        Ok(self
            .reader
            .sealed(number)?
            .map(|block| block.header.clone()))
    }

    fn block_number(&self, hash: B256) -> Result<Option<u64>, ReadError> {
        if hash == self.reader.genesis.hash {
            return Ok(Some(0));
        }
        let view = self.reader.board.view();
        if view.latest.hash == hash {
            return Ok(Some(view.latest.number()));
        }
        if let Some(block) = view.recent.iter().find(|block| block.hash == hash) {
            return Ok(Some(block.number()));
        }
        view.stored.block_number(hash).map_err(read_error)
    }

    fn unsealed(&self) -> Vec<Arc<BlockView>> {
        let view = self.reader.board.view();
        let blocks: Vec<_> = view
            .unsealed
            .iter()
            .map(|block| Arc::new(unsealed_view(&self.reader.config, block)))
            .collect();
        if !blocks.is_empty() {
            return blocks;
        }
        // Between two blocks nothing is open for a moment: the newest sealed one stands in.
        vec![Arc::new(sealed_view(&self.reader.config, &view.latest))]
    }

    fn transaction(&self, hash: B256) -> Result<Option<Located>, ReadError> {
        if let Some(placed) = self.reader.placed(hash)? {
            return Ok(Some(Located::Placed(placed)));
        }
        let pooled = tokio::task::block_in_place(|| self.ingress.pooled(hash));
        Ok(pooled.map(|tx| {
            Located::Pooled(Arc::new(PoolTransaction {
                hash,
                sender: tx.sender(),
                envelope: tx.envelope().clone(),
            }))
        }))
    }

    fn snapshot(&self, at: StateAt) -> Result<StateSnapshot, ReadError> {
        let view = self.reader.board.view();
        let latest = view.latest.number();
        match at {
            StateAt::Pending => {
                let opening = view.unsealed.last().map_or_else(
                    || view.latest.start.opening.clone(),
                    |b| b.start.opening.clone(),
                );
                Ok(self
                    .reader
                    .state_at(view.pending_state.clone(), opening, None))
            }
            StateAt::Latest => Ok(self.reader.state_at(
                view.latest_state.clone(),
                opening_of(&view.latest.header),
                Some(view.latest.header.state_root),
            )),
            StateAt::Block(number) if number == latest => self.snapshot(StateAt::Latest),
            StateAt::Block(number) if number > latest => Err(ReadError::UnknownBlock {
                block: number,
                latest,
            }),
            StateAt::Block(number) => {
                let Some(block) = self.reader.sealed(number)? else {
                    return Err(ReadError::UnknownBlock {
                        block: number,
                        latest,
                    });
                };
                let opening = opening_of(&block.header);
                let root = Some(block.header.state_root);
                if let Some((_, state)) = view.recent_states.iter().find(|(n, _)| *n == number) {
                    return Ok(self.reader.state_at(state.clone(), opening, root));
                }
                let oldest = view.stored.head().oldest_state;
                let state = Historic {
                    snapshot: view.stored.clone(),
                    number,
                };
                let state = Arc::new(state);
                if number < oldest {
                    if self.reader.board.proofs().keeps(block.header.state_root) {
                        let mut snapshot = self.reader.state_at(state, opening, root);
                        snapshot.pruned = Some((number, oldest));
                        return Ok(snapshot);
                    }
                    return Err(ReadError::StateNotKept {
                        block: number,
                        oldest,
                    });
                }
                Ok(self.reader.state_at(state, opening, root))
            }
        }
    }

    fn next_nonce(&self, address: Address) -> Result<u64, ReadError> {
        if let Some(nonce) = tokio::task::block_in_place(|| self.ingress.next_nonce(address)) {
            return Ok(nonce);
        }
        let state = self.reader.board.view().pending_state.clone();
        let account = state.account(address).map_err(read_error)?;
        Ok(account.map_or(0, |a| a.nonce))
    }

    fn quoted_tip_wei(&self) -> u128 {
        self.ingress.quoted_tip_wei()
    }

    fn replaced_since(&self, mark: u64) -> Replaced {
        let reorgs = self.reorgs.lock();
        let newer = reorgs.recent.iter().filter(|(count, _)| *count > mark);
        Replaced {
            mark: reorgs.count,
            lowest: newer.map(|(_, lowest)| *lowest).min(),
        }
    }

    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        self.ingress.submit(raw).await
    }

    async fn submit_and_wait(
        &self,
        raw: Bytes,
        timeout: Duration,
    ) -> Result<WaitOutcome, SubmitError> {
        Ok(match self.ingress.submit_and_wait(raw, timeout).await? {
            Waited::Promised(promise) => {
                let hash = promise
                    .frag
                    .transactions
                    .get(promise.place)
                    .map(|tx| tx.leaf.tx_hash);
                self.reader.placed_promise(&promise).map_or(
                    WaitOutcome::StillWaiting {
                        hash: hash.unwrap_or_default(),
                    },
                    WaitOutcome::Promised,
                )
            }
            Waited::Still(hash) => WaitOutcome::StillWaiting { hash },
        })
    }

    fn subscribe_own(
        &self,
        kind: &str,
        options: Option<serde_json::Value>,
    ) -> Option<Result<OwnFeed, String>> {
        match kind {
            "preconfirmations" => Some(preconfirmations(&self.reader, options)),
            "envelopes" => Some(envelopes(&self.reader, options)),
            _ => None,
        }
    }

    fn subscribe_heads(&self) -> broadcast::Receiver<Arc<BlockView>> {
        self.heads.subscribe()
    }

    fn subscribe_removed(&self) -> Option<broadcast::Receiver<Arc<BlockView>>> {
        Some(self.removed.subscribe())
    }

    fn subscribe_promised(&self) -> broadcast::Receiver<PromisedBatch> {
        self.promised.subscribe()
    }
}
