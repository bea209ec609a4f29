//! One sender's transactions by nonce.
//!
//! ```text
//!   next_nonce          ready_end           run_end
//!       | ready, in order   | held: fee cap     |   gap   | held: future nonces |
//! ```
//! The run is what follows `next_nonce` without a gap. Its front part up to `ready_end` is ready; it ends where the run
//! does or at the first fee cap below the base fee.

use super::entry::PoolEntry;
use super::index::Listed;
use super::outcome::Standing;
use super::turn::Wait;
use alloy_primitives::{B256, U256};
use std::collections::BTreeMap;

/// A queued transaction.
#[derive(Debug)]
pub(super) struct Slot<T> {
    pub(super) tx: T,
    /// While held: when it arrived. While ready: when it became ready.
    pub(super) ordinal: u64,
}

/// Why the sender's first transaction has no turn although it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nothing holds it.
    Free,
    /// Handed out by `next`, the caller has not said yet what became of it.
    Out(B256),
    /// Parked by the caller.
    Parked(Wait),
}

/// Gives out ever growing ordinals.
#[derive(Debug, Default)]
pub(super) struct Ordinals(u64);

impl Ordinals {
    pub(super) fn draw(&mut self) -> u64 {
        self.0 = self.0.saturating_add(1);
        self.0
    }
}

#[derive(Debug)]
pub(super) struct SenderQueue<T> {
    pub(super) next_nonce: u64,
    pub(super) ready_end: u64,
    pub(super) run_end: u64,
    pub(super) slots: BTreeMap<u64, Slot<T>>,
    /// Sum of `max_cost_wei`.
    pub(super) cost_wei: U256,
    pub(super) hold: Hold,
    /// Ordinal at which the last executed transaction had its turn: the next one may not claim an earlier one.
    pub(super) last_turn: u64,
    /// Where the pool's indexes name this sender.
    pub(super) listed: Listed,
}

impl<T: PoolEntry> SenderQueue<T> {
    pub(super) fn new(next_nonce: u64) -> Self {
        Self {
            next_nonce,
            ready_end: next_nonce,
            run_end: next_nonce,
            slots: BTreeMap::new(),
            cost_wei: U256::ZERO,
            hold: Hold::Free,
            last_turn: 0,
            listed: Listed::default(),
        }
    }

    pub(super) fn standing(&self, nonce: u64) -> Standing {
        if nonce < self.ready_end {
            Standing::Ready
        } else {
            Standing::Held
        }
    }

    pub(super) fn ready_count(&self) -> usize {
        usize::try_from(self.ready_end.saturating_sub(self.next_nonce)).unwrap_or(usize::MAX)
    }

    /// The transaction handed out and not yet answered for, by nonce.
    pub(super) fn nonce_out(&self) -> Option<u64> {
        matches!(self.hold, Hold::Out(_)).then_some(self.next_nonce)
    }

    /// Puts a transaction in its place and gives back the one that had it. The nonce must not be below `next_nonce`.
    pub(super) fn insert(
        &mut self,
        tx: T,
        base_fee_wei: u128,
        ordinals: &mut Ordinals,
    ) -> Option<T> {
        let nonce = tx.nonce();
        let payable = tx.max_fee_per_gas() >= base_fee_wei;
        self.cost_wei = self.cost_wei.saturating_add(tx.max_cost_wei());
        let replaced = self.slots.insert(
            nonce,
            Slot {
                tx,
                ordinal: ordinals.draw(),
            },
        );
        if let Some(slot) = &replaced {
            self.cost_wei = self.cost_wei.saturating_sub(slot.tx.max_cost_wei());
        }
        if nonce < self.ready_end && !payable {
            self.ready_end = nonce;
        }
        self.extend(base_fee_wei, ordinals);
        replaced.map(|slot| slot.tx)
    }

    /// Lets the run and its ready part grow as far as nonces and base fee allow; what becomes ready does so now.
    pub(super) fn extend(&mut self, base_fee_wei: u128, ordinals: &mut Ordinals) {
        for nonce in self.slots.range(self.run_end..).map(|(nonce, _)| *nonce) {
            if nonce != self.run_end {
                break;
            }
            self.run_end = nonce.saturating_add(1);
        }
        if self.ready_end == self.run_end {
            return;
        }
        for (nonce, slot) in self.slots.range_mut(self.ready_end..) {
            if *nonce != self.ready_end || slot.tx.max_fee_per_gas() < base_fee_wei {
                break;
            }
            slot.ordinal = ordinals.draw();
            self.ready_end = nonce.saturating_add(1);
        }
    }

    /// Takes the highest nonce out.
    pub(super) fn pop_tail(&mut self) -> Option<T> {
        let (nonce, slot) = self.slots.pop_last()?;
        self.ready_end = self.ready_end.min(nonce);
        self.run_end = self.run_end.min(nonce);
        Some(self.uncount(slot))
    }

    /// Takes the transaction out that has been handed out under this hash; what follows becomes gapped. `None` when there is none such.
    pub(super) fn take_out(&mut self, hash: B256) -> Option<T> {
        if self.hold != Hold::Out(hash) {
            return None;
        }
        let slot = self.slots.remove(&self.next_nonce)?;
        self.hold = Hold::Free;
        self.last_turn = self.last_turn.max(slot.ordinal);
        Some(self.uncount(slot))
    }

    /// Makes everything in the queue held; [`extend`](Self::extend) makes ready again what can be.
    pub(super) fn unready(&mut self) {
        self.ready_end = self.next_nonce;
    }

    /// The transaction at `next_nonce` is gone and nothing takes its place: the rest is gapped.
    pub(super) fn cut_at_head(&mut self) {
        self.ready_end = self.next_nonce;
        self.run_end = self.next_nonce;
    }

    /// Sets the account's next nonce. Going forward it takes out what is overtaken; going back it opens a gap.
    pub(super) fn move_to(&mut self, nonce: u64, mut overtaken: impl FnMut(T)) {
        if nonce == self.next_nonce {
            return;
        }
        let back = nonce < self.next_nonce;
        self.hold = Hold::Free;
        self.next_nonce = nonce;
        if back {
            self.cut_at_head();
            return;
        }
        while let Some(first) = self
            .slots
            .first_entry()
            .filter(|first| *first.key() < nonce)
        {
            let slot = first.remove();
            overtaken(self.uncount(slot));
        }
        self.ready_end = self.ready_end.max(nonce);
        self.run_end = self.run_end.max(nonce);
    }

    fn uncount(&mut self, slot: Slot<T>) -> T {
        self.cost_wei = self.cost_wei.saturating_sub(slot.tx.max_cost_wei());
        slot.tx
    }
}
