//! The structure itself: queues, indexes and sums, and the two ways a transaction goes in and out of them.

use super::entry::PoolEntry;
use super::index::Indexes;
use super::limits::PoolLimits;
use super::outcome::{Departed, Departure};
use super::queue::{Ordinals, SenderQueue};
use super::turn::TurnOrder;
use alloy_primitives::{Address, B256};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Transactions that wait for their turn. Owned by the sequencing thread; see the [module](super).
#[derive(Debug)]
pub struct Pool<T> {
    pub(super) limits: PoolLimits,
    pub(super) order: TurnOrder,
    pub(super) base_fee_wei: u128,
    // Seeded hashing: senders choose their addresses and hashes.
    pub(super) senders: HashMap<Address, SenderQueue<T>>,
    pub(super) by_hash: HashMap<B256, T>,
    pub(super) bytes: usize,
    pub(super) gas: u64,
    pub(super) indexes: Indexes,
    pub(super) ordinals: Ordinals,
}

impl<T: PoolEntry + Clone> Pool<T> {
    /// An empty pool under a base fee of zero.
    pub fn new(limits: PoolLimits, order: TurnOrder) -> Self {
        Self {
            limits,
            order,
            base_fee_wei: 0,
            senders: HashMap::new(),
            by_hash: HashMap::new(),
            bytes: 0,
            gas: 0,
            indexes: Indexes::new(order),
            ordinals: Ordinals::default(),
        }
    }

    /// Base fee of the open block, wei per gas.
    pub fn base_fee_wei(&self) -> u128 {
        self.base_fee_wei
    }

    /// Sets the base fee (wei per gas) of the block that opens.
    ///
    /// What it has come down to becomes ready now, oldest first. What it has risen above is found out when its turn comes
    /// (it then becomes held and has lost its place), so the cost is that of the senders concerned, not of the pool.
    pub fn set_base_fee(&mut self, base_fee_wei: u128) {
        self.base_fee_wei = base_fee_wei;
        self.indexes.set_base_fee(base_fee_wei);
        let mut reached: Vec<(u64, Address)> = Vec::new();
        for (_, sender) in self.indexes.uncap(base_fee_wei) {
            let slot = self
                .senders
                .get(&sender)
                .and_then(|queue| queue.slots.get(&queue.ready_end));
            reached.extend(slot.map(|slot| (slot.ordinal, sender)));
        }
        reached.sort_unstable();
        for (_, sender) in reached {
            self.extend(sender);
        }
    }

    /// Changes the order of turns, when a window declares another rule. Takes time in proportion to the senders queued.
    pub fn set_order(&mut self, order: TurnOrder) {
        if order == self.order {
            return;
        }
        self.order = order;
        self.indexes.set_order(order, self.base_fee_wei);
        for (sender, queue) in &mut self.senders {
            queue.listed.head = None;
            self.indexes.settle(*sender, queue);
        }
    }

    /// Tells the pool that an account's next nonce has changed by another way than [`executed`](Self::executed): a deposit
    /// or an EIP-7702 authorization used it, or the state went back. What the nonce has passed goes to `departed`.
    pub fn account_moved(
        &mut self,
        sender: Address,
        next_nonce: u64,
        departed: &mut Vec<Departed<T>>,
    ) {
        let Some(queue) = self.senders.get_mut(&sender) else {
            return;
        };
        let first = departed.len();
        queue.move_to(next_nonce, |tx| {
            departed.push(Departed {
                tx,
                why: Departure::Overtaken,
            })
        });
        for gone in departed.iter().skip(first) {
            self.uncount(&gone.tx);
        }
        self.extend(sender);
    }

    /// Lets the sender's run grow and brings the indexes up to date.
    pub(super) fn extend(&mut self, sender: Address) {
        if let Some(queue) = self.senders.get_mut(&sender) {
            queue.extend(self.base_fee_wei, &mut self.ordinals);
        }
        self.settle(sender);
    }

    /// Brings the indexes up to date after the sender's queue has changed, and forgets the sender when it is empty.
    pub(super) fn settle(&mut self, sender: Address) {
        if let Entry::Occupied(mut entry) = self.senders.entry(sender) {
            self.indexes.settle(sender, entry.get_mut());
            if entry.get().slots.is_empty() {
                entry.remove();
            }
        }
    }

    pub(super) fn count(&mut self, tx: &T) {
        self.by_hash.insert(tx.hash(), tx.clone());
        self.bytes = self.bytes.saturating_add(tx.size_bytes());
        self.gas = self.gas.saturating_add(tx.gas_limit());
    }

    pub(super) fn uncount(&mut self, tx: &T) {
        self.by_hash.remove(&tx.hash());
        self.bytes = self.bytes.saturating_sub(tx.size_bytes());
        self.gas = self.gas.saturating_sub(tx.gas_limit());
    }
}
