use std::collections::BTreeSet;

use forebond_protocol::{Schedule, SlotClock};

/// Most gateways that are counted: more than an epoch has slots for.
const COUNTED: u32 = 64;

/// Slots a chore may take before it is given up and looked at again.
pub(crate) const PATIENCE_SLOTS: u64 = 2;

/// Who does what first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Our gateway's number.
    pub me: u32,
    /// Gateways there are; at least 1.
    pub gateways: u32,
    /// First epoch in which the rollup has windows.
    pub first_epoch: u64,
    /// Who has something better to do.
    pub busy: Busy,
}

/// Gateways that have a batch to send: an account's transactions go one by one, and a chore would hold the batch up until its window
/// is over. Who owns the next window, too, is not among them, for it posts the rest then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// In the slots a chore usually takes: the next two.
    pub soon: BTreeSet<u32>,
    /// In the very next slot.
    pub now: BTreeSet<u32>,
    /// Nobody is known to own a slot whose turn comes before two chores are done: windows end in the middle of an epoch when its last
    /// proposers are not registered, and the rest is the next epoch's first one's (R12).
    pub ends_soon: bool,
}

impl Busy {
    /// As the known windows say, whose turns come `handover_slots` before them.
    pub fn before(schedule: &Schedule, next_slot: u64, handover_slots: u64) -> Self {
        let horizon = next_slot
            .saturating_add(handover_slots)
            .saturating_add(PATIENCE_SLOTS * 2);
        let ending_by = |last: u64| {
            (next_slot..=last)
                .filter_map(|slot| schedule.at(slot))
                .filter(|window| window.last_slot <= last)
                .filter(|window| {
                    let after = schedule.at(window.last_slot.saturating_add(1));
                    after.is_none_or(|after| after.gateway != window.gateway)
                })
                .map(|window| window.gateway)
                .collect()
        };
        Self {
            soon: ending_by(next_slot.saturating_add(1)),
            now: ending_by(next_slot),
            ends_soon: schedule.at(horizon).is_none(),
        }
    }
}

