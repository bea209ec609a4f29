//! Slots, windows and turns (R1, R12): who posts when, who signs which blocks. `specs/windows.md` has the rules; the owner of a
//! slot is the contract's to say, here is what follows from it.

use crate::BlockClock;
use std::collections::BTreeMap;

/// Most windows a schedule remembers: several epochs even when each slot is a window of its own.
const MAX_WINDOWS: usize = 1024;

/// When L1 slots begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotClock {
    /// Unix seconds of slot 0.
    pub genesis_s: u64,
    /// Seconds a slot takes; at least 1.
    pub seconds_per_slot: u64,
    /// Slots of an epoch; at least 1.
    pub slots_per_epoch: u64,
}

impl SlotClock {
    /// When `slot` begins, Unix seconds.
    pub const fn start_s(&self, slot: u64) -> u64 {
        self.genesis_s
            .saturating_add(slot.saturating_mul(self.seconds_per_slot))
    }

    /// The slot that runs at `now_ms` (Unix milliseconds); 0 before genesis.
    pub const fn slot_at_ms(&self, now_ms: u64) -> u64 {
        self.slot_at_s(now_ms / 1000)
    }

    /// The slot a timestamp (Unix seconds) lies in; 0 before genesis.
    pub const fn slot_at_s(&self, timestamp_s: u64) -> u64 {
        let length = if self.seconds_per_slot == 0 {
            1
        } else {
            self.seconds_per_slot
        };
        timestamp_s.saturating_sub(self.genesis_s) / length
    }

    /// The epoch of a slot.
    pub const fn epoch_of(&self, slot: u64) -> u64 {
        let length = if self.slots_per_epoch == 0 {
            1
        } else {
            self.slots_per_epoch
        };
        slot / length
    }
}

/// A run of L1 slots in which one gateway alone may post; `last_slot` is its identity (`Base.window`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The gateway's number in the registry.
    pub gateway: u32,
    /// First slot.
    pub first_slot: u64,
    /// Last slot.
    pub last_slot: u64,
}

/// Which blocks belong to which turn: a window shifted `handover_slots` earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnClock {
    /// L1 slots.
    pub slots: SlotClock,
    /// Rollup blocks.
    pub blocks: BlockClock,
    /// H of R1.
    pub handover_slots: u64,
}

/// The blocks of a turn, first and last; empty when `first` is above `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRange {
    /// First block.
    pub first: u64,
    /// Last block.
    pub last: u64,
}

impl BlockRange {
    /// Whether the block lies in it.
    pub const fn contains(&self, number: u64) -> bool {
        self.first <= number && number <= self.last
    }
}

impl TurnClock {
    /// The blocks a window's gateway may sign: `Inbox.blocksOf`. Block 0 is nobody's.
    pub fn blocks_of(&self, window: &Window) -> BlockRange {
        let shift_s = self
            .handover_slots
            .saturating_mul(self.slots.seconds_per_slot);
        let start_s = self.slots.start_s(window.first_slot);
        let end_s = self.slots.start_s(window.last_slot.saturating_add(1));
        BlockRange {
            first: self.first_block_from(start_s.saturating_sub(shift_s)),
            last: self
                .first_block_from(end_s.saturating_sub(shift_s))
                .saturating_sub(1),
        }
    }

    /// The L1 slot whose window's turn the block lies in: `Inbox.earliestPostingSlot`.
    pub const fn posting_slot_of(&self, number: u64) -> u64 {
        self.slots
            .slot_at_s(self.blocks.timestamp_s(number))
            .saturating_add(self.handover_slots)
    }

    /// The highest block that nodes make by themselves in an L1 block of `slot`, when nobody posted it (R8): the last one whose posting
    /// slot lies `sequencing_window_slots` back. 0 when there is none.
    pub fn last_due_in(&self, slot: u64, sequencing_window_slots: u64) -> u64 {
        let Some(slot) = slot.checked_sub(sequencing_window_slots) else {
            return 0;
        };
        let window = Window {
            gateway: 0,
            first_slot: slot,
            last_slot: slot,
        };
        self.blocks_of(&window).last
    }

    /// Lowest block, from 1, with a timestamp at or after `timestamp_s`.
    fn first_block_from(&self, timestamp_s: u64) -> u64 {
        let after_s = timestamp_s.saturating_sub(self.blocks.timestamp_s(0));
        after_s.div_ceil(self.blocks.block_time_s()).max(1)
    }
}

/// The windows known so far, in order. Filled from what the contract says, emptied from a slot on when L1 takes that back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    by_last_slot: BTreeMap<u64, Window>,
}

impl Schedule {
    /// Takes a window in, and forgets every other answer for its slots.
    pub fn insert(&mut self, window: Window) {
        if window.first_slot > window.last_slot {
            return;
        }
        self.by_last_slot.retain(|_, known| {
            known.last_slot < window.first_slot || known.first_slot > window.last_slot
        });
        self.by_last_slot.insert(window.last_slot, window);
        while self.by_last_slot.len() > MAX_WINDOWS {
            self.by_last_slot.pop_first();
        }
    }

