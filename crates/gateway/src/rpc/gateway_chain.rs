use super::{
    state::{Historic, StateSnapshot, read_error},
    stream::preconfirmations,
    views::{sealed_view, transaction_view, unsealed_view},
};
use crate::{
    board::{Board, Event, Promise},
    chain::{SealedBlock, decode_body},
    metrics::StageMetrics,
    promise::{BlockStart, PublishedFrag},
    sequencer::{PoolQuestion, SequencerInput, Submission},
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes};
use crossbeam_channel::Sender;
use forebond_exec::{BaseState, PreparedTx};
use forebond_protocol::FeeSchedule;
use forebond_rollup::op::{BlockOpening, ChainConfig};
use forebond_rpc::{
    BlockView, Chain, Heads, Located, OpStack, OwnFeed, PlacedTransaction, PoolTransaction,
    PromisedBatch, ReadError, StateAt, SubmitError, WaitOutcome,
};
use forebond_types::{BlockEnv, Domain};
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::sync::{broadcast, oneshot};

/// Decoded stored blocks kept for the next reader.
const CACHED_BLOCKS: usize = 4;
/// Events a subscriber may lag behind before it is disconnected.
const FEED_BUFFER: usize = 1024;
/// How long a question to the sequencer may take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

/// What the RPC needs of the gateway.
#[derive(Debug)]
pub struct GatewayParts {
    /// Constants of the chain.
    pub config: ChainConfig,
    /// Signature domain.
    pub domain: Domain,
    /// Address of the committer key.
    pub committer: Address,
    /// Block 0.
    pub genesis: Arc<SealedBlock>,
    /// What is published.
    pub board: Arc<Board>,
    /// Towards the sequencer: transactions.
    pub submissions: Sender<Submission>,
    /// Towards the sequencer: questions.
    pub control: Sender<SequencerInput>,
    /// The quote's numbers.
    pub fees: FeeSchedule,
    /// Pool capacity, transactions.
    pub pool_capacity: usize,
    /// Largest transaction, bytes.
    pub max_transaction_bytes: usize,
    /// Coverage the reserve allows in all, wei.
    pub reserve_wei: u128,
    /// How long `eth_requestPreconf` waits.
    pub preconf_wait: Duration,
    /// Figures.
    pub metrics: Arc<StageMetrics>,
}

/// The gateway as its RPC sees it.
#[derive(Debug)]
pub struct GatewayChain {
    pub(super) parts: GatewayParts,
    cache: Mutex<VecDeque<Arc<SealedBlock>>>,
    heads: broadcast::Sender<Arc<BlockView>>,
    promised: broadcast::Sender<PromisedBatch>,
}

impl GatewayChain {
    /// The RPC's view of a gateway.
    pub fn new(parts: GatewayParts) -> Self {
        Self {
            parts,
            cache: Mutex::default(),
            heads: broadcast::channel(FEED_BUFFER).0,
            promised: broadcast::channel(FEED_BUFFER).0,
        }
    }

