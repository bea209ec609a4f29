use std::collections::BTreeMap;

use alloy_primitives::B256;

use super::types::{DependentRoots, ProposerDuties};

/// Epochs that are remembered; older ones are forgotten.
const EPOCHS_KEPT: usize = 8;

/// The proposers of one epoch, as they follow from one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochDuties {
    /// The epoch.
    pub epoch: u64,
    /// The last block before epoch - 1: while it is canonical, the proposers stand.
    pub dependent_root: B256,
    /// Validator index per slot, from the epoch's first slot on.
    pub proposers: Vec<u64>,
}

/// What a head means for remembered duties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutiesChange {
    /// They are not known yet: fetch them.
    Missing {
        /// The epoch.
        epoch: u64,
    },
    /// A reorg replaced the block they follow from: what was remembered is dropped, fetch again. Commitments issued under
    /// `was` need a look.
    Moved {
        /// The epoch.
        epoch: u64,
        /// The block they followed from.
        was: B256,
        /// The block they follow from now.
        now: B256,
    },
}

/// Remembered duties, by (epoch, dependent root): never by the epoch alone, because a reorg across the dependent block changes
/// them. Until the first slots of an epoch have passed, one slot is enough to move the next epoch's.
#[derive(Clone, Debug, Default)]
pub struct DutiesBook {
    epochs: BTreeMap<u64, EpochDuties>,
}

impl DutiesBook {
    /// Remembers an answer. The oldest epochs are forgotten beyond eight.
    pub fn store(&mut self, epoch: u64, duties: &ProposerDuties) {
        let proposers = duties
            .data
            .iter()
            .map(|duty| duty.validator_index)
            .collect();
        self.epochs.insert(
            epoch,
            EpochDuties {
                epoch,
                dependent_root: duties.dependent_root,
                proposers,
            },
        );
        while self.epochs.len() > EPOCHS_KEPT {
            self.epochs.pop_first();
        }
    }

    /// What is remembered of an epoch.
    pub fn get(&self, epoch: u64) -> Option<&EpochDuties> {
        self.epochs.get(&epoch)
    }

    /// Compares what is remembered with what a head in `epoch` says, and drops what no longer stands.
    pub fn on_head(&mut self, epoch: u64, roots: DependentRoots) -> Vec<DutiesChange> {
        [
            (epoch, roots.current_epoch),
            (epoch.saturating_add(1), roots.next_epoch),
        ]
        .into_iter()
        .filter_map(|(epoch, now)| match self.epochs.get(&epoch) {
            None => Some(DutiesChange::Missing { epoch }),
            Some(known) if known.dependent_root != now => {
                let was = known.dependent_root;
                self.epochs.remove(&epoch);
                Some(DutiesChange::Moved { epoch, was, now })
            }
            Some(_) => None,
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beacon::ProposerDuty;
    use alloy_primitives::FixedBytes;

    fn duties(root: u8) -> ProposerDuties {
        ProposerDuties {
            dependent_root: B256::repeat_byte(root),
            execution_optimistic: false,
            data: vec![ProposerDuty {
                pubkey: FixedBytes::ZERO,
                validator_index: u64::from(root),
                slot: 0,
            }],
        }
    }

    fn roots(current: u8, next: u8) -> DependentRoots {
        DependentRoots {
            current_epoch: B256::repeat_byte(current),
            next_epoch: B256::repeat_byte(next),
        }
    }

    #[test]
    fn duties_are_dropped_when_their_dependent_block_is_replaced() {
        let mut book = DutiesBook::default();
        book.store(5, &duties(1));
        book.store(6, &duties(2));
        assert_eq!(book.on_head(5, roots(1, 2)), []);
        // A one-slot reorg just after the border moves the next epoch only.
        assert_eq!(
            book.on_head(5, roots(1, 3)),
            [DutiesChange::Moved {
                epoch: 6,
                was: B256::repeat_byte(2),
                now: B256::repeat_byte(3)
            }]
        );
        assert!(book.get(5).is_some() && book.get(6).is_none());
        assert_eq!(
            book.on_head(5, roots(1, 3)),
            [DutiesChange::Missing { epoch: 6 }]
        );
    }

    #[test]
    fn memory_is_bounded_however_many_epochs_are_stored() {
        let mut book = DutiesBook::default();
        for epoch in 0..100 {
            book.store(epoch, &duties(1));
        }
        assert_eq!(book.epochs.len(), EPOCHS_KEPT);
        assert!(book.get(99).is_some() && book.get(91).is_none());
    }
}
