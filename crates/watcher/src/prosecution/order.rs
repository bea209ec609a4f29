use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alloy_primitives::B256;
use forebond_evidence::{
    Accusation,
    case::{Stage, Step},
};

use super::Standings;

/// Commitments that wait for their evidence at most. Each step of each case takes a block, and a commitment counts for 256: with so
/// many, every one is revealed long before it is over, however many cases there are.
const MOST_COMMITMENTS: usize = 64;

/// Cases without anything to take that are looked at in one walk; the others have their turn in the next ones. Each look is several
/// requests, and thousands of them would keep a case that pays waiting.
const MOST_IDLE: usize = 64;

/// Standings kept of cases that ended.
const MOST_ENDED: usize = 4_096;

/// Whose turn it is: what is committed to is revealed before more is committed to.
///
/// **Attack** - whoever makes hundreds of faults at once would have its first commitment expire before the last one is made, and the
/// watcher would pay for commitments for ever and reveal nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    committed: BTreeSet<B256>,
    /// Cases that wait because there is nothing to take, and the number of the look that said so.
    idle: BTreeMap<B256, u64>,
    looks: u64,
}

impl Turns {
    /// Of all open cases those to look at now, in order: what is committed to, then the dearest, then the oldest window, then a few of
    /// those without anything to take. What is not open any more is forgotten.
    ///
    /// Of faults as dear as each other the one comes last that excuses others: it is brought whatever is left of the bond, and the
    /// others are not. So L1 records each rule that was broken, not only the first one found.
    pub(super) fn sort(&mut self, open: &mut Vec<Accusation>) {
        let ids: BTreeSet<B256> = open.iter().map(|one| one.id).collect();
        self.committed.retain(|id| ids.contains(id));
        self.idle.retain(|id, _| ids.contains(id));
        let busy = open.len().saturating_sub(self.idle.len());
        open.sort_by_key(|one| {
            (
                self.idle.get(&one.id).copied(),
                !self.committed.contains(&one.id),
                std::cmp::Reverse(one.kind.worth()),
                one.kind.excuses_others(),
                one.window,
            )
        });
        open.truncate(busy.saturating_add(MOST_IDLE));
    }

    /// Whether this case may be committed to now.
    pub(super) fn may_commit(&self, id: &B256) -> bool {
        self.committed.contains(id) || self.committed.len() < MOST_COMMITMENTS
    }

    /// Whether a commitment of this case waits for its evidence.
    pub(super) fn is_committed(&self, id: &B256) -> bool {
        self.committed.contains(id)
    }

    /// Takes in where a case stood and which step was taken.
    pub(super) fn note(&mut self, id: B256, stage: Stage, step: Step) {
        if step == Step::WaitForBond {
            self.looks = self.looks.saturating_add(1);
            self.idle.insert(id, self.looks);
        } else {
            self.idle.remove(&id);
        }
        let is_committed = match step {
            Step::Commit(_) => true,
            // L1 doesn't show the commitment yet, or it was not allowed.
            Step::Wait if stage == Stage::Simulated => return,
            // If it failed in its block, the next look tells.
            Step::Reveal => false,
            _ => stage == Stage::Committed,
        };
        if is_committed {
            self.committed.insert(id);
        } else {
            self.committed.remove(&id);
        }
    }
}

/// Whether a step was paid for, so that L1 has gone on by a block.
pub(super) const fn is_paid_for(step: Step) -> bool {
    matches!(
        step,
        Step::Commit(_) | Step::Reveal | Step::Close | Step::ClaimBounty
    )
}

/// Which of the standings are of cases that ended, the first to end first: these leave when there are too many.
#[derive(Clone, Debug, Default)]
pub(super) struct EndedOnes(VecDeque<B256>);

impl EndedOnes {
    /// Notes where a case stands, and whether it has ended.
    pub(super) fn note(&mut self, standings: &mut Standings, id: B256, stage: Stage, ended: bool) {
        standings.insert(id, stage);
        if !ended {
            return;
        }
        self.0.push_back(id);
        while self.0.len() > MOST_ENDED {
            if let Some(oldest) = self.0.pop_front() {
                standings.remove(&oldest);
            }
        }
    }

