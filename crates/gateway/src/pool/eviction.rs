//! Which transactions make room for a newcomer when the pool is full.
//!
//! Only the last nonce of a sender ever goes, so nothing is stranded behind a hole. Held transactions go before ready ones,
//! among equals of standing the lowest effective tip first, then the youngest. A ready newcomer displaces any held
//! transaction and ready ones that pay less; a held newcomer displaces only held ones that pay less, so future nonces
//! cannot push out what is executable. The plan is made without touching the pool: a refusal changes nothing.

use super::entry::PoolEntry;
use super::outcome::Standing;
use super::pool::Pool;
use super::tip_index::{Bid, Offer, Worth};
use alloy_primitives::Address;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Most transactions evicted for one newcomer: bounds the time one admission can take.
const MAX_VICTIMS: usize = 64;

/// The transaction that asks for room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer {
    pub(super) sender: Address,
    pub(super) nonce: u64,
    pub(super) standing: Standing,
    pub(super) bid: Bid,
    /// It takes the place of one with the same nonce; its own sender then loses nothing else.
    pub(super) replaces: bool,
}

/// How much too many the newcomer would be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Excess {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

impl Excess {
    pub(super) fn is_none(self) -> bool {
        self.count == 0 && self.bytes == 0
    }

    pub(super) fn less(self, bytes: usize) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            bytes: self.bytes.saturating_sub(bytes),
        }
    }
}

/// A transaction that may go, ordered so that the smallest goes first; its nonce is found in its sender's queue.
type Candidate = (Standing, Worth, u64);

/// A transaction that goes: sender and nonce.
pub(super) type Victim = (Address, u64);

impl<T: PoolEntry> Pool<T> {
    /// Adds to `victims`, in the order in which they have to go, until the excess is gone. One may be in it already, the
    /// newcomer's own last; it must not count in the excess.
    ///
    /// # Errors
    /// What has to be outbid, wei per gas; `None` when no bid would make room.
    pub(super) fn plan_eviction(
        &self,
        newcomer: &Newcomer,
        mut excess: Excess,
        victims: &mut Vec<Victim>,
    ) -> Result<(), Option<u128>> {
        let held = self
            .indexes
            .held_tails
            .ascending()
            .map(|worth| (Standing::Held, worth));
        let ready = self
            .indexes
            .ready_tails
            .ascending()
            .map(|worth| (Standing::Ready, worth));
        let mut listed = held
            .chain(ready)
            .filter_map(|(standing, worth)| self.listed_candidate(standing, worth))
            .peekable();
        // Last ones of their sender once those already in the plan are gone.
        let mut uncovered: BinaryHeap<Reverse<Candidate>> = BinaryHeap::new();
        let planned = victims.last().copied();
        uncovered.extend(
            planned
                .and_then(|(sender, nonce)| self.candidate_before(sender, nonce))
                .map(Reverse),
        );
        while !excess.is_none() {
            let from_listed = match (listed.peek(), uncovered.peek()) {
                (Some(first), Some(Reverse(other))) => first < other,
                (first, _) => first.is_some(),
            };
            let candidate = if from_listed {
                listed.next()
            } else {
                uncovered.pop().map(|Reverse(candidate)| candidate)
            };
            let (standing, (bid, _, sender), nonce) = candidate.ok_or(None)?;
            let own = sender == newcomer.sender;
            let untouchable = own && (newcomer.replaces || nonce < newcomer.nonce);
            if untouchable || planned == Some((sender, nonce)) {
                continue;
            }
            newcomer.may_displace(standing, bid)?;
            if victims.len() >= MAX_VICTIMS {
                return Err(None);
            }
            victims.push((sender, nonce));
            let slot = self
                .senders
                .get(&sender)
                .and_then(|queue| queue.slots.get(&nonce));
            excess = excess.less(slot.map_or(0, |slot| slot.tx.size_bytes()));
            uncovered.extend(self.candidate_before(sender, nonce).map(Reverse));
        }
        Ok(())
    }

    fn listed_candidate(&self, standing: Standing, worth: Worth) -> Option<Candidate> {
        let (nonce, _) = self.senders.get(&worth.2)?.slots.last_key_value()?;
        Some((standing, worth, *nonce))
    }

    fn candidate_before(&self, sender: Address, nonce: u64) -> Option<Candidate> {
        let queue = self.senders.get(&sender)?;
        let (nonce, slot) = queue.slots.range(..nonce).next_back()?;
        if queue.nonce_out() == Some(*nonce) {
            return None;
        }
        let bid = Offer::new(&slot.tx, slot.ordinal).bid(self.base_fee_wei);
        Some((
            queue.standing(*nonce),
            (bid, Reverse(slot.ordinal), sender),
            *nonce,
        ))
    }
}

impl Newcomer {
    fn may_displace(&self, standing: Standing, bid: Bid) -> Result<(), Option<u128>> {
        if standing < self.standing || (standing == self.standing && bid < self.bid) {
            return Ok(());
        }
        Err((standing == self.standing).then_some(match bid {
            Bid::Tip(tip_wei) => tip_wei,
            Bid::Short(_) => 0,
        }))
    }
}
