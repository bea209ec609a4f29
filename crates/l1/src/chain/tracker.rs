use std::collections::VecDeque;

use alloy_primitives::B256;

use crate::execution::BlockRef;

/// The canonical chain as far as it was applied, and what to do about a head. Pure: the follower fetches and reports.
#[derive(Clone, Debug)]
pub struct ChainTracker {
    /// Applied blocks, oldest first; at most `depth`.
    applied: VecDeque<BlockRef>,
    depth: usize,
}

/// What a branch that ends in a new head means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Fetch this block and put it in front of the branch: it does not reach what was applied yet.
    Fetch(B256),
    /// Undo these, newest first; then apply those, oldest first. Both may be empty.
    Move {
        /// Blocks that are no longer canonical.
        undo: Vec<BlockRef>,
        /// Blocks of the branch that are new.
        apply: Vec<BlockRef>,
    },
}

/// Why a branch cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackerError {
    /// A reorg below everything that is remembered. What was derived from the chain must be derived again.
    #[error(
        "the chain was replaced below block {oldest}, the oldest of the {depth} blocks remembered: derive again from a final block"
    )]
    TooDeep {
        /// Oldest block remembered.
        oldest: u64,
        /// Blocks remembered.
        depth: usize,
    },
    /// Blocks that are no chain.
    #[error("block {number} names the parent {expected}, but the node gave {got} for it")]
    Broken {
        /// The child.
        number: u64,
        /// Its parent's hash.
        expected: B256,
        /// What came instead.
        got: B256,
    },
}

impl ChainTracker {
    /// Begins behind `start`, which counts as applied: the first block told is its child.
    pub fn new(start: BlockRef, depth: usize) -> Self {
        Self {
            applied: VecDeque::from([start]),
            depth: depth.max(1),
        }
    }

    /// The newest block applied.
    pub fn tip(&self) -> Option<BlockRef> {
        self.applied.back().copied()
    }

    /// What to do about `branch`: blocks from the newest one known to be missing up to the head, each the parent of the next.
    ///
    /// # Errors
    /// [`TrackerError`].
    pub fn plan(&self, branch: &[BlockRef]) -> Result<Plan, TrackerError> {
        for pair in branch.windows(2) {
            if let [parent, child] = pair
                && (child.parent_hash != parent.hash || child.number != parent.number + 1)
            {
                return Err(TrackerError::Broken {
                    number: child.number,
                    expected: child.parent_hash,
                    got: parent.hash,
                });
            }
        }
        let (Some(first), Some(oldest)) = (branch.first(), self.applied.front()) else {
            return Ok(Plan::Move {
                undo: Vec::new(),
                apply: Vec::new(),
            });
        };
        // The branch may begin with, or behind, a block that is applied already.
        let known = branch
            .iter()
            .take_while(|block| {
                self.applied
                    .iter()
                    .any(|applied| applied.hash == block.hash)
            })
            .count();
        let ancestor = match known.checked_sub(1).and_then(|last| branch.get(last)) {
            Some(block) => block.hash,
            None => first.parent_hash,
        };
        let Some(place) = self.applied.iter().position(|block| block.hash == ancestor) else {
            return if first.number <= oldest.number {
                Err(TrackerError::TooDeep {
                    oldest: oldest.number,
                    depth: self.applied.len(),
                })
            } else {
                Ok(Plan::Fetch(first.parent_hash))
            };
        };
        let mut undo: Vec<_> = self.applied.iter().skip(place + 1).copied().collect();
        undo.reverse();
        let apply: Vec<_> = branch.iter().skip(known).copied().collect();
        if apply.is_empty() && !undo.is_empty() {
            // An ancestor of the tip as head: a node that lags, not a reorg. What replaces the tip will show.
            return Ok(Plan::Move {
                undo: Vec::new(),
                apply,
            });
        }
        Ok(Plan::Move { undo, apply })
    }

    /// Takes the newest block back; `None` when only the oldest remembered one is left.
    pub fn undo(&mut self) -> Option<BlockRef> {
        if self.applied.len() > 1 {
            self.applied.pop_back()
        } else {
            None
        }
    }

