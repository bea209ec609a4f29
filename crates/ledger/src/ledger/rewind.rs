use super::{Closed, FollowError, Ledger, LedgerError, Work};
use crate::{
    Sealer,
    chain::SealedBlock,
    envelopes::frag_envelope,
    promise::{BlockStart, PublishedFrag},
};
use alloy_primitives::B256;
use forebond_exec::StoreError;
use forebond_protocol::OrderingRule;
use std::sync::Arc;

/// Blocks that are given back at most, so that a deep reorg stays within memory.
const MOST_GIVEN_BACK: usize = 4_096;

impl Ledger {
    /// Makes block `to` the newest one: everything above leaves, sealed or not. Gives the sealed blocks that left, newest first
    /// (at most 4,096 of them).
    ///
    /// # Errors
    /// Below the oldest state that is kept, and then nothing has changed: derive again from genesis. The database failed.
    pub fn rewind(&mut self, to: u64) -> Result<Vec<Arc<SealedBlock>>, LedgerError> {
        self.store_all()?;
        let kept = self.store.head()?;
        if to < kept.oldest_state {
            return Err(StoreError::HistoryPruned {
                asked: to,
                oldest: kept.oldest_state,
                head: kept.number,
            }
            .into());
        }
        // Closed blocks at or below `to` stay.
        while self
            .closed
            .front()
            .is_some_and(|closed| closed.sealed.header.number <= to)
        {
            self.settle(None)?;
        }
        if let Work::Open(open) = &self.work
            && open.number() == to
        {
            self.settle_all()?;
        }
        while let Some(closed) = self.closed.pop_back() {
            self.sealer.undo(&closed.sealed.diff);
        }
        self.store_all()?;
        let mut removed = Vec::new();
        let head = self.latest.number();
        for number in (to.saturating_add(1)..=head).rev().take(MOST_GIVEN_BACK) {
            removed.extend(self.block(number)?);
        }
        if to < head {
            let mut hashes = Vec::new();
            for number in to.saturating_add(1)..=head {
                let block = self.block(number)?;
                let of_block = block.iter().flat_map(|block| block.transactions());
                hashes.extend(of_block.map(|promised| promised.leaf.tx_hash));
            }
            let back = self.store.rewind(to, hashes, self.log_position)?;
            self.sealer.apply(&back);
            let body = self.store.snapshot()?.block_body(to)?;
            self.latest = match body.filter(|_| to > 0) {
                Some(body) => Arc::new(crate::chain::decode_body(&body, self.domain)?),
                None if to == 0 => self.genesis.clone(),
                None => return Err(LedgerError::Mixed(format!("block {to} is missing"))),
            };
        }
        self.sealer.set_parent(self.latest.hash);
        self.work = Work::Idle(self.clean_state()?);
        self.turn = None;
        let snapshot = Arc::new(self.store.snapshot()?);
        self.publisher
            .rewound(self.latest.clone(), snapshot, removed.clone());
        Ok(removed)
    }

    /// Goes back to an earlier frag of the block that is shown last, which a base closes there: `keep` becomes the newest frag. Gives
    /// the frags that left, in order; their promises are broken. The turn of the frags that stay is followed on.
    pub fn rewind_to_frag(&mut self, keep: B256) -> Result<Vec<Arc<PublishedFrag>>, FollowError> {
        let mut frags = self.open_frags();
        let Some(place) = frags.iter().position(|frag| frag.hash == keep) else {
            return Err(LedgerError::OutOfOrder("the frag to go back to is not shown").into());
        };
        let gone = frags.split_off(place.saturating_add(1));
        let Some(first) = frags.first().filter(|_| !gone.is_empty()) else {
            return Ok(gone);
        };
        let base = first.base.clone();
        self.rewind(first.frag.blockNumber.saturating_sub(1))?;
        self.follow_on();
        self.follow_base(base)?;
        for frag in frags {
            self.follow_frag(&frag_envelope(&frag))?;
        }
        Ok(gone)
    }

    /// Executes the open block's published frags again on a clean state: what was executed beyond them is gone.
    pub(super) fn reopen(&mut self) -> Result<(), LedgerError> {
        let Work::Open(open) = &self.work else {
            return Ok(());
        };
        let (start, number) = (open.start.clone(), open.number());
        self.replay(start, number)
    }

    /// Opens the newest closed block again if it is this one and no other is open: what closed it did not hold.
    pub(super) fn reopen_closed(&mut self, number: u64) -> Result<(), LedgerError> {
        let newest = self.closed.back().map(|block| block.sealed.header.number);
        if !matches!(self.work, Work::Idle(_)) || newest != Some(number) {
            return Ok(());
        }
        let Some(Closed { sealed, start }) = self.closed.pop_back() else {
            return Ok(());
        };
        self.sealer.undo(&sealed.diff);
        self.sealer.set_parent(sealed.header.parent_hash);
        self.replay(start, number)
    }

    fn replay(&mut self, start: Arc<BlockStart>, number: u64) -> Result<(), LedgerError> {
        let frags: Vec<_> = self
            .open_frags()
            .into_iter()
            .filter(|frag| frag.frag.blockNumber == number)
            .collect();
        // The state below is that of the closed blocks, which only live in the cache that is dropped.
        let closed: Vec<_> = self
            .closed
            .iter()
            .map(|closed| (closed.sealed.header.number, closed.sealed.diff.clone()))
            .collect();
        let mut state = self.clean_state()?;
        for (number, diff) in closed {
            state.commit_diff(number, &diff);
        }
        for closed in &self.closed {
            state.sealed(closed.sealed.header.number, closed.sealed.hash);
        }
        self.work = Work::Idle(state);
        if frags.is_empty() {
            // Its first frag was refused: the block is not open at all.
            return Ok(());
        }
        self.begin(start, OrderingRule::Arrival)?;
        let Work::Open(open) = &mut self.work else {
            return Err(LedgerError::OutOfOrder("the block did not open again"));
        };
        for promised in frags.iter().flat_map(|frag| &frag.transactions) {
            let executed = open
                .run
                .execute(&promised.tx)
                .map_err(|_| LedgerError::OutOfOrder("a published frag does not execute again"))?;
            open.push(
                promised.tx.clone(),
                executed,
                promised.leaf.coverage,
                None,
                None,
            );
        }
        let book = forebond_protocol::CoverageBook::new(0, 0, 0);
        let _published_already = open.cut(&book);
        Ok(())
    }
}

impl Sealer {
    /// Takes a block's change back.
    fn undo(&mut self, diff: &forebond_exec::StateDiff) {
        self.apply(&diff.reversed());
    }
}
