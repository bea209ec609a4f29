use std::collections::BTreeMap;

use alloy_primitives::B256;
use forebond_evidence::{Accusation, Culprit};

/// One gateway's or operator's cases take a store's most cases divided by this at most: a quarter holds all that one honest window can
/// go wrong by, and three others still have their places.
const SHARES: u64 = 4;

/// What is known of an open case without reading it.
#[derive(Clone, Copy, Debug)]
struct Place {
    culprit: Culprit,
    worth: u8,
    window: u64,
    is_idle: bool,
}

impl Place {
    const fn of(accusation: &Accusation) -> Self {
        Self {
            culprit: accusation.culprit,
            worth: accusation.kind.worth(),
            window: accusation.window,
            is_idle: false,
        }
    }

    /// What gives way first, from 0: what brings nothing, then the cheapest kind.
    const fn rank(&self) -> u8 {
        if self.is_idle {
            0
        } else {
            self.worth.saturating_add(1)
        }
    }

    /// Whose case it is, whatever the base: a gateway signs any number of those.
    fn is_of(&self, culprit: &Culprit) -> bool {
        match (&self.culprit, culprit) {
            (Culprit::Gateway { gateway, .. }, Culprit::Gateway { gateway: other, .. }) => {
                gateway == other
            }
            (own, other) => own == other,
        }
    }
}

/// Why there is no place for a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// So many cases are open, and none of them is worth less.
    Full(u64),
    /// So many cases of the same culprit are open, and none of them is worth less.
    ShareFull(u64),
}

/// Who has a place in the store, and who gives way.
///
/// **Attack** - gateways register keys without a bond. One that signs contradictions without end would fill the store with cases of
/// the top worth that bring nothing, and a fork that somebody has to pay for would find no place.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(BTreeMap<B256, Place>);

impl Places {
    /// Gives a case a place.
    pub(super) fn take(&mut self, accusation: &Accusation) {
        self.0.insert(accusation.id, Place::of(accusation));
    }

    /// Takes a case's place away.
    pub(super) fn leave(&mut self, id: &B256) {
        self.0.remove(id);
    }

    /// Notes whether a case waits because there is nothing to take for it.
    pub(super) fn note_idle(&mut self, id: &B256, is_idle: bool) {
        if let Some(place) = self.0.get_mut(id) {
            place.is_idle = is_idle;
        }
    }

    /// The case that has to give way to a new one, if any has to.
    pub(super) fn room_for(
        &self,
        accusation: &Accusation,
        most: u64,
    ) -> Result<Option<B256>, NoPlace> {
        let share = (most / SHARES).max(1);
        let own = |place: &Place| place.is_of(&accusation.culprit);
        let owned = self.0.values().filter(|place| own(place)).count() as u64;
        if owned >= share {
            let cheapest = self.cheapest(accusation, own);
            return cheapest.ok_or(NoPlace::ShareFull(share)).map(Some);
        }
        if self.0.len() as u64 >= most {
            let cheapest = self.cheapest(accusation, |_| true);
            return cheapest.ok_or(NoPlace::Full(most)).map(Some);
        }
        Ok(None)
    }

    /// The one that gives way first, the oldest window first, among those that are worth less than the new one.
    fn cheapest(&self, accusation: &Accusation, among: impl Fn(&Place) -> bool) -> Option<B256> {
        let rank = Place::of(accusation).rank();
        self.0
            .iter()
            .filter(|(_, place)| among(place) && place.rank() < rank)
            .min_by_key(|(_, place)| (place.rank(), place.window))
            .map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, Bytes};
    use forebond_evidence::{Judge, Ripe};

    use super::*;

    fn accusation(judge: Judge, gateway: u32, byte: u8) -> Accusation {
        Accusation {
            kind: judge.fault(),
            judge,
            id: B256::repeat_byte(byte),
            culprit: Culprit::Gateway {
                gateway,
                base: B256::repeat_byte(byte),
            },
            rollup: Address::ZERO,
            window: u64::from(byte),
            ripe: Ripe::AtOnce,
            evidence: Bytes::new(),
        }
    }

    #[test]
    fn a_gateway_with_its_share_gives_up_its_own_cases_and_nobody_elses() {
        let mut places = Places::default();
        for byte in 1..=2 {
            places.take(&accusation(Judge::Fork, 1, byte));
        }
        places.take(&accusation(Judge::Unkept, 2, 3));
        let more = accusation(Judge::Fork, 1, 4);
        assert_eq!(places.room_for(&more, 8), Err(NoPlace::ShareFull(2)));
        let others = accusation(Judge::Unkept, 3, 5);
        assert_eq!(places.room_for(&others, 8), Ok(None));
        places.note_idle(&B256::repeat_byte(2), true);
        assert_eq!(
            places.room_for(&more, 8),
            Ok(Some(B256::repeat_byte(2))),
            "what brings nothing gives way to the same gateway's next"
        );
    }

    #[test]
    fn what_brings_nothing_gives_way_to_the_cheapest_case_that_does() {
        let mut places = Places::default();
        for byte in 1..=4 {
            places.take(&accusation(Judge::Fork, u32::from(byte), byte));
        }
        let unkept = accusation(Judge::Unkept, 9, 9);
        assert_eq!(places.room_for(&unkept, 4), Err(NoPlace::Full(4)));
        places.note_idle(&B256::repeat_byte(3), true);
        assert_eq!(places.room_for(&unkept, 4), Ok(Some(B256::repeat_byte(3))));
        places.note_idle(&B256::repeat_byte(3), false);
        assert_eq!(places.room_for(&unkept, 4), Err(NoPlace::Full(4)));
    }
}
