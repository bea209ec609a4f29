use std::collections::BTreeMap;

use alloy_primitives::B256;
use forebond_evidence::{Brought, FaultKind, faults::excuse::Convicted};
use forebond_types::Base;

/// Verdicts that are remembered.
const MOST_VERDICTS: usize = 1_024;
/// Broken promises and late windows that are remembered.
const MOST_FAULTS: usize = 4_096;

/// A fault that the Slasher announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its identity.
    pub id: B256,
    /// What was done.
    pub kind: FaultKind,
    /// Who was charged.
    pub gateway: u32,
    /// Struct hash of the base it was charged under.
    pub base: B256,
    /// L1 block of the record.
    pub block: u64,
    /// The transaction that brought it.
    pub transaction: B256,
    /// What it brought; `None` while nobody has looked, and `Some(None)` when it cannot be read.
    pub brought: Option<Option<Brought>>,
}

impl Fault {
    /// Whether somebody else can be liable for it.
    pub const fn is_liveness(&self) -> bool {
        matches!(self.kind, FaultKind::Unkept | FaultKind::Late)
    }

    /// Whether it makes its culprit liable for what others built on it.
    pub const fn is_verdict(&self) -> bool {
        matches!(self.kind, FaultKind::Fork | FaultKind::FalseClaim)
    }

    /// The evidence, if it could be read.
    pub const fn evidence(&self) -> Option<&Brought> {
        match &self.brought {
            Some(Some(brought)) => Some(brought),
            _ => None,
        }
    }
}

/// Faults of one rollup as the canonical L1 announces them, within bounds: the oldest are forgotten first, and no number of broken
/// promises pushes out a verdict.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    verdicts: BTreeMap<B256, Fault>,
    faults: BTreeMap<B256, Fault>,
}

impl Announced {
    /// Takes in what L1 shows from a block on; what was announced there before is gone unless it is told again.
    pub fn take(&mut self, from: u64, told: Vec<Fault>) {
        let mut again: BTreeMap<B256, Fault> = BTreeMap::new();
        for kept in [&mut self.verdicts, &mut self.faults] {
            kept.retain(|id, fault| {
                let stays = fault.block < from;
                if !stays {
                    again.insert(*id, fault.clone());
                }
                stays
            });
        }
        for mut fault in told {
            // The same transaction brings the same bytes, in whichever block.
            if let Some(known) = again.remove(&fault.id)
                && known.transaction == fault.transaction
            {
                fault.brought = known.brought.filter(Option::is_some);
            }
            let (kept, most) = if fault.is_verdict() {
                (&mut self.verdicts, MOST_VERDICTS)
            } else if fault.is_liveness() {
                (&mut self.faults, MOST_FAULTS)
            } else {
                continue;
            };
            kept.insert(fault.id, fault);
            while kept.len() > most {
                let oldest = kept.values().min_by_key(|fault| fault.block);
                let Some(oldest) = oldest.map(|fault| fault.id) else {
                    break;
                };
                kept.remove(&oldest);
            }
        }
    }

    /// Forgets what was recorded before a block: its case is closed.
    pub fn forget_before(&mut self, block: u64) {
        self.verdicts.retain(|_, fault| fault.block >= block);
        self.faults.retain(|_, fault| fault.block >= block);
    }

    /// There is somebody who may be liable, and something to be liable for.
    pub fn may_move(&self) -> bool {
        !self.verdicts.is_empty() && !self.faults.is_empty()
    }

    /// Verdicts.
    pub fn verdicts(&self) -> impl Iterator<Item = &Fault> {
        self.verdicts.values()
    }

