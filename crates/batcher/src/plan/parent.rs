use std::collections::BTreeSet;

use alloy_primitives::B256;

use super::Rules;

/// A batch in the Inbox, as far as its child needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// Its number in the Inbox; 0 is genesis.
    pub id: u32,
    /// Struct hash; zero at genesis.
    pub hash: B256,
    /// Number of its parent.
    pub parent_id: u32,
    /// Last block.
    pub last_block: u64,
}

/// The batch to post on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The batch itself.
    pub batch: Ancestor,
    /// The child of it that is held void and has to be disputed, when there is one (R4).
    pub disputes: Option<u32>,
}

/// The parent of the next batch: the newest batch, or, when our own derivation holds it or an ancestor of it void, the one before
/// the oldest void one. `line` is the newest batch with its ancestors, newest first, at least as far back as `void` reaches.
pub fn parent_of(line: &[Ancestor], void: &BTreeSet<u32>) -> Option<Parent> {
    let oldest_void = line.iter().rposition(|batch| void.contains(&batch.id));
    let Some(place) = oldest_void else {
        return line.first().map(|batch| Parent {
            batch: *batch,
            disputes: None,
        });
    };
    let disputed = line.get(place)?;
    let batch = *line.get(place.checked_add(1)?)?;
    (batch.id == disputed.parent_id).then_some(Parent {
        batch,
        disputes: Some(disputed.id),
    })
}

/// Whether a batch on the parent with this hash can still be posted, now that `line` is the newest batch with its ancestors. `disputing`:
/// the parent and its child that is held void, as far as the line has to reach; somebody else may have gone on beside it.
pub fn still_fits(line: &[Ancestor], parent_hash: B256, disputing: Option<(u32, u32)>) -> bool {
    match disputing {
        None => line.first().map(|newest| newest.hash) == Some(parent_hash),
        Some((parent, disputed)) => line
            .iter()
            .any(|batch| batch.id == disputed && batch.parent_id == parent),
    }
}

/// First block of the next batch, sent for `slot`, on a parent that ends with `last_posted`: the block after it, or, when nodes fill the
/// blocks behind it by themselves (R8), the one after those. They do it in that slot's own L1 block, before the batch: a batch that
/// begins with a block that is due is void, and its claim a fault.
pub fn first_block(rules: &Rules, last_posted: u64, slot: u64) -> u64 {
    let due = rules.turns.last_due_in(slot, rules.sequencing_window_slots);
    last_posted.max(due).saturating_add(1)
}

/// The last slot in which a batch that begins with this block counts (R8).
pub(super) fn last_slot_of(rules: &Rules, first_block: u64) -> u64 {
    rules
        .turns
        .posting_slot_of(first_block)
        .saturating_add(rules.sequencing_window_slots)
        .saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;

    fn batch(id: u32, parent_id: u32) -> Ancestor {
        Ancestor {
            id,
            hash: B256::from(U256::from(id)),
            parent_id,
            last_block: u64::from(id) * 10,
        }
    }

    #[test]
    fn who_sees_that_somebody_else_went_on_beside_the_void_batch_does_not_send() {
        let line = [batch(5, 4), batch(4, 2), batch(2, 0)];
        assert!(still_fits(&line, line[0].hash, None));
        assert!(!still_fits(&line, line[1].hash, None));
        assert!(still_fits(&line, line[2].hash, Some((2, 4))));
        // Number 6 stands beside number 4.
        let line = [batch(6, 2), batch(2, 0)];
        assert!(!still_fits(&line, line[1].hash, Some((2, 4))));
    }

    #[test]
    fn the_next_batch_stands_on_the_newest_one_unless_our_derivation_calls_it_void() {
        let line = [batch(5, 4), batch(4, 2), batch(2, 0), batch(0, 0)];
        let parent = |void: &[u32]| parent_of(&line, &void.iter().copied().collect());
        assert_eq!(
            parent(&[]),
            Some(Parent {
                batch: line[0],
                disputes: None
            })
        );
        // Number 3 lost a race and is on nobody's line.
        assert_eq!(parent(&[3]), parent(&[]));
        assert_eq!(
            parent(&[5]),
            Some(Parent {
                batch: line[1],
                disputes: Some(5)
            })
        );
        assert_eq!(
            parent(&[5, 4]),
            Some(Parent {
                batch: line[2],
                disputes: Some(4)
            })
        );
        assert_eq!(
            parent(&[2]),
            Some(Parent {
                batch: line[3],
                disputes: Some(2)
            })
        );
        assert_eq!(parent_of(&[], &BTreeSet::new()), None);
    }
}