impl Shift {
    /// Whether the slot with this place in its epoch is ours among those who are not busy. The order turns by one each epoch.
    fn is_ours(&self, epoch: u64, into: u64, busy: &BTreeSet<u32>) -> bool {
        let gateways = u64::from(self.gateways.clamp(1, COUNTED));
        let free = |id: u64| !busy.iter().any(|busy| u64::from(*busy) == id);
        let order = (0..gateways)
            .map(|place| epoch.wrapping_add(place) % gateways + 1)
            .filter(|id| free(*id));
        let order: Vec<u64> = order.collect();
        let mine = order.iter().position(|id| *id == u64::from(self.me));
        mine.is_some_and(|mine| into % order.len().max(1) as u64 == mine as u64)
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
/// turn, so that two of them never pay for the same and the next one steps in a slot after one that does nothing. A proof without which
/// windows end soon comes before all but a batch of the very next slot: with windows the rollup would end, however many gateways live.
pub fn due(clock: &SlotClock, shift: &Shift, head_slot: u64, known: &Known) -> Option<Chore> {
    let epoch = clock.epoch_of(head_slot);
    let into = head_slot % clock.slots_per_epoch.max(1);
    // Windows reach back by their tail only: the epoch before the first one is nobody's.
    if epoch.saturating_add(1) < shift.first_epoch {
        return None;
    }
    let missing = if !known.present && epoch >= shift.first_epoch {
        Some(epoch)
    } else {
        (!known.next).then_some(epoch.saturating_add(1))
    };
    if let Some(missing) = missing {
        let busy = if hurry(clock, shift.busy.ends_soon, head_slot, missing) {
            &shift.busy.now
        } else {
            &shift.busy.soon
        };
        return shift
            .is_ours(epoch, into, busy)
            .then_some(Chore::Prove(missing));
    }
    let begins = epoch == shift.first_epoch;
    let can_be_cached = epoch >= shift.first_epoch && (known.previous || begins);
    (can_be_cached && !known.cached && shift.is_ours(epoch, into, &shift.busy.soon))
        .then_some(Chore::Cache(epoch))
}

/// As [`due`], for somebody who serves no window: proofs only, and only when the gateways have let their time pass. The second half of
/// an epoch is for stepping in, each bystander from a slot of it that `salt` chooses on; an epoch that has begun unproven is
/// everybody's at once.
pub fn due_for_bystander(
    clock: &SlotClock,
    salt: u64,
    first_epoch: u64,
    head_slot: u64,
    known: &Known,
) -> Option<Chore> {
    let epoch = clock.epoch_of(head_slot);
    if !known.present && epoch >= first_epoch {
        return Some(Chore::Prove(epoch));
    }
    let next = epoch.saturating_add(1);
    if known.next || next < first_epoch {
        return None;
    }
    let length = clock.slots_per_epoch.max(1);
    // Past the half by one slot at least: there the gateways hurry. The last slots stay free, for a proof takes two.
    let places = (length / 2).saturating_sub(PATIENCE_SLOTS).max(1);
    let from = length / 2 + 1 + salt % places;
    (head_slot % length >= from.min(length.saturating_sub(1))).then_some(Chore::Prove(next))
}

/// The epoch is here, or the second half of the one before, or windows end soon.
fn hurry(clock: &SlotClock, ends_soon: bool, head_slot: u64, missing: u64) -> bool {
    let into = head_slot % clock.slots_per_epoch.max(1);
    ends_soon
        || missing == clock.epoch_of(head_slot)
        || into.saturating_mul(2) >= clock.slots_per_epoch
}

/// Whether a proof goes before a batch of ours that may still land in the slots up to `batch_until`: while there is room for both, and
/// when the proof cannot wait. A gateway that is alone and always has something to post would else never come to it, and a batch
/// that comes late is only dearer, where a proof that comes late stops the rollup.
pub fn goes_first(
    clock: &SlotClock,
    ends_soon: bool,
    head_slot: u64,
    next_slot: u64,
    missing: u64,
    batch_until: u64,
) -> bool {
    batch_until >= next_slot.saturating_add(PATIENCE_SLOTS)
        || hurry(clock, ends_soon, head_slot, missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use forebond_protocol::Window;

    #[test]
    fn a_proof_goes_before_a_batch_that_can_wait_and_when_it_cannot_wait_itself() {
        // Slots 32 to 39 are epoch 4; epoch 5 is missing.
        let first = |head: u64, until: u64| goes_first(&CLOCK, false, head, head + 1, 5, until);
        assert!(goes_first(&CLOCK, true, 32, 33, 5, 34));
        assert!(first(32, 35));
        assert!(!first(32, 34));
        assert!(!first(35, 36));
        assert!(first(36, 36));
        // An epoch that has begun already.
        assert!(goes_first(&CLOCK, false, 33, 34, 4, 34));
    }

    #[test]
    fn a_bystander_steps_in_only_after_the_gateways_had_their_time() {
        let from = |salt: u64, known: &Known| {
            (32..40).find(|slot| due_for_bystander(&CLOCK, salt, 3, *slot, known).is_some())
        };
        // Gateways hurry from slot 36 on.
        assert_eq!(from(0, &PROVEN), Some(37));
        assert_eq!(from(1, &PROVEN), Some(38));
        assert_eq!(
            from(
                7,
                &Known {
                    next: true,
                    ..PROVEN
                }
            ),
            None
        );
        let behind = Known {
            present: false,
            ..PROVEN
        };
        assert_eq!(
            due_for_bystander(&CLOCK, 5, 3, 32, &behind),
            Some(Chore::Prove(4))
        );
        // Before the rollup has windows, nothing; the epoch before its first, the first.
        assert_eq!(due_for_bystander(&CLOCK, 0, 6, 39, &Known::default()), None);
        assert_eq!(
            due_for_bystander(&CLOCK, 0, 5, 39, &Known::default()),
            Some(Chore::Prove(5))
        );
    }

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
            busy: Busy::default(),
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

    fn window(gateway: u32, first_slot: u64, last_slot: u64) -> Window {
        Window {
            gateway,
            first_slot,
            last_slot,
        }
    }

    #[test]
    fn whoever_has_a_batch_to_send_is_passed_over() {
        let busy = |me: u32| Shift {
            busy: Busy {
                soon: BTreeSet::from([2]),
                ..Busy::default()
            },
            ..shift(me)
        };
        assert_eq!(due(&CLOCK, &busy(2), 32, &PROVEN), None);
        assert_eq!(due(&CLOCK, &busy(3), 32, &PROVEN), Some(Chore::Prove(5)));
        assert_eq!(due(&CLOCK, &busy(1), 33, &PROVEN), Some(Chore::Prove(5)));
    }

    #[test]
    fn who_is_busy_owns_a_window_that_ends_and_not_the_next_one() {
        let mut schedule = Schedule::default();
        for one in [
            window(1, 10, 10),
            window(2, 11, 11),
            window(2, 12, 14),
            window(3, 15, 15),
        ] {
            schedule.insert(one);
        }
        let busy = |next_slot| {
            let Busy { soon, now, .. } = Busy::before(&schedule, next_slot, 2);
            let list = |set: BTreeSet<u32>| set.into_iter().collect::<Vec<_>>();
            (list(soon), list(now))
        };
        // Gateway 2 posts in its second window what it does not in its first.
        assert_eq!(busy(10), (vec![1], vec![1]));
        assert_eq!(busy(11), (vec![], vec![]));
        assert_eq!(busy(13), (vec![2], vec![]));
        assert_eq!(busy(14), (vec![2, 3], vec![2]));
    }

    /// Windows of one slot each by turns: somebody always has a batch to send.
    #[test]
    fn however_busy_all_are_the_next_epoch_is_proven_in_time() {
        let mut schedule = Schedule::default();
        for slot in 24..56 {
            schedule.insert(window(u32::try_from(slot % 2).unwrap() + 1, slot, slot));
        }
        let worker = |slot: u64| {
            (1..=2).find(|me| {
                let shift = Shift {
                    me: *me,
                    gateways: 2,
                    first_epoch: 3,
                    busy: Busy::before(&schedule, slot + 1, 2),
                };
                due(&CLOCK, &shift, slot, &PROVEN).is_some()
            })
        };
        assert!((32..36).all(|slot| worker(slot).is_none()));
        for slot in 36..40 {
            let owner = schedule.at(slot + 1).unwrap().gateway;
            assert_eq!(worker(slot), Some(3 - owner), "slot {slot}");
        }
    }

    /// The last registered proposer of epoch 4 has slot 36: who owns 37 to 39 stands in the next epoch.
    #[test]
    fn where_windows_end_in_mid_epoch_the_next_one_is_proven_at_once() {
        let mut schedule = Schedule::default();
        schedule.insert(window(1, 30, 33));
        schedule.insert(window(2, 34, 36));
        let ends_soon = |next_slot| Busy::before(&schedule, next_slot, 2).ends_soon;
        assert!(!ends_soon(30));
        assert!(ends_soon(31));
        let busy = |ends_soon| Shift {
            gateways: 2,
            busy: Busy {
                soon: BTreeSet::from([1, 2]),
                now: BTreeSet::from([1]),
                ends_soon,
            },
            ..shift(2)
        };
        assert_eq!(due(&CLOCK, &busy(false), 32, &PROVEN), None);
        assert_eq!(due(&CLOCK, &busy(true), 32, &PROVEN), Some(Chore::Prove(5)));
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