    /// Takes a child of the tip.
    ///
    /// # Errors
    /// [`TrackerError::Broken`] unless it is one.
    pub fn apply(&mut self, block: BlockRef) -> Result<(), TrackerError> {
        if let Some(tip) = self.tip()
            && (block.parent_hash != tip.hash || block.number != tip.number + 1)
        {
            return Err(TrackerError::Broken {
                number: block.number,
                expected: block.parent_hash,
                got: tip.hash,
            });
        }
        self.applied.push_back(block);
        if self.applied.len() > self.depth {
            self.applied.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Block `number` of branch `branch`; branch b > 0 leaves branch 0 behind block `fork`.
    fn block(number: u64, branch: u8, fork: u64) -> BlockRef {
        let hash = |number: u64| {
            let branch = if number <= fork { 0 } else { branch };
            alloy_primitives::keccak256([&number.to_be_bytes()[..], &[branch]].concat())
        };
        BlockRef {
            number,
            hash: hash(number),
            parent_hash: hash(number.wrapping_sub(1)),
            timestamp_s: number,
        }
    }

    fn chain(from: u64, to: u64, branch: u8, fork: u64) -> Vec<BlockRef> {
        (from..=to).map(|n| block(n, branch, fork)).collect()
    }

    /// Walks back as the follower does.
    fn follow(tracker: &mut ChainTracker, full: &[BlockRef]) -> Result<usize, TrackerError> {
        let mut from = full.len() - 1;
        loop {
            match tracker.plan(&full[from..])? {
                Plan::Fetch(hash) => {
                    from -= 1;
                    assert_eq!(full[from].hash, hash);
                }
                Plan::Move { undo, apply } => {
                    for block in &undo {
                        assert_eq!(tracker.undo(), Some(*block));
                    }
                    for block in apply {
                        tracker.apply(block).unwrap();
                    }
                    return Ok(undo.len());
                }
            }
        }
    }

    #[test]
    fn a_reorg_undoes_the_newest_first_and_applies_the_oldest_first() {
        let mut tracker = ChainTracker::new(block(0, 0, 0), 64);
        follow(&mut tracker, &chain(0, 10, 0, 0)).unwrap();
        assert_eq!(follow(&mut tracker, &chain(0, 11, 1, 7)).unwrap(), 3);
        assert_eq!(tracker.tip(), Some(block(11, 1, 7)));
    }

    #[test]
    fn the_same_head_and_an_older_head_move_nothing() {
        let mut tracker = ChainTracker::new(block(0, 0, 0), 64);
        let full = chain(0, 10, 0, 0);
        follow(&mut tracker, &full).unwrap();
        assert_eq!(follow(&mut tracker, &full).unwrap(), 0);
        assert_eq!(follow(&mut tracker, &full[..8]).unwrap(), 0);
        assert_eq!(tracker.tip(), Some(block(10, 0, 0)));
    }

    #[test]
    fn a_reorg_below_what_is_remembered_is_an_error_not_a_search_without_end() {
        let mut tracker = ChainTracker::new(block(0, 0, 0), 4);
        follow(&mut tracker, &chain(0, 10, 0, 0)).unwrap();
        assert!(matches!(
            follow(&mut tracker, &chain(0, 12, 1, 2)),
            Err(TrackerError::TooDeep {
                oldest: 7,
                depth: 4
            })
        ));
    }

    #[test]
    fn a_node_that_answers_with_another_parent_is_caught() {
        let tracker = ChainTracker::new(block(0, 0, 0), 4);
        let forged = [block(3, 0, 0), block(4, 1, 0)];
        assert!(matches!(
            tracker.plan(&forged),
            Err(TrackerError::Broken { number: 4, .. })
        ));
    }

    proptest! {
        /// Whatever heads come, what is applied is always one chain, and ends where the head is when it is higher.
        #[test]
        fn applied_blocks_are_always_one_chain(heads in proptest::collection::vec((1u64..40, 0u8..3, 0u64..40), 1..40)) {
            let mut tracker = ChainTracker::new(block(0, 0, 0), 64);
            for (to, branch, fork) in heads {
                let full = chain(0, to, branch, fork);
                follow(&mut tracker, &full).unwrap();
                let applied: Vec<_> = tracker.applied.iter().copied().collect();
                for pair in applied.windows(2) {
                    prop_assert_eq!(pair[1].parent_hash, pair[0].hash);
                }
                prop_assert!(applied.iter().any(|b| b.hash == full.last().unwrap().hash));
            }
        }
    }
}
