//! The order in which a block takes transactions: the best tip first, each sender's by nonce.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, btree_map},
    sync::Arc,
};

use alloy_primitives::Address;

use super::PoolTransaction;
use crate::execution::state::ForkState;

type Queue = BTreeMap<u64, Arc<PoolTransaction>>;

/// A sender's next transaction, by what it pays; of two that pay the same the earlier arrival is greater.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    tip_wei: u128,
    arrival: Reverse<u64>,
    lane: usize,
}

/// Walks the pool for one block. After each transaction the caller says whether its sender goes on.
pub(in crate::execution) struct Candidates<'a> {
    lanes: Vec<Lane<'a>>,
    heap: BinaryHeap<Rank>,
    base_fee_wei: u64,
    blob_fee_wei: u128,
}

struct Lane<'a> {
    queue: btree_map::Range<'a, u64, Arc<PoolTransaction>>,
    next: Option<Arc<PoolTransaction>>,
    nonce: u64,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(
        senders: impl Iterator<Item = (&'a Address, &'a Queue)>,
        state: &ForkState,
        base_fee_wei: u64,
        blob_fee_wei: u128,
    ) -> Self {
        let lanes = senders
            .map(|(sender, queue)| {
                let nonce = state.account(*sender).map_or(0, |account| account.nonce);
                Lane {
                    queue: queue.range(nonce..),
                    next: None,
                    nonce,
                }
            })
            .collect::<Vec<_>>();
        let mut candidates = Self {
            heap: BinaryHeap::with_capacity(lanes.len()),
            lanes,
            base_fee_wei,
            blob_fee_wei,
        };
        for lane in 0..candidates.lanes.len() {
            candidates.advance(lane);
        }
        candidates
    }

    /// The best transaction left, and the lane to [`advance`](Self::advance) when it was executed; a lane that is not
    /// advanced is done for this block.
    pub(in crate::execution) fn pop(&mut self) -> Option<(Arc<PoolTransaction>, usize)> {
        let rank = self.heap.pop()?;
        let transaction = self.lanes.get_mut(rank.lane)?.next.take()?;
        Some((transaction, rank.lane))
    }

    /// Puts the next transaction of a lane in its place, if it pays this block's fees and leaves no gap.
    pub(in crate::execution) fn advance(&mut self, lane: usize) {
        let Some(entry) = self.lanes.get_mut(lane) else {
            return;
        };
        let Some((nonce, transaction)) = entry.queue.next() else {
            return;
        };
        if *nonce != entry.nonce {
            return;
        }
        entry.nonce = entry.nonce.saturating_add(1);
        let pays_for_blobs = !transaction.envelope.is_eip4844()
            || transaction.blob_fee_cap_wei() >= self.blob_fee_wei;
        if let Some(tip_wei) = transaction.tip_at(self.base_fee_wei)
            && pays_for_blobs
        {
            self.heap.push(Rank {
                tip_wei,
                arrival: Reverse(transaction.arrival),
                lane,
            });
            entry.next = Some(Arc::clone(transaction));
        }
    }
}