    /// Forgets the standings of cases that gave way to others: these never end.
    pub(super) fn keep(&self, standings: &mut Standings, open: &[Accusation]) {
        let open = open.iter().map(|one| &one.id);
        let known: BTreeSet<&B256> = self.0.iter().chain(open).collect();
        standings.retain(|id, _| known.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, Bytes, U256};
    use forebond_evidence::{Culprit, Judge, Ripe};

    use super::*;

    fn id(number: u64) -> B256 {
        U256::from(number).into()
    }

    fn accusation(judge: Judge, number: u64) -> Accusation {
        Accusation {
            kind: judge.fault(),
            judge,
            id: id(number),
            culprit: Culprit::Operator(Address::ZERO),
            rollup: Address::ZERO,
            window: number,
            ripe: Ripe::AtOnce,
            evidence: Bytes::new(),
        }
    }

    #[test]
    fn what_is_committed_to_comes_before_a_dearer_case_that_is_not() {
        let mut turns = Turns::default();
        turns.note(id(2), Stage::Committed, Step::Wait);
        let mut open = vec![
            accusation(Judge::Unkept, 1),
            accusation(Judge::Unkept, 2),
            accusation(Judge::Fork, 4),
            accusation(Judge::Fork, 3),
        ];
        turns.sort(&mut open);
        let order: Vec<_> = open.iter().map(|one| one.window).collect();
        assert_eq!(order, [2, 3, 4, 1]);
    }

    /// Pitfall: a base on a parent that never was is two bases as well, the fork took the bond, and nobody recorded what was done.
    #[test]
    fn what_is_brought_without_a_bond_leaves_the_bond_to_the_others() {
        let mut open = vec![
            accusation(Judge::Fork, 1),
            accusation(Judge::FalseClaim, 1),
            accusation(Judge::BrokenBase, 2),
            accusation(Judge::Late, 1),
        ];
        Turns::default().sort(&mut open);
        let order: Vec<_> = open.iter().map(|one| one.judge).collect();
        let expected = [
            Judge::BrokenBase,
            Judge::Fork,
            Judge::FalseClaim,
            Judge::Late,
        ];
        assert_eq!(order, expected);
    }

    /// Pitfall: thousands of cases that bring nothing are looked at with every block, before any that pays.
    #[test]
    fn cases_without_anything_to_take_come_last_and_by_turns() {
        let mut turns = Turns::default();
        let all: Vec<_> = (0..200)
            .map(|number| accusation(Judge::Fork, number))
            .chain([accusation(Judge::Unkept, 900)])
            .collect();
        for one in &all[..200] {
            turns.note(one.id, Stage::Seen, Step::WaitForBond);
        }
        let mut seen = BTreeSet::new();
        for _ in 0..4 {
            let mut open = all.clone();
            turns.sort(&mut open);
            assert_eq!((open[0].window, open.len()), (900, 1 + MOST_IDLE));
            for one in &open[1..] {
                turns.note(one.id, Stage::Seen, Step::WaitForBond);
                seen.insert(one.id);
            }
        }
        assert_eq!(seen.len(), 200);
    }

    #[test]
    fn no_more_is_committed_to_than_can_be_revealed_in_time() {
        let mut turns = Turns::default();
        let mut made = 0;
        for number in 0..300 {
            if turns.may_commit(&id(number)) {
                turns.note(id(number), Stage::Simulated, Step::Commit(B256::ZERO));
                made += 1;
            }
        }
        assert_eq!(made, MOST_COMMITMENTS);
        turns.note(id(0), Stage::Simulated, Step::Wait);
        assert!(
            turns.may_commit(&id(0)),
            "one that is too old is made again"
        );
        turns.note(id(0), Stage::Committed, Step::Reveal);
        assert!(turns.may_commit(&id(299)), "its place is free");
        turns.note(id(1), Stage::Seen, Step::Rebuild);
        assert!(!turns.is_committed(&id(1)));
    }

    #[test]
    fn a_new_case_has_a_standing_however_many_have_ended() {
        let (mut ended, mut standings) = (EndedOnes::default(), Standings::new());
        for number in 0..5_000 {
            ended.note(&mut standings, id(number), Stage::Paid, true);
        }
        assert_eq!(standings.len(), MOST_ENDED);
        ended.note(&mut standings, id(9_999), Stage::Committed, false);
        assert_eq!(standings.get(&id(9_999)), Some(&Stage::Committed));
        ended.keep(&mut standings, &[]);
        assert_eq!(
            standings.len(),
            MOST_ENDED,
            "one that gave way is forgotten"
        );
    }
}
