//! The batch that waits in pools, for whoever builds or guards the block of its slot.

use std::sync::Arc;

use alloy_primitives::FixedBytes;
use parking_lot::Mutex;

/// A blob's KZG commitment.
pub type Commitment = FixedBytes<48>;

#[derive(Debug)]
struct Waiting {
    slot: u64,
    commitments: Vec<Commitment>,
}

/// What waits, if anything does. Clones see the same.
#[derive(Clone, Debug, Default)]
pub struct WaitingBatch(Arc<Mutex<Option<Waiting>>>);

impl WaitingBatch {
    /// Commitments of the batch that waits for a slot, in the batch's order; nothing when none does.
    #[must_use]
    pub fn of(&self, slot: u64) -> Option<Vec<Commitment>> {
        let waiting = self.0.lock();
        let waiting = waiting.as_ref().filter(|waiting| waiting.slot == slot)?;
        Some(waiting.commitments.clone())
    }

    /// A batch about to be handed to pools; it waits until the handle is dropped.
    pub(super) fn enter(&self, commitments: Vec<Commitment>) -> Entered {
        Entered {
            all: self.clone(),
            commitments,
        }
    }
}

/// One batch on its way.
#[derive(Debug)]
pub(super) struct Entered {
    all: WaitingBatch,
    commitments: Vec<Commitment>,
}

impl Entered {
    /// Pools have it for this slot, and for no earlier one.
    pub(super) fn waits_for(&self, slot: u64) {
        *self.all.0.lock() = Some(Waiting {
            slot,
            commitments: self.commitments.clone(),
        });
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        *self.all.0.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_waits_for_one_slot_at_a_time_and_not_once_its_way_is_over() {
        let waiting = WaitingBatch::default();
        let commitments = vec![Commitment::repeat_byte(1), Commitment::repeat_byte(2)];
        let entered = waiting.enter(commitments.clone());
        assert_eq!(waiting.of(7), None, "no pool has it yet");
        entered.waits_for(7);
        assert_eq!(waiting.of(7), Some(commitments.clone()));
        entered.waits_for(8);
        assert_eq!((waiting.of(7), waiting.of(8)), (None, Some(commitments)));
        drop(entered);
        assert_eq!(waiting.of(8), None);
    }
}
