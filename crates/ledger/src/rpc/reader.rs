use super::{
    state::{StateSnapshot, read_error},
    views::transaction_view,
};
use crate::{
    board::{Board, Promise},
    chain::{SealedBlock, decode_body, decode_header},
    promise::{BlockStart, PromisedTx, PublishedFrag},
};
use alloy_consensus::Header;
use alloy_primitives::B256;
use forebond_exec::BaseState;
use forebond_rollup::op::{BlockOpening, ChainConfig};
use forebond_rpc::{PlacedTransaction, ReadError};
use forebond_types::Domain;
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc};

/// Decoded stored blocks kept for the next reader.
const CACHED_BLOCKS: usize = 4;

/// Finds blocks and transactions wherever they are: on the board, or in the store behind it.
#[derive(Debug)]
pub struct ChainReader {
    /// Constants of the chain.
    pub config: ChainConfig,
    /// Signature domain.
    pub domain: Domain,
    /// Block 0.
    pub genesis: Arc<SealedBlock>,
    /// What is published.
    pub board: Arc<Board>,
    cache: Mutex<VecDeque<Arc<SealedBlock>>>,
}

impl ChainReader {
    /// A reader of what `board` shows.
    pub fn new(
        config: ChainConfig,
        domain: Domain,
        genesis: Arc<SealedBlock>,
        board: Arc<Board>,
    ) -> Self {
        Self {
            config,
            domain,
            genesis,
            board,
            cache: Mutex::default(),
        }
    }

    /// A sealed block by number.
    pub fn sealed(&self, number: u64) -> Result<Option<Arc<SealedBlock>>, ReadError> {
        if number == 0 {
            return Ok(Some(self.genesis.clone()));
        }
        let view = self.board.view();
        if number > view.latest.number() {
            return Ok(None);
        }
        if number == view.latest.number() {
            return Ok(Some(view.latest.clone()));
        }
        if let Some(block) = view.recent.iter().find(|block| block.number() == number) {
            return Ok(Some(block.clone()));
        }
        // After a reorg the cache may hold another block of this number.
        let hash = view.stored.block_hash(number).map_err(read_error)?;
        if let Some(block) = self
            .cache
            .lock()
            .iter()
            .find(|block| block.number() == number && Some(block.hash) == hash)
        {
            return Ok(Some(block.clone()));
        }
        let Some(body) = view.stored.block_body(number).map_err(read_error)? else {
            return Ok(None);
        };
        let block = Arc::new(decode_body(&body, self.domain).map_err(read_error)?);
        let mut cache = self.cache.lock();
        if cache.len() >= CACHED_BLOCKS {
            cache.pop_front();
        }
        cache.push_back(block.clone());
        Ok(Some(block))
    }

    /// Header of a sealed block by number.
    pub fn header_of(&self, number: u64) -> Result<Option<Header>, ReadError> {
        let view = self.board.view();
        if number == 0 {
            return Ok(Some(self.genesis.header.clone()));
        }
        if number > view.latest.number() {
            return Ok(None);
        }
        let shown = view.recent.iter().chain([&view.latest]);
        if let Some(block) = shown.into_iter().find(|block| block.number() == number) {
            return Ok(Some(block.header.clone()));
        }
        let body = view.stored.block_body(number).map_err(read_error)?;
        body.map(|body| decode_header(&body).map_err(read_error))
            .transpose()
    }

    /// Hash of a sealed block by number.
    pub fn hash_of(&self, number: u64) -> Result<Option<B256>, ReadError> {
        let view = self.board.view();
        if number == 0 {
            return Ok(Some(self.genesis.hash));
        }
        if number == view.latest.number() {
            return Ok(Some(view.latest.hash));
        }
        if let Some(block) = view.recent.iter().find(|block| block.number() == number) {
            return Ok(Some(block.hash));
        }
        view.stored.block_hash(number).map_err(read_error)
    }

    /// The promise of a transaction, however old.
    pub fn find_promise(&self, hash: B256) -> Result<Option<Promise>, ReadError> {
        if let Some(promise) = self.board.promise(&hash) {
            return Ok(Some(promise));
        }
        let Some((block, index)) = self.locate(hash)? else {
            return Ok(None);
        };
        Ok(block.place(index).map(|(frag, place)| Promise {
            frag: frag.clone(),
            place,
        }))
    }

    /// The sealed block that holds a transaction, and the index in it.
    fn locate(&self, hash: B256) -> Result<Option<(Arc<SealedBlock>, u32)>, ReadError> {
        let view = self.board.view();
        for block in &view.recent {
            // Derived blocks have no promise on the board that would lead to them.
            if block.frags().is_empty()
                && let Some(found) = block.transactions().find(|tx| tx.leaf.tx_hash == hash)
            {
                let index = u32::try_from(found.leaf.index).unwrap_or(u32::MAX);
                return Ok(Some((block.clone(), index)));
            }
        }
        let Some(location) = view.stored.tx_location(hash).map_err(read_error)? else {
            return Ok(None);
        };
        Ok(self
            .sealed(location.block)?
            .map(|block| (block, location.index)))
    }

    /// An executed transaction with its place, promised or derived.
    pub(super) fn placed(&self, hash: B256) -> Result<Option<PlacedTransaction>, ReadError> {
        if let Some(promise) = self.board.promise(&hash) {
            return Ok(self.placed_promise(&promise));
        }
        let Some((block, index)) = self.locate(hash)? else {
            return Ok(None);
        };
        Ok(block
            .transaction(index)
            .map(|tx| self.placed_at(&block.start, tx)))
    }

    /// A promised transaction with its place.
    pub fn placed_promise(&self, promise: &Promise) -> Option<PlacedTransaction> {
        let tx = promise.frag.transactions.get(promise.place)?;
        Some(self.placed_at(&promise.frag.start, tx))
    }

    fn placed_at(&self, start: &BlockStart, tx: &PromisedTx) -> PlacedTransaction {
        let number = start.opening.number;
        let block_hash = self.hash_of(number).ok().flatten();
        PlacedTransaction {
            transaction: Arc::new(transaction_view(&self.config, start, tx)),
            block_hash,
        }
    }

    /// The newest published frag; none on a chain without one at its end.
    pub fn newest_frag(&self) -> Option<Arc<PublishedFrag>> {
        let view = self.board.view();
        let unsealed = view.unsealed.iter().rev().find_map(|b| b.frags.last());
        unsealed.or(view.latest.frags().last()).cloned()
    }

    /// Base fee of the newest block, wei per gas.
    pub fn pending_base_fee_wei(&self) -> u64 {
        let view = self.board.view();
        let open = view
            .unsealed
            .last()
            .map(|block| block.start.opening.env.baseFee);
        open.unwrap_or(view.latest.start.opening.env.baseFee)
    }

    /// State after a block; `root` is that of a sealed one, which can be proven.
    pub(super) fn state_at(
        &self,
        state: Arc<dyn BaseState>,
        opening: BlockOpening,
        root: Option<B256>,
    ) -> StateSnapshot {
        StateSnapshot {
            state,
            opening,
            pruned: None,
            proven: root.map(|root| (root, self.board.proofs().clone())),
            chain_id: self.config.chain_id,
        }
    }
}