    /// Broken promises and late windows.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.values()
    }

    /// Faults whose evidence nobody has looked at yet: id and transaction, verdicts first.
    pub fn unread(&self, most: usize) -> Vec<(B256, B256)> {
        self.verdicts()
            .chain(self.faults())
            .filter(|fault| fault.brought.is_none())
            .map(|fault| (fault.id, fault.transaction))
            .take(most)
            .collect()
    }

    /// Notes what a transaction brought; what belongs to another fault is as good as nothing.
    pub fn note(&mut self, id: B256, brought: Option<Brought>) {
        for kept in [&mut self.verdicts, &mut self.faults] {
            if let Some(fault) = kept.get_mut(&id) {
                fault.brought = Some(brought.clone().filter(|one| one.is_of(fault.kind, id)));
            }
        }
    }

    /// The verdicts with their bases, from their own evidence or from whoever has heard them.
    pub fn convicted(&self, base: impl Fn(&B256) -> Option<Base>) -> Vec<Convicted> {
        self.verdicts()
            .filter_map(|verdict| {
                let own = verdict.evidence().map(|one| one.accused.base().clone());
                Some(Convicted {
                    gateway: verdict.gateway,
                    base: own.or_else(|| base(&verdict.base))?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};
    use forebond_evidence::{Accused, fault_ids};
    use forebond_types::CommitterSet;

    use super::*;

    fn fault(byte: u64, kind: FaultKind, block: u64) -> Fault {
        Fault {
            id: B256::from(U256::from(byte)),
            kind,
            gateway: 1,
            base: B256::ZERO,
            block,
            transaction: B256::from(U256::from(byte)),
            brought: None,
        }
    }

    fn ids(announced: &Announced) -> Vec<u64> {
        let all = announced.verdicts().chain(announced.faults());
        all.map(|fault| fault.id.as_slice()[31].into()).collect()
    }

    #[test]
    fn a_reorg_takes_back_what_it_does_not_tell_again() {
        let mut announced = Announced::default();
        let told = vec![
            fault(1, FaultKind::Fork, 10),
            fault(2, FaultKind::Unkept, 11),
            fault(3, FaultKind::Late, 12),
            fault(4, FaultKind::Lie, 12),
        ];
        announced.take(0, told);
        assert_eq!(ids(&announced), [1, 2, 3], "a lie excuses nobody");
        announced.take(11, vec![fault(3, FaultKind::Late, 13)]);
        assert_eq!(ids(&announced), [1, 3]);
        assert!(announced.may_move());
        announced.forget_before(11);
        assert_eq!(ids(&announced), [3]);
        assert!(!announced.may_move());
    }

    #[test]
    fn evidence_is_read_once_and_belongs_to_its_fault() {
        let base = Base {
            window: 9,
            attempt: 0,
            parentBlock: 0,
            parentBlockHash: B256::ZERO,
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        };
        let set = CommitterSet {
            threshold: 1,
            members: vec![Address::repeat_byte(5)],
        };
        let brought = Brought {
            accused: Accused::new(Address::repeat_byte(6), 1, set, base),
            promised: None,
            is_excused: false,
            seals: vec![],
        };
        let late = Fault {
            id: fault_ids::of_window(1, Address::repeat_byte(6), 9),
            ..fault(3, FaultKind::Late, 12)
        };
        let told = || vec![late.clone(), fault(4, FaultKind::Late, 12)];
        let mut announced = Announced::default();
        announced.take(0, told());
        for (id, _) in announced.unread(9) {
            announced.note(id, Some(brought.clone()));
        }
        assert!(announced.unread(9).is_empty());
        let read = |announced: &Announced| {
            let read = announced.faults().filter(|one| one.evidence().is_some());
            read.map(|one| one.id).collect::<Vec<_>>()
        };
        assert_eq!(read(&announced), [late.id], "another fault's is nothing");
        // Told again, what was read is known, and what could not be read is asked for again.
        announced.take(0, told());
        assert_eq!(read(&announced), [late.id]);
        assert_eq!(announced.unread(9).len(), 1);
        let of_another = Fault {
            transaction: B256::ZERO,
            ..late.clone()
        };
        announced.take(0, vec![of_another]);
        assert!(read(&announced).is_empty(), "other bytes brought it");
    }

    #[test]
    fn any_number_of_broken_promises_leaves_the_verdicts_alone() {
        let mut announced = Announced::default();
        announced.take(0, vec![fault(0, FaultKind::FalseClaim, 1)]);
        let most = MOST_FAULTS as u64;
        let many = (1..most + 10).map(|number| fault(number, FaultKind::Unkept, number));
        announced.take(1, {
            let mut told = vec![fault(0, FaultKind::FalseClaim, 1)];
            told.extend(many);
            told
        });
        assert_eq!(announced.verdicts().count(), 1);
        assert_eq!(announced.faults().count(), MOST_FAULTS);
        let oldest = announced.faults().map(|fault| fault.block).min();
        assert_eq!(oldest, Some(10), "the oldest go");
    }
}