    /// Feeds the subscriptions from what is published, until the gateway stops.
    pub async fn feed(self: Arc<Self>) {
        let mut events = self.parts.board.subscribe();
        loop {
            match events.recv().await {
                Ok(Event::Sealed(block)) if self.heads.receiver_count() > 0 => {
                    let _ = self
                        .heads
                        .send(Arc::new(sealed_view(&self.parts.config, &block)));
                }
                Ok(Event::Frag(frag)) if self.promised.receiver_count() > 0 => {
                    let views = frag
                        .transactions
                        .iter()
                        .map(|tx| Arc::new(transaction_view(&self.parts.config, &frag.start, tx)));
                    let _ = self.promised.send(views.collect());
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

    /// A sealed block by number, wherever it is.
    pub(super) fn sealed(&self, number: u64) -> Result<Option<Arc<SealedBlock>>, ReadError> {
        if number == 0 {
            return Ok(Some(self.parts.genesis.clone()));
        }
        let view = self.parts.board.view();
        if number > view.latest.number() {
            return Ok(None);
        }
        if number == view.latest.number() {
            return Ok(Some(view.latest.clone()));
        }
        if let Some(block) = view.recent.iter().find(|block| block.number() == number) {
            return Ok(Some(block.clone()));
        }
        if let Some(block) = self
            .cache
            .lock()
            .iter()
            .find(|block| block.number() == number)
        {
            return Ok(Some(block.clone()));
        }
        let Some(body) = view.stored.block_body(number).map_err(read_error)? else {
            return Ok(None);
        };
        let block = Arc::new(decode_body(&body, self.parts.domain).map_err(read_error)?);
        let mut cache = self.cache.lock();
        if cache.len() >= CACHED_BLOCKS {
            cache.pop_front();
        }
        cache.push_back(block.clone());
        Ok(Some(block))
    }

    /// The promise of a transaction, however old.
    pub(super) fn find_promise(&self, hash: B256) -> Result<Option<Promise>, ReadError> {
        if let Some(promise) = self.parts.board.promise(&hash) {
            return Ok(Some(promise));
        }
        let view = self.parts.board.view();
        let Some(location) = view.stored.tx_location(hash).map_err(read_error)? else {
            return Ok(None);
        };
        let Some(block) = self.sealed(location.block)? else {
            return Ok(None);
        };
        Ok(block.place(location.index).map(|(frag, place)| Promise {
            frag: frag.clone(),
            place,
        }))
    }

    fn placed(&self, promise: &Promise) -> Option<PlacedTransaction> {
        let tx = promise.frag.transactions.get(promise.place)?;
        let start: &BlockStart = &promise.frag.start;
        let number = start.opening.number;
        let view = self.parts.board.view();
        let block_hash = if number > view.latest.number() {
            None
        } else if number == view.latest.number() {
            Some(view.latest.hash)
        } else {
            match view.recent.iter().find(|block| block.number() == number) {
                Some(block) => Some(block.hash),
                None => view.stored.block_hash(number).ok().flatten(),
            }
        };
        let transaction = Arc::new(transaction_view(&self.parts.config, start, tx));
        Some(PlacedTransaction {
            transaction,
            block_hash,
        })
    }

    /// The newest published frag; none on a new chain whose first one is not published yet.
    pub(super) fn newest_frag(&self) -> Option<Arc<PublishedFrag>> {
        let view = self.parts.board.view();
        let unsealed = view.unsealed.iter().rev().find_map(|b| b.frags.last());
        unsealed.or(view.latest.frags.last()).cloned()
    }

    /// Asks the sequencer about the pool.
    pub(super) async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> PoolQuestion,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.parts
            .control
            .try_send(SequencerInput::Ask(question(reply)))
            .ok()?;
        tokio::time::timeout(ANSWER_DEADLINE, answer)
            .await
            .ok()?
            .ok()
    }

    /// As [`Self::ask`], from a thread that may block.
    fn ask_blocking<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> PoolQuestion,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.parts
            .control
            .try_send(SequencerInput::Ask(question(reply)))
            .ok()?;
        answer.blocking_recv().ok()
    }

    pub(super) fn pending_base_fee_wei(&self) -> u64 {
        let view = self.parts.board.view();
        let open = view
            .unsealed
            .last()
            .map(|block| block.start.opening.env.baseFee);
        open.unwrap_or(view.latest.start.opening.env.baseFee)
    }

    fn state_at(&self, state: Arc<dyn BaseState>, opening: BlockOpening) -> StateSnapshot {
        StateSnapshot {
            state,
            opening,
            chain_id: self.parts.config.chain_id,
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

impl Chain for GatewayChain {
    type Snapshot = StateSnapshot;
    type Family = OpStack;

    fn chain_id(&self) -> u64 {
        self.parts.config.chain_id
    }

    fn heads(&self) -> Heads {
        // Under --dev nothing is posted to L1: only genesis is safe and finalized.
        Heads {
            latest: self.parts.board.view().latest.number(),
            safe: 0,
            finalized: 0,
        }
    }

    fn block(&self, number: u64) -> Result<Option<Arc<BlockView>>, ReadError> {
        let block = self.sealed(number)?;
        Ok(block.map(|block| Arc::new(sealed_view(&self.parts.config, &block))))
    }

    fn header(&self, number: u64) -> Result<Option<Header>, ReadError> {
        Ok(self.sealed(number)?.map(|block| block.header.clone()))
    }

    fn block_number(&self, hash: B256) -> Result<Option<u64>, ReadError> {
        if hash == self.parts.genesis.hash {
            return Ok(Some(0));
        }
        let view = self.parts.board.view();
        if view.latest.hash == hash {
            return Ok(Some(view.latest.number()));
        }
        if let Some(block) = view.recent.iter().find(|block| block.hash == hash) {
            return Ok(Some(block.number()));
        }
        view.stored.block_number(hash).map_err(read_error)
    }

    fn unsealed(&self) -> Vec<Arc<BlockView>> {
        let view = self.parts.board.view();
        let blocks: Vec<_> = view
            .unsealed
            .iter()
            .map(|block| Arc::new(unsealed_view(&self.parts.config, block)))
            .collect();
        if !blocks.is_empty() {
            return blocks;
        }
        // Between two blocks nothing is open for a moment: the newest sealed one stands in.
        vec![Arc::new(sealed_view(&self.parts.config, &view.latest))]
    }

    fn transaction(&self, hash: B256) -> Result<Option<Located>, ReadError> {
        if let Some(placed) = self
            .find_promise(hash)?
            .and_then(|promise| self.placed(&promise))
        {
            return Ok(Some(Located::Placed(placed)));
        }
        let pooled = tokio::task::block_in_place(|| {
            self.ask_blocking(|reply| PoolQuestion::Transaction(hash, reply))
                .flatten()
        });
        Ok(pooled.map(|tx: Arc<PreparedTx>| {
            Located::Pooled(Arc::new(PoolTransaction {
                hash,
                sender: tx.sender(),
                envelope: tx.envelope().clone(),
            }))
        }))
    }

    fn snapshot(&self, at: StateAt) -> Result<StateSnapshot, ReadError> {
        let view = self.parts.board.view();
        let latest = view.latest.number();
        match at {
            StateAt::Pending => {
                let opening = view.unsealed.last().map_or_else(
                    || view.latest.start.opening.clone(),
                    |b| b.start.opening.clone(),
                );
                Ok(self.state_at(view.pending_state.clone(), opening))
            }
            StateAt::Latest => {
                Ok(self.state_at(view.latest_state.clone(), opening_of(&view.latest.header)))
            }
            StateAt::Block(number) if number == latest => self.snapshot(StateAt::Latest),
            StateAt::Block(number) if number > latest => Err(ReadError::UnknownBlock {
                block: number,
                latest,
            }),
            StateAt::Block(number) => {
                let Some(block) = self.sealed(number)? else {
                    return Err(ReadError::UnknownBlock {
                        block: number,
                        latest,
                    });
                };
                let opening = opening_of(&block.header);
                if let Some((_, state)) = view.recent_states.iter().find(|(n, _)| *n == number) {
                    return Ok(self.state_at(state.clone(), opening));
                }
                let oldest = view.stored.head().oldest_state;
                if number < oldest {
                    return Err(ReadError::StateNotKept {
                        block: number,
                        oldest,
                    });
                }
                let state = Historic {
                    snapshot: view.stored.clone(),
                    number,
                };
                Ok(self.state_at(Arc::new(state), opening))
            }
        }
    }

    fn next_nonce(&self, address: Address) -> Result<u64, ReadError> {
        let asked = tokio::task::block_in_place(|| {
            self.ask_blocking(|reply| PoolQuestion::NextNonce(address, reply))
        });
        if let Some(nonce) = asked {
            return Ok(nonce);
        }
        let account = self
            .parts
            .board
            .view()
            .pending_state
            .account(address)
            .map_err(read_error)?;
        Ok(account.map_or(0, |a| a.nonce))
    }

    fn quoted_tip_wei(&self) -> u128 {
        let pooled = self.parts.metrics.pool_transactions.get().max(0);
        let fullness = usize::try_from(pooled).unwrap_or(0).saturating_mul(1000)
            / self.parts.pool_capacity.max(1);
        self.parts
            .fees
            .quote_wei_per_gas(u32::try_from(fullness).unwrap_or(1000))
    }

    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let entry = self.prepare(raw)?;
        let hash = entry.tx.hash();
        match self.hand_in(entry).await {
            // Sealed long ago, or promised: the same transaction again is a success.
            Err(SubmitError::NonceTooLow { .. })
                if matches!(self.find_promise(hash), Ok(Some(_))) =>
            {
                Ok(hash)
            }
            other => other.map(|()| hash),
        }
    }

    async fn submit_and_wait(
        &self,
        raw: Bytes,
        timeout: Duration,
    ) -> Result<WaitOutcome, SubmitError> {
        let entry = self.prepare(raw)?;
        let hash = entry.tx.hash();
        let promise = self.promised(entry, timeout).await?;
        Ok(promise
            .and_then(|promise| self.placed(&promise))
            .map_or(WaitOutcome::StillWaiting { hash }, WaitOutcome::Promised))
    }

    fn subscribe_own(
        &self,
        kind: &str,
        options: Option<serde_json::Value>,
    ) -> Option<Result<OwnFeed, String>> {
        (kind == "preconfirmations").then(|| preconfirmations(self, options))
    }

    fn subscribe_heads(&self) -> broadcast::Receiver<Arc<BlockView>> {
        self.heads.subscribe()
    }

    fn subscribe_promised(&self) -> broadcast::Receiver<PromisedBatch> {
        self.promised.subscribe()
    }
}
