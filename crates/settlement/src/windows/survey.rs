//! Which slots to ask about, and what the answers make of the schedule. Pure.

use alloy_primitives::Bytes;
use alloy_sol_types::SolError;
use forebond_contracts::bindings::Lookahead;
use forebond_protocol::{Schedule, Window};

/// What the Lookahead says about a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Its window.
    Known(Window),
    /// The answer needs proposers of this epoch, which nobody has proven (R12).
    Unproven(u64),
    /// Windows begin with this epoch.
    NotBefore(u64),
}

/// The reason of a revert, when it is one that a survey expects.
pub(crate) fn reason(data: &Bytes) -> Option<Owner> {
    if let Ok(unknown) = Lookahead::LookaheadUnknown::abi_decode(data) {
        return Some(Owner::Unproven(unknown.epoch));
    }
    let before = Lookahead::BeforeFirstEpoch::abi_decode(data).ok()?;
    Some(Owner::NotBefore(before.firstEpoch))
}

/// Asks slot by slot, in the order of slots, over an epoch and the one after.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    slots_per_epoch: u64,
    first_slot: u64,
    next_slot: u64,
    end_slot: u64,
    found: Vec<Window>,
}

/// An answer that no Lookahead gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("slot {slot} was asked for, the Lookahead answered {got:?}")]
pub(crate) struct Nonsense {
    slot: u64,
    got: Owner,
}

impl Survey {
    pub(crate) fn of_epochs(first_epoch: u64, epochs: u64, slots_per_epoch: u64) -> Self {
        let first_slot = first_epoch.saturating_mul(slots_per_epoch);
        Self {
            slots_per_epoch: slots_per_epoch.max(1),
            first_slot,
            next_slot: first_slot,
            end_slot: first_slot.saturating_add(epochs.saturating_mul(slots_per_epoch)),
            found: Vec::new(),
        }
    }

    /// The slot to ask about; none when the survey is complete.
    pub(crate) fn slot(&self) -> Option<u64> {
        (self.next_slot < self.end_slot).then_some(self.next_slot)
    }

    /// Takes the answer for [`Self::slot`]. Every answer moves on, so a survey ends.
    pub(crate) fn answer(&mut self, got: Owner) -> Result<(), Nonsense> {
        let slot = self.next_slot;
        let epoch = slot / self.slots_per_epoch;
        let begin = |epoch: u64| epoch.saturating_mul(self.slots_per_epoch);
        let next = match got {
            Owner::Known(window) => {
                let reaches = window.last_slot.saturating_sub(window.first_slot);
                let fits = window.first_slot <= slot && slot <= window.last_slot;
                if !fits || reaches > 2 * self.slots_per_epoch || window.gateway == 0 {
                    return Err(Nonsense { slot, got });
                }
                self.found.push(window);
                window.last_slot.saturating_add(1)
            }
            // The tail waits for the next epoch: nothing more is known before that one begins.
            Owner::Unproven(unproven) if unproven > epoch => begin(epoch + 1),
            // All of it is unknown.
            Owner::Unproven(unproven) if unproven == epoch => begin(epoch + 1),
            // The window reaches back into an epoch that is not proven: where it began is unknown, the slots behind it may be known.
            Owner::Unproven(_) => slot + 1,
            Owner::NotBefore(first) if first > epoch => begin(first),
            Owner::NotBefore(_) => return Err(Nonsense { slot, got }),
        };
        self.next_slot = next;
        Ok(())
    }

    /// Puts what was found in the place of everything the schedule says of these epochs and later.
    pub(crate) fn write(self, schedule: &mut Schedule) {
        schedule.forget_from(self.first_slot);
        for window in self.found {
            schedule.insert(window);
        }
    }
}