    /// Forgets windows that reach `slot` or beyond: what L1 said of them may no longer hold.
    pub fn forget_from(&mut self, slot: u64) {
        self.by_last_slot.retain(|last, _| *last < slot);
    }

    /// The window around a slot, if it is known.
    pub fn at(&self, slot: u64) -> Option<Window> {
        let (_, window) = self.by_last_slot.range(slot..).next()?;
        (window.first_slot <= slot).then_some(*window)
    }

    /// The window with this identity, if it is known.
    pub fn window(&self, last_slot: u64) -> Option<Window> {
        self.by_last_slot.get(&last_slot).copied()
    }

    /// The window right before this one, if it is known.
    pub fn before(&self, window: &Window) -> Option<Window> {
        self.at(window.first_slot.checked_sub(1)?)
    }

    /// The window whose turn a block lies in, if it is known.
    pub fn of_block(&self, clock: &TurnClock, number: u64) -> Option<Window> {
        self.at(clock.posting_slot_of(number))
    }

    /// The first slot from `from` on that no known window holds.
    pub fn known_until(&self, from: u64) -> u64 {
        let mut slot = from;
        while let Some(window) = self.at(slot) {
            slot = window.last_slot.saturating_add(1);
        }
        slot
    }

    /// All known windows, by last slot.
    pub fn iter(&self) -> impl Iterator<Item = &Window> {
        self.by_last_slot.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clock(handover_slots: u64) -> TurnClock {
        TurnClock {
            slots: SlotClock {
                genesis_s: 1_000,
                seconds_per_slot: 12,
                slots_per_epoch: 32,
            },
            blocks: BlockClock::new(1_090, 2).unwrap(),
            handover_slots,
        }
    }

    fn window(first_slot: u64, last_slot: u64) -> Window {
        Window {
            gateway: 1,
            first_slot,
            last_slot,
        }
    }

    #[test]
    fn a_turn_is_its_window_shifted_earlier_and_block_0_is_nobodys() {
        let clock = clock(4);
        // Slots 12 to 13 begin at 1144 and end before 1168; four slots earlier that is 1096 to 1119.
        let range = clock.blocks_of(&window(12, 13));
        assert_eq!((range.first, range.last), (3, 14));
        assert_eq!(clock.blocks.timestamp_s(3), 1096);
        assert_eq!(clock.posting_slot_of(3), 12);
        assert_eq!(clock.posting_slot_of(14), 13);
        assert_eq!(clock.posting_slot_of(15), 14);
        assert_eq!(
            clock.blocks_of(&window(0, 3)),
            BlockRange { first: 1, last: 0 }
        );
    }

    #[test]
    fn a_block_is_due_from_the_slot_on_that_is_a_sequencing_window_after_its_posting_slot() {
        let clock = clock(4);
        for slot in 0..60 {
            let due = clock.last_due_in(slot, 20);
            let expected = (1..200)
                .take_while(|number| clock.posting_slot_of(*number) + 20 <= slot)
                .last();
            assert_eq!(due, expected.unwrap_or(0), "slot {slot}");
        }
    }

    #[test]
    fn a_reorg_takes_windows_back_and_a_new_answer_replaces_the_old_one() {
        let mut schedule = Schedule::default();
        schedule.insert(window(10, 12));
        schedule.insert(window(13, 20));
        assert_eq!(schedule.known_until(10), 21);
        schedule.insert(window(13, 15));
        assert_eq!(schedule.at(16), None);
        assert_eq!(schedule.at(14), Some(window(13, 15)));
        schedule.forget_from(13);
        assert_eq!(schedule.known_until(10), 13);
    }

    proptest! {
        #[test]
        fn neighbouring_windows_have_neighbouring_turns_and_each_block_one(
            cuts in prop::collection::btree_set(0u64..400, 2..20),
            handover in 1u64..8,
        ) {
            let clock = clock(handover);
            let mut schedule = Schedule::default();
            let cuts: Vec<_> = cuts.into_iter().collect();
            let windows: Vec<_> = cuts.windows(2).map(|p| window(p[0], p[1] - 1)).collect();
            for w in &windows {
                schedule.insert(*w);
            }
            for pair in windows.windows(2) {
                let (a, b) = (clock.blocks_of(&pair[0]), clock.blocks_of(&pair[1]));
                prop_assert_eq!(a.last + 1, b.first.max(a.last + 1));
            }
            for number in 1..500u64 {
                if let Some(found) = schedule.of_block(&clock, number) {
                    prop_assert!(clock.blocks_of(&found).contains(number));
                }
                let holders = windows.iter().filter(|w| clock.blocks_of(w).contains(number)).count();
                prop_assert!(holders <= 1);
            }
        }
    }
}
