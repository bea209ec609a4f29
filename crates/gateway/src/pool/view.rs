//! Looking into the pool without changing it.

use super::entry::PoolEntry;
use super::outcome::Standing;
use super::pool::Pool;
use alloy_primitives::{Address, B256};

/// Sums over the pool.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Executable transactions, counting those behind others of their sender. One whose fee cap the base fee has risen
    /// above is counted here until its turn comes.
    pub ready: usize,
    /// Transactions that wait for a nonce or for the base fee.
    pub held: usize,
    /// Bytes of all transactions.
    pub bytes: usize,
    /// Gas limits of all transactions, summed up.
    pub gas: u64,
    /// Senders with at least one transaction.
    pub senders: usize,
    /// Senders whose turn is parked.
    pub parked_senders: usize,
}

impl<T: PoolEntry> Pool<T> {
    /// Whether a transaction with this hash is in the pool (one handed out still is).
    pub fn contains(&self, hash: &B256) -> bool {
        self.by_hash.contains_key(hash)
    }

    /// The transaction with this hash.
    pub fn get(&self, hash: &B256) -> Option<&T> {
        self.by_hash.get(hash)
    }

    /// The nonce a wallet should use next: the first one free after the sender's unbroken queue, given the account's nonce.
    pub fn pending_nonce(&self, sender: &Address, account_nonce: u64) -> u64 {
        self.senders
            .get(sender)
            .map_or(account_nonce, |queue| queue.run_end.max(account_nonce))
    }

    /// Transactions in the pool.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether there is no transaction.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Bytes of all transactions.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Sums over the pool, in constant time.
    pub fn status(&self) -> PoolStatus {
        PoolStatus {
            ready: self.indexes.ready,
            held: self.len().saturating_sub(self.indexes.ready),
            bytes: self.bytes,
            gas: self.gas,
            senders: self.senders.len(),
            parked_senders: self.indexes.parked_count(),
        }
    }

    /// Up to `max_count` transactions with their standing, each sender's in ascending nonce, senders in no particular order.
    pub fn entries(&self, max_count: usize) -> impl Iterator<Item = (&T, Standing)> {
        self.senders
            .values()
            .flat_map(|queue| {
                queue
                    .slots
                    .iter()
                    .map(|(nonce, slot)| (&slot.tx, queue.standing(*nonce)))
            })
            .take(max_count)
    }

    /// One sender's transactions with their standing, in ascending nonce; no more than the share of a sender.
    pub fn entries_of(&self, sender: &Address) -> impl Iterator<Item = (&T, Standing)> {
        self.senders.get(sender).into_iter().flat_map(|queue| {
            queue
                .slots
                .iter()
                .map(|(nonce, slot)| (&slot.tx, queue.standing(*nonce)))
        })
    }
}
