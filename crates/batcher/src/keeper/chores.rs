use std::collections::BTreeSet;

use forebond_protocol::SlotClock;

/// Most gateways that are counted: more than an epoch has slots for.
const COUNTED: u32 = 64;

/// Who does what first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Our gateway's number.
    pub me: u32,
    /// Gateways there are; at least 1.
    pub gateways: u32,
    /// First epoch in which the rollup has windows.
    pub first_epoch: u64,
    /// Gateways that have a batch to send in the next slots: an account's transactions go one by one, and a chore would hold the
    /// batch up until its window is over.
    pub busy: BTreeSet<u32>,
}

impl Shift {
    /// Our place among those who are not busy, and how many they are; `None` when we are. The order turns by one each epoch.
    fn place(&self, epoch: u64) -> Option<(u64, u64)> {
        let gateways = u64::from(self.gateways.clamp(1, COUNTED));
        let free = |id: u64| !self.busy.iter().any(|busy| u64::from(*busy) == id);
        let order = (0..gateways)
            .map(|place| epoch.wrapping_add(place) % gateways + 1)
            .filter(|id| free(*id));
        let order: Vec<u64> = order.collect();
        let mine = order.iter().position(|id| *id == u64::from(self.me))?;
        Some((mine as u64, order.len() as u64))
    }
}

/// What the Lookahead knows, around the epoch of L1's newest block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The epoch before is proven.
    pub previous: bool,
    /// The epoch is proven.
    pub present: bool,
    /// The next epoch is proven.
    pub next: bool,
    /// The epoch's windows are cached.
    pub cached: bool,
}

/// Something to pay for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chore {
    /// Prove the proposers of the epoch.
    Prove(u64),
    /// Cache the windows of the epoch.
    Cache(u64),
}

/// What is to be done now, `head_slot` being that of L1's newest block. Each slot of the epoch is one gateway's to do chores in, in
/// turn, so that two of them never pay for the same and the next one steps in a slot after one that does nothing.
pub fn due(clock: &SlotClock, shift: &Shift, head_slot: u64, known: &Known) -> Option<Chore> {
    let epoch = clock.epoch_of(head_slot);
    let into = head_slot % clock.slots_per_epoch.max(1);
    let (place, count) = shift.place(epoch)?;
    // Windows reach back by their tail only: the epoch before the first one is nobody's.
    if into % count.max(1) != place || epoch.saturating_add(1) < shift.first_epoch {
        return None;
    }
    if !known.present && epoch >= shift.first_epoch {
        return Some(Chore::Prove(epoch));
    }
    if !known.next {
        return Some(Chore::Prove(epoch.saturating_add(1)));
    }
    let begins = epoch == shift.first_epoch;
    let can_be_cached = epoch >= shift.first_epoch && (known.previous || begins);
    (can_be_cached && !known.cached).then_some(Chore::Cache(epoch))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: SlotClock = SlotClock {
        genesis_s: 0,
        seconds_per_slot: 2,
        slots_per_epoch: 8,
    };

    fn shift(me: u32) -> Shift {
        Shift {
            me,
            gateways: 3,
            first_epoch: 3,
            busy: BTreeSet::new(),
        }
    }

    const PROVEN: Known = Known {
        previous: true,
        present: true,
        next: false,
        cached: false,
    };

    fn at(me: u32, slot: u64, known: &Known) -> Option<Chore> {
        due(&CLOCK, &shift(me), slot, known)
    }

    #[test]
    fn each_slot_is_one_gateways_and_the_order_turns_every_epoch() {
        // Epoch 4 begins with gateway 2, epoch 5 with gateway 3.
        for (slot, worker) in [(32, 2), (33, 3), (34, 1), (35, 2), (40, 3), (41, 1)] {
            for me in 1..=3 {
                let chore = at(me, slot, &PROVEN);
                assert_eq!(chore.is_some(), me == worker, "slot {slot}, gateway {me}");
            }
        }
        assert_eq!(at(2, 32, &PROVEN), Some(Chore::Prove(5)));
    }

    #[test]
    fn whoever_has_a_batch_to_send_is_passed_over() {
        let busy = |me: u32| Shift {
            busy: BTreeSet::from([2]),
            ..shift(me)
        };
        assert_eq!(due(&CLOCK, &busy(2), 32, &PROVEN), None);
        assert_eq!(due(&CLOCK, &busy(3), 32, &PROVEN), Some(Chore::Prove(5)));
        assert_eq!(due(&CLOCK, &busy(1), 33, &PROVEN), Some(Chore::Prove(5)));
    }

    #[test]
    fn an_epoch_that_nobody_proved_in_time_comes_first_and_caching_last() {
        let behind = Known {
            present: false,
            ..PROVEN
        };
        assert_eq!(at(2, 32, &behind), Some(Chore::Prove(4)));
        let both = Known {
            next: true,
            ..PROVEN
        };
        assert_eq!(at(2, 35, &both), Some(Chore::Cache(4)));
        let cached = Known {
            cached: true,
            ..both
        };
        assert_eq!(at(2, 35, &cached), None);
    }

    #[test]
    fn nothing_is_paid_for_before_the_rollup_has_windows() {
        let nothing = Known::default();
        assert!((8..16).all(|slot| at(2, slot, &nothing).is_none()));
        assert_eq!(at(3, 16, &nothing), Some(Chore::Prove(3)));
        let first = Known {
            present: true,
            next: true,
            ..nothing
        };
        // The first epoch has none before it to wait for.
        assert_eq!(at(1, 24, &first), Some(Chore::Cache(3)));
        assert_eq!(at(2, 32, &first), None);
    }
}
