//! The pool itself.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256};
use forebond_rpc::SubmitError;

use super::{Admitted, Candidates, PoolTransaction};
use crate::execution::state::ForkState;

/// How much the pool holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Transactions in all.
    pub max_transactions: usize,
    /// Transactions of one sender; also how far ahead a nonce may be.
    pub max_per_sender: u64,
    /// Blobs in all, 128 KiB each.
    pub max_blobs: usize,
    /// A replacement must raise fee cap and tip by so many percent.
    pub replacement_percent: u128,
    /// A replacement of a blob transaction must raise fee cap, tip and blob fee cap by so many percent.
    pub blob_replacement_percent: u128,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            max_transactions: 8_192,
            max_per_sender: 256,
            max_blobs: 256,
            replacement_percent: 10,
            blob_replacement_percent: 100,
        }
    }
}

/// Waiting transactions by sender and nonce.
#[derive(Debug)]
pub struct Pool {
    limits: PoolLimits,
    senders: HashMap<Address, BTreeMap<u64, Arc<PoolTransaction>>>,
    by_hash: HashMap<B256, Arc<PoolTransaction>>,
    blobs: usize,
    arrivals: u64,
}

impl Pool {
    /// An empty pool.
    pub fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            senders: HashMap::new(),
            by_hash: HashMap::new(),
            blobs: 0,
            arrivals: 0,
        }
    }

    /// Number of transactions.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// A transaction by hash.
    pub fn get(&self, hash: &B256) -> Option<Arc<PoolTransaction>> {
        self.by_hash.get(hash).cloned()
    }

    /// The nonce the account's next transaction needs after `nonce`, its nonce in the state.
    pub fn next_nonce(&self, sender: Address, nonce: u64) -> u64 {
        let mut next = nonce;
        if let Some(queue) = self.senders.get(&sender) {
            while queue.contains_key(&next) {
                next = next.saturating_add(1);
            }
        }
        next
    }

    /// Takes a transaction in, over `state`, the newest one. The same transaction again is a success.
    ///
    /// # Errors
    /// Why not; nothing changes then.
    pub fn insert(&mut self, admitted: Admitted, state: &ForkState) -> Result<B256, SubmitError> {
        let mut transaction = admitted.0;
        let hash = transaction.hash;
        if self.by_hash.contains_key(&hash) {
            return Ok(hash);
        }
        let sender = transaction.sender;
        let account = state.account(sender).unwrap_or_default();
        if account.has_code()
            && !state
                .code(account.code_hash)
                .starts_with(&[0xef, 0x01, 0x00])
        {
            return Err(SubmitError::SenderHasCode);
        }
        let (expected, got) = (account.nonce, transaction.envelope.nonce());
        if got < expected {
            return Err(SubmitError::NonceTooLow { expected, got });
        }
        let highest = expected.saturating_add(self.limits.max_per_sender.saturating_sub(1));
        if got > highest {
            return Err(SubmitError::NonceTooHigh {
                expected,
                highest,
                got,
            });
        }
        let replaced = self
            .senders
            .get(&sender)
            .and_then(|queue| queue.get(&got))
            .cloned();
        if let Some(replaced) = &replaced {
            self.check_replacement(replaced, &transaction)?;
        }
        self.check_funds(&transaction, replaced.as_deref(), account.balance)?;
        self.check_room(&transaction, replaced.as_deref())?;

        if let Some(replaced) = replaced {
            self.remove(&replaced.hash);
        }
        transaction.arrival = self.arrivals;
        self.arrivals = self.arrivals.saturating_add(1);
        self.blobs = self.blobs.saturating_add(transaction.blobs.len());
        let transaction = Arc::new(transaction);
        self.senders
            .entry(sender)
            .or_default()
            .insert(got, Arc::clone(&transaction));
        self.by_hash.insert(hash, transaction);
        Ok(hash)
    }

    /// Removes a transaction.
    pub fn remove(&mut self, hash: &B256) -> Option<Arc<PoolTransaction>> {
        let transaction = self.by_hash.remove(hash)?;
        self.blobs = self.blobs.saturating_sub(transaction.blobs.len());
        if let Some(queue) = self.senders.get_mut(&transaction.sender) {
            queue.remove(&transaction.envelope.nonce());
            if queue.is_empty() {
                self.senders.remove(&transaction.sender);
            }
        }
        Some(transaction)
    }

    /// Drops what `state`, a new newest one, has made impossible for ever: used nonces.
    pub fn drop_used(&mut self, state: &ForkState) {
        let used: Vec<B256> = self
            .by_hash
            .values()
            .filter(|tx| {
                let nonce = state.account(tx.sender).map_or(0, |account| account.nonce);
                tx.envelope.nonce() < nonce
            })
            .map(|tx| tx.hash)
            .collect();
        for hash in used {
            self.remove(&hash);
        }
    }

    /// The transactions that can be executed on `state`, best tip first, each sender's in order of nonce.
    pub(in crate::execution) fn candidates(
        &self,
        state: &ForkState,
        base_fee_wei: u64,
        blob_fee_wei: u128,
    ) -> Candidates<'_> {
        Candidates::new(self.senders.iter(), state, base_fee_wei, blob_fee_wei)
    }

    fn check_replacement(
        &self,
        old: &PoolTransaction,
        new: &PoolTransaction,
    ) -> Result<(), SubmitError> {
        let (old_blobs, new_blobs) = (!old.blobs.is_empty(), !new.blobs.is_empty());
        if old_blobs != new_blobs {
            return Err(SubmitError::Blobs {
                reason: "a transaction with blobs and one without cannot replace each other; wait until the first one is executed"
                    .into(),
            });
        }
        let percent = if old_blobs {
            self.limits.blob_replacement_percent
        } else {
            self.limits.replacement_percent
        };
        let raised = |wei: u128| {
            // Rounded up, and always at least one wei more.
            let more = wei.saturating_mul(percent).div_ceil(100).max(1);
            wei.saturating_add(more)
        };
        let tip = |tx: &PoolTransaction| {
            tx.envelope
                .max_priority_fee_per_gas()
                .unwrap_or(tx.envelope.max_fee_per_gas())
        };
        let (min_fee_cap_wei, min_tip_wei) =
            (raised(old.envelope.max_fee_per_gas()), raised(tip(old)));
        let (fee_cap_wei, tip_wei) = (new.envelope.max_fee_per_gas(), tip(new));
        if fee_cap_wei < min_fee_cap_wei || tip_wei < min_tip_wei {
            return Err(SubmitError::ReplacementUnderpriced {
                min_fee_cap_wei,
                min_tip_wei,
                fee_cap_wei,
                tip_wei,
            });
        }
        let (min_wei, got_wei) = (raised(old.blob_fee_cap_wei()), new.blob_fee_cap_wei());
        if old_blobs && got_wei < min_wei {
            return Err(SubmitError::Blobs {
                reason: format!(
                    "replacement transaction underpriced: want a blob fee cap of {min_wei} wei, have {got_wei}; raise it"
                ),
            });
        }
        Ok(())
    }

    fn check_funds(
        &self,
        new: &PoolTransaction,
        replaced: Option<&PoolTransaction>,
        have_wei: U256,
    ) -> Result<(), SubmitError> {
        let queued_wei = self
            .senders
            .get(&new.sender)
            .into_iter()
            .flat_map(|queue| queue.values())
            .filter(|tx| replaced.is_none_or(|replaced| replaced.hash != tx.hash))
            .fold(U256::ZERO, |sum, tx| sum.saturating_add(tx.max_cost_wei()));
        let want_wei = queued_wei.saturating_add(new.max_cost_wei());
        if want_wei > have_wei {
            return Err(SubmitError::InsufficientFunds {
                have_wei,
                want_wei,
                queued_wei,
            });
        }
        Ok(())
    }

    fn check_room(
        &self,
        new: &PoolTransaction,
        replaced: Option<&PoolTransaction>,
    ) -> Result<(), SubmitError> {
        let freed = replaced.map_or(0, |tx| tx.blobs.len());
        let blobs = self
            .blobs
            .saturating_add(new.blobs.len())
            .saturating_sub(freed);
        let full = replaced.is_none() && self.by_hash.len() >= self.limits.max_transactions;
        if full || blobs > self.limits.max_blobs {
            return Err(SubmitError::PoolFull {
                advice: "send it again after the next block".into(),
            });
        }
        Ok(())
    }
}