/// Forgets what rested on a proof of `epoch`'s proposers that a reorg took back: its own windows, and the tail before it.
pub(crate) fn forget_proof(schedule: &mut Schedule, epoch: u64, slots_per_epoch: u64) {
    schedule.forget_from(epoch.saturating_mul(slots_per_epoch).saturating_sub(1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolError;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    const EPOCH: u64 = 8;
    /// Depth and handover: where the tail begins.
    const TAIL: u64 = 2;

    /// The Lookahead's rules, slot by slot, over registered slots and proven epochs.
    struct Model {
        registered: BTreeMap<u64, u32>,
        proven: BTreeSet<u64>,
        first_epoch: u64,
    }

    impl Model {
        fn place_of(&self, slot: u64) -> Result<Option<u64>, u64> {
            let epoch = slot / EPOCH;
            let in_epoch = |epoch: u64, from: u64| {
                if !self.proven.contains(&epoch) {
                    return Err(epoch);
                }
                Ok(self
                    .registered
                    .range(from..(epoch + 1) * EPOCH)
                    .next()
                    .map(|(slot, _)| *slot))
            };
            match in_epoch(epoch, slot)? {
                Some(place) => Ok(Some(place)),
                None if slot % EPOCH >= TAIL => in_epoch(epoch + 1, (epoch + 1) * EPOCH),
                None => Ok(None),
            }
        }

        fn window_at(&self, slot: u64) -> Owner {
            if slot / EPOCH < self.first_epoch {
                return Owner::NotBefore(self.first_epoch);
            }
            let place = match self.place_of(slot) {
                Ok(place) => place,
                Err(epoch) => return Owner::Unproven(epoch),
            };
            let same = |other: u64| match (place, self.place_of(other)) {
                (Some(place), Ok(Some(found))) => Ok(place == found),
                // Fallback windows cross neither the border nor the beginning of the tail.
                (None, Ok(None)) => Ok(other / EPOCH == slot / EPOCH
                    && (other % EPOCH >= TAIL) == (slot % EPOCH >= TAIL)),
                (_, Ok(_)) => Ok(false),
                (_, Err(epoch)) => Err(epoch),
            };
            let mut first_slot = slot;
            while first_slot > self.first_epoch * EPOCH {
                match same(first_slot - 1) {
                    Ok(true) => first_slot -= 1,
                    Ok(false) => break,
                    Err(epoch) => return Owner::Unproven(epoch),
                }
            }
            let mut last_slot = slot;
            while place.map_or_else(
                || same(last_slot + 1) == Ok(true),
                |place| last_slot < place,
            ) {
                last_slot += 1;
            }
            Owner::Known(Window {
                gateway: place.map_or(1, |place| self.registered[&place]),
                first_slot,
                last_slot,
            })
        }
    }

    fn survey(model: &Model, epoch: u64, schedule: &mut Schedule) -> usize {
        let mut survey = Survey::of_epochs(epoch, 2, EPOCH);
        let mut asked = 0;
        while let Some(slot) = survey.slot() {
            survey.answer(model.window_at(slot)).unwrap();
            asked += 1;
        }
        survey.write(schedule);
        asked
    }

    #[test]
    fn what_is_not_proven_stays_unknown_and_nothing_behind_it_is_guessed() {
        // Epoch 5 is `. R . . . . . .`; the tail from slot 42 on waits for epoch 6.
        let mut model = Model {
            registered: BTreeMap::from([(41, 2), (50, 3)]),
            proven: BTreeSet::from([4, 5]),
            first_epoch: 0,
        };
        let mut schedule = Schedule::default();
        survey(&model, 5, &mut schedule);
        assert_eq!(schedule.at(41).map(|window| window.gateway), Some(2));
        assert_eq!(schedule.at(42), None);
        model.proven.insert(6);
        survey(&model, 5, &mut schedule);
        let expected = Window {
            gateway: 3,
            first_slot: 42,
            last_slot: 50,
        };
        assert_eq!(schedule.at(42), Some(expected));
        assert_eq!(schedule.at(51), None, "waits for epoch 7");
    }

    /// Pitfall: caches not invalidated on reorg.
    #[test]
    fn a_proof_that_a_reorg_takes_back_takes_its_windows_and_the_tail_before_it_along() {
        let model = Model {
            registered: BTreeMap::from([(41, 2), (50, 3)]),
            proven: BTreeSet::from([4, 5, 6]),
            first_epoch: 0,
        };
        let mut schedule = Schedule::default();
        survey(&model, 5, &mut schedule);
        forget_proof(&mut schedule, 6, EPOCH);
        assert!(schedule.at(41).is_some());
        assert_eq!(schedule.at(42), None);
        // A fallback tail rests on the next epoch's proof as well.
        let empty = Model {
            registered: BTreeMap::from([(41, 2)]),
            ..model
        };
        survey(&empty, 5, &mut schedule);
        assert_eq!(schedule.at(47).map(|window| window.gateway), Some(1));
        forget_proof(&mut schedule, 6, EPOCH);
        assert_eq!(schedule.at(47), None);
    }

    #[test]
    fn nonsense_is_refused_and_expected_reverts_are_understood() {
        let mut survey = Survey::of_epochs(5, 2, EPOCH);
        let elsewhere = Owner::Known(Window {
            gateway: 2,
            first_slot: 60,
            last_slot: 61,
        });
        assert!(survey.answer(elsewhere).is_err());
        assert!(survey.answer(Owner::NotBefore(5)).is_err());
        let unknown = Lookahead::LookaheadUnknown { epoch: 7 }.abi_encode();
        assert_eq!(reason(&unknown.into()), Some(Owner::Unproven(7)));
        let before = Lookahead::BeforeFirstEpoch {
            epoch: 1,
            firstEpoch: 3,
        };
        assert_eq!(
            reason(&before.abi_encode().into()),
            Some(Owner::NotBefore(3))
        );
        assert_eq!(reason(&Bytes::from_static(b"panic")), None);
    }

    proptest! {
        #[test]
        fn a_survey_finds_exactly_what_the_lookahead_knows(
            slots in prop::collection::btree_map(24u64..72, 2u32..5, 0..20),
            proven in prop::collection::btree_set(3u64..9, 0..6),
            first_epoch in 0u64..6,
            epoch in 3u64..7,
        ) {
            let model = Model { registered: slots, proven, first_epoch };
            let mut schedule = Schedule::default();
            let asked = survey(&model, epoch, &mut schedule);
            prop_assert!(asked as u64 <= 2 * EPOCH);
            for slot in epoch * EPOCH..(epoch + 2) * EPOCH {
                let expected = match model.window_at(slot) {
                    Owner::Known(window) => Some(window),
                    _ => None,
                };
                prop_assert_eq!(schedule.at(slot), expected, "slot {}", slot);
            }
        }
    }
}
