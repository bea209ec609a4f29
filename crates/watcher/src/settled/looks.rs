use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;

/// A window with a docket of its gateway: last slot, gateway, base.
pub(super) type Key = (u64, u32, B256);

/// Windows that may be looked at now, in L1 slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// L1's slot.
    pub(super) slot: u64,
    /// From this window on, each is looked at with every L1 block.
    pub(super) young: u64,
    /// From this window on, a beacon state still proves that its last slots had blocks.
    pub(super) provable: u64,
    /// Slots from one look at an older window to the next.
    pub(super) between: u64,
}

/// Which windows were looked at, and which are to be.
///
/// A watcher that was down finds windows that are not young any more and were never looked at: as long as they can be proven, they
/// are looked at now and then.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks {
    /// Nothing more comes of them.
    over: BTreeSet<Key>,
    /// Evidence about them is wanted anew.
    wanted: BTreeSet<u64>,
    /// When those that are not young were looked at.
    asked: BTreeMap<Key, u64>,
}

impl Looks {
    /// Forgets what can't be proven any more.
    pub(super) fn forget_before(&mut self, oldest: u64) {
        self.over.retain(|(window, ..)| *window >= oldest);
        self.wanted.retain(|window| *window >= oldest);
        self.asked.retain(|(window, ..), _| *window >= oldest);
    }

    /// Whether a window is to be looked at now.
    pub(super) fn is_due(&self, key: &Key, span: &Span) -> bool {
        let window = key.0;
        let is_within = (span.provable.min(span.young)..span.slot).contains(&window);
        if !is_within || self.over.contains(key) {
            return false;
        }
        let rested = |at: &u64| span.slot.saturating_sub(*at) >= span.between;
        window >= span.young
            || self.wanted.contains(&window)
            || self.asked.get(key).is_none_or(rested)
    }

    /// Notes that a window is looked at.
    pub(super) fn note(&mut self, key: Key, span: &Span) {
        if key.0 < span.young {
            self.asked.insert(key, span.slot);
        }
    }

    /// Nothing more comes of a window, unless its evidence is wanted anew.
    pub(super) fn end(&mut self, key: Key) {
        self.wanted.remove(&key.0);
        self.over.insert(key);
    }

    /// A window's evidence is wanted anew, however long ago it ended.
    pub(super) fn again(&mut self, window: u64) {
        self.over.retain(|(known, ..)| *known != window);
        self.wanted.insert(window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span {
        slot: 1_000,
        young: 900,
        provable: 500,
        between: 32,
    };

    const fn key(window: u64) -> Key {
        (window, 1, B256::ZERO)
    }

    #[test]
    fn a_window_whose_evidence_is_wanted_anew_is_looked_at_though_it_is_not_young() {
        let mut looks = Looks::default();
        looks.note(key(800), &SPAN);
        looks.end(key(800));
        assert!(!looks.is_due(&key(800), &SPAN));
        looks.again(800);
        assert!(looks.is_due(&key(800), &SPAN));
        looks.end(key(800));
        assert!(!looks.is_due(&key(800), &SPAN), "it is built anew once");
    }

    #[test]
    fn windows_that_ended_while_the_watcher_was_down_are_looked_at_as_long_as_they_can_be_proven() {
        let mut looks = Looks::default();
        assert!(!looks.is_due(&key(499), &SPAN));
        assert!(looks.is_due(&key(500), &SPAN));
        assert!(!looks.is_due(&key(1_000), &SPAN), "it is not over");
        looks.note(key(500), &SPAN);
        assert!(!looks.is_due(&key(500), &SPAN), "not with every block");
        let later = Span {
            slot: 1_032,
            ..SPAN
        };
        assert!(looks.is_due(&key(500), &later));
        looks.note(key(950), &SPAN);
        assert!(looks.is_due(&key(950), &SPAN), "a young one is");
        looks.forget_before(501);
        assert!(looks.asked.is_empty());
    }
}
