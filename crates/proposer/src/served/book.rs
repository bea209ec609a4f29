use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use forebond_beacon::{bls::PublicKeyBytes, signing::fabric::SignedDelegation};
use parking_lot::Mutex;

/// Slots behind the present one that are still shown.
pub const SERVED_SLOTS: u64 = 64;
/// Slots that are shown at most: two epochs to come, and those behind.
const MOST: usize = 1_024;

/// What is shown for a slot, and which relays have it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The gateway's number.
    pub gateway: u32,
    /// As signed.
    pub signed: SignedDelegation,
    /// Relays that took it, by their place in the configuration.
    pub taken_by: BTreeSet<usize>,
}

/// The signed slots that agree with the registry's checkpoint. What does not is not in it, and nobody is shown it.
#[derive(Clone, Debug, Default)]
pub struct SlotBook {
    slots: Arc<Mutex<BTreeMap<(u64, PublicKeyBytes), Standing>>>,
}

impl SlotBook {
    /// What is shown for a slot.
    #[must_use]
    pub fn at(&self, slot: u64) -> Vec<SignedDelegation> {
        let slots = self.slots.lock();
        let from = (slot, PublicKeyBytes::ZERO);
        slots
            .range(from..)
            .take_while(|((at, _), _)| *at == slot)
            .map(|(_, standing)| standing.signed.clone())
            .collect()
    }

    /// To which gateway a slot is handed over, by what is shown.
    #[must_use]
    pub fn gateway_at(&self, slot: u64) -> Option<u32> {
        let slots = self.slots.lock();
        let mut from = slots.range((slot, PublicKeyBytes::ZERO)..);
        let ((at, _), standing) = from.next()?;
        (*at == slot).then_some(standing.gateway)
    }

    /// Whether a slot of a validator is shown for this gateway already.
    #[must_use]
    pub fn has(&self, slot: u64, proposer: PublicKeyBytes, gateway: u32) -> bool {
        let slots = self.slots.lock();
        let found = slots.get(&(slot, proposer));
        found.is_some_and(|standing| standing.gateway == gateway)
    }

    /// Shows a signed slot.
    pub fn show(&self, gateway: u32, signed: SignedDelegation) {
        let mut slots = self.slots.lock();
        let key = (signed.message.slot, signed.message.proposer);
        slots.entry(key).or_insert(Standing {
            gateway,
            signed,
            taken_by: BTreeSet::new(),
        });
        while slots.len() > MOST {
            slots.pop_first();
        }
    }

    /// Leaves, of the slots after `now_slot`, only those for which `stands` says so, and of the older ones the newest.
    pub fn retain(&self, now_slot: u64, stands: impl Fn(u64, &PublicKeyBytes, u32) -> bool) {
        self.slots.lock().retain(|(slot, proposer), standing| {
            if *slot > now_slot {
                stands(*slot, proposer, standing.gateway)
            } else {
                slot.saturating_add(SERVED_SLOTS) >= now_slot
            }
        });
    }

    /// Slots after `now_slot` that a relay does not have yet, nearest first.
    #[must_use]
    pub fn missing_at(&self, relay: usize, now_slot: u64, most: usize) -> Vec<SignedDelegation> {
        let slots = self.slots.lock();
        slots
            .values()
            .filter(|standing| standing.signed.message.slot > now_slot)
            .filter(|standing| !standing.taken_by.contains(&relay))
            .take(most)
            .map(|standing| standing.signed.clone())
            .collect()
    }

    /// A relay took a slot.
    pub fn taken(&self, relay: usize, signed: &SignedDelegation) {
        let key = (signed.message.slot, signed.message.proposer);
        if let Some(standing) = self.slots.lock().get_mut(&key) {
            standing.taken_by.insert(relay);
        }
    }

    /// How many slots after `now_slot` are shown.
    #[must_use]
    pub fn coming(&self, now_slot: u64) -> usize {
        let slots = self.slots.lock();
        slots.keys().filter(|(slot, _)| *slot > now_slot).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256, Bytes};
    use forebond_beacon::{bls::SignatureBytes, signing::fabric::SlotDelegation};

    fn signed(slot: u64) -> SignedDelegation {
        SignedDelegation {
            message: SlotDelegation {
                proposer: PublicKeyBytes::repeat_byte(1),
                delegate: PublicKeyBytes::repeat_byte(2),
                committer: Address::repeat_byte(3),
                slot,
                metadata: Bytes::new(),
            },
            nonce: 0,
            signing_id: B256::ZERO,
            signature: SignatureBytes::ZERO,
        }
    }

    #[test]
    fn what_no_longer_agrees_with_the_checkpoint_is_no_longer_shown() {
        let book = SlotBook::default();
        for slot in [5, 10, 11] {
            book.show(1, signed(slot));
        }
        book.retain(8, |slot, _, gateway| slot != 10 && gateway == 1);
        let shown: Vec<_> = [5, 10, 11].map(|slot| book.at(slot).len()).into();
        assert_eq!(shown, [1, 0, 1]);
        assert_eq!((book.gateway_at(11), book.gateway_at(10)), (Some(1), None));
        book.retain(5 + SERVED_SLOTS + 1, |_, _, _| true);
        assert!(book.at(5).is_empty());
    }

    #[test]
    fn a_relay_gets_each_slot_until_it_has_taken_it() {
        let book = SlotBook::default();
        for slot in [9, 10, 11] {
            book.show(1, signed(slot));
        }
        let missing = |relay| -> Vec<u64> {
            let missing = book.missing_at(relay, 9, 8);
            missing.iter().map(|one| one.message.slot).collect()
        };
        assert_eq!(missing(0), [10, 11]);
        book.taken(0, &signed(10));
        assert_eq!((missing(0), missing(1)), (vec![11], vec![10, 11]));
    }
}
