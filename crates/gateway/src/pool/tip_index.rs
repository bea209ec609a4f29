//! Senders ordered by the effective tip of one transaction of each, under a base fee that moves every block.
//!
//! The effective tip is the smaller of the tip and of what the base fee leaves of the fee cap. While the base fee is at
//! or below `crossing` = fee cap - tip, the tip decides and does not depend on the base fee; above it the fee cap decides,
//! and the order among such offers does not depend on the base fee either. So two sets, each in a fixed order, and a
//! list of crossings: a new base fee moves only the offers whose crossing lies between the old and the new one.

use super::entry::PoolEntry;
use alloy_primitives::Address;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What places a transaction in an index: its fees and its ordinal (smaller is older).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) fee_cap_wei: u128,
    pub(super) tip_wei: u128,
    pub(super) ordinal: u64,
}

impl Offer {
    pub(super) fn new<T: PoolEntry>(tx: &T, ordinal: u64) -> Self {
        let fee_cap_wei = tx.max_fee_per_gas();
        // A tip above the fee cap never pays more than the fee cap; cutting it keeps `crossing` from wrapping.
        let tip_wei = tx.max_priority_fee_per_gas().min(fee_cap_wei);
        Self {
            fee_cap_wei,
            tip_wei,
            ordinal,
        }
    }

    pub(super) fn bid(&self, base_fee_wei: u128) -> Bid {
        Bid::new(self.fee_cap_wei, self.tip_wei, base_fee_wei)
    }

    fn crossing_wei(&self) -> u128 {
        self.fee_cap_wei.saturating_sub(self.tip_wei)
    }
}

/// What an offer brings at a base fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bid {
    /// The fee cap misses the base fee by so many wei: nothing now, and the more is missing the longer.
    Short(Reverse<u128>),
    /// Effective tip in wei per gas.
    Tip(u128),
}

impl Bid {
    pub(super) fn new(fee_cap_wei: u128, tip_wei: u128, base_fee_wei: u128) -> Self {
        match fee_cap_wei.checked_sub(base_fee_wei) {
            Some(room_wei) => Self::Tip(room_wei.min(tip_wei)),
            None => Self::Short(Reverse(base_fee_wei.saturating_sub(fee_cap_wei))),
        }
    }
}

/// Place in the order: what is offered, then age, where the younger is worth less.
pub(super) type Worth = (Bid, Reverse<u64>, Address);

/// Fee (tip or fee cap, by set), age, sender.
type Key = (u128, Reverse<u64>, Address);

/// At most one offer per sender.
#[derive(Debug, Default)]
pub(super) struct TipIndex {
    base_fee_wei: u128,
    by_tip: BTreeSet<Key>,
    by_fee_cap: BTreeSet<Key>,
    crossings: BTreeMap<(u128, Address), Offer>,
}

impl TipIndex {
    pub(super) fn new(base_fee_wei: u128) -> Self {
        Self {
            base_fee_wei,
            ..Self::default()
        }
    }

    pub(super) fn insert(&mut self, sender: Address, offer: Offer) {
        self.crossings.insert((offer.crossing_wei(), sender), offer);
        self.place(sender, offer);
    }

    pub(super) fn remove(&mut self, sender: Address, offer: Offer) {
        self.crossings.remove(&(offer.crossing_wei(), sender));
        let age = Reverse(offer.ordinal);
        if self.base_fee_wei <= offer.crossing_wei() {
            self.by_tip.remove(&(offer.tip_wei, age, sender));
        } else {
            self.by_fee_cap.remove(&(offer.fee_cap_wei, age, sender));
        }
    }

    /// Moves the offers whose crossing lies between the old and the new base fee.
    pub(super) fn set_base_fee(&mut self, base_fee_wei: u128) {
        let low = self.base_fee_wei.min(base_fee_wei);
        let high = self.base_fee_wei.max(base_fee_wei);
        let crossed = self
            .crossings
            .range((low, Address::ZERO)..(high, Address::ZERO));
        let crossed: Vec<(Address, Offer)> = crossed
            .map(|((_, sender), offer)| (*sender, *offer))
            .collect();
        for (sender, offer) in &crossed {
            self.remove(*sender, *offer);
        }
        self.base_fee_wei = base_fee_wei;
        for (sender, offer) in crossed {
            self.insert(sender, offer);
        }
    }

    /// The sender whose offer has the highest effective tip; the oldest of equals.
    pub(super) fn best(&self) -> Option<Address> {
        let by_tip = self.by_tip.last().map(tip_worth);
        let by_fee_cap = self
            .by_fee_cap
            .last()
            .map(|key| fee_cap_worth(key, self.base_fee_wei));
        by_tip.max(by_fee_cap).map(|(.., sender)| sender)
    }

    /// All offers from the lowest effective tip up; the youngest of equals first.
    pub(super) fn ascending(&self) -> impl Iterator<Item = Worth> {
        let mut by_tip = self.by_tip.iter().map(tip_worth).peekable();
        let mut by_fee_cap = self
            .by_fee_cap
            .iter()
            .map(|key| fee_cap_worth(key, self.base_fee_wei))
            .peekable();
        std::iter::from_fn(move || match (by_tip.peek(), by_fee_cap.peek()) {
            (Some(tip), Some(fee_cap)) if tip < fee_cap => by_tip.next(),
            (Some(_), None) => by_tip.next(),
            _ => by_fee_cap.next(),
        })
    }

    fn place(&mut self, sender: Address, offer: Offer) {
        let age = Reverse(offer.ordinal);
        if self.base_fee_wei <= offer.crossing_wei() {
            self.by_tip.insert((offer.tip_wei, age, sender));
        } else {
            self.by_fee_cap.insert((offer.fee_cap_wei, age, sender));
        }
    }
}

fn tip_worth(key: &Key) -> Worth {
    let (tip_wei, age, sender) = *key;
    (Bid::Tip(tip_wei), age, sender)
}

fn fee_cap_worth(key: &Key, base_fee_wei: u128) -> Worth {
    let (fee_cap_wei, age, sender) = *key;
    (
        Bid::new(fee_cap_wei, fee_cap_wei, base_fee_wei),
        age,
        sender,
    )
}
