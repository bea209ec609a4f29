//! Which checkpoint is taken next. A batch is measured between the block before it and its last one, and the rollup can check either
//! for 8191 blocks only (EIP-2935): what nobody records by then goes to the rollup operator.

use std::collections::BTreeSet;

/// Blocks whose hash the rollup remembers.
const REMEMBERED: u64 = 8_191;
/// Left over of them for the transaction to land.
const ROOM: u64 = 64;
/// Others' borders are ours to record when nobody did for so many blocks: their batcher is gone.
const OTHERS_AFTER: u64 = 256;

/// A batch that is not settled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First block.
    pub first: u64,
    /// Last block.
    pub last: u64,
    /// Our gateway posted it.
    pub ours: bool,
}

/// How a border can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// It is recorded.
    Known,
    /// It can still be recorded.
    Open,
    /// It can never be recorded any more.
    Lost,
}

/// What becomes of block `number`, after block `head`.
pub fn border(known: &BTreeSet<u64>, head: u64, number: u64) -> Border {
    if known.contains(&number) {
        Border::Known
    } else if head > number.saturating_add(REMEMBERED) {
        Border::Lost
    } else {
        Border::Open
    }
}

/// The borders to record now, the most urgent first: of blocks up to `safe`, which L1 has, so that the header is the chain's.
pub fn due(known: &BTreeSet<u64>, stretches: &[Stretch], safe: u64, head: u64) -> Vec<u64> {
    let mut wanted = BTreeSet::new();
    let ends: BTreeSet<u64> = stretches.iter().map(|stretch| stretch.last).collect();
    for stretch in stretches {
        let before = stretch.first.saturating_sub(1);
        for number in [before, stretch.last] {
            let age = head.saturating_sub(number);
            // Where another batch ends, its owner records it.
            let shared = number == before && ends.contains(&before);
            let time = (stretch.ours && !shared) || age > OTHERS_AFTER;
            let possible = number <= safe && number < head && age <= REMEMBERED - ROOM;
            if time && possible && !known.contains(&number) {
                wanted.insert(number);
            }
        }
    }
    wanted.into_iter().collect()
}

/// Whether both borders of a batch are known, or one is lost and no other will come: only then can it be settled.
pub fn can_settle(known: &BTreeSet<u64>, first: u64, last: u64, head: u64) -> bool {
    let borders = [first.saturating_sub(1), last].map(|number| border(known, head, number));
    borders.iter().all(|border| *border == Border::Known) || borders.contains(&Border::Lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(first: u64, last: u64, ours: bool) -> Stretch {
        Stretch { first, last, ours }
    }

    #[test]
    fn both_borders_of_our_batches_are_taken_once_block_0_among_them() {
        let batches = [stretch(1, 10, true), stretch(11, 20, true)];
        let mut known = BTreeSet::new();
        assert_eq!(due(&known, &batches, 20, 30), [0, 10, 20]);
        known.extend([0, 10]);
        assert_eq!(due(&known, &batches, 20, 30), [20]);
        assert_eq!(
            due(&known, &batches, 19, 30),
            Vec::<u64>::new(),
            "not safe yet"
        );
    }

    #[test]
    fn a_border_between_two_gateways_is_recorded_by_who_ends_there() {
        let (ours, others) = (stretch(1, 10, true), stretch(11, 20, false));
        assert_eq!(due(&BTreeSet::new(), &[ours, others], 30, 30), [0, 10]);
        let (others, ours) = (stretch(1, 10, false), stretch(11, 20, true));
        assert_eq!(due(&BTreeSet::new(), &[others, ours], 30, 30), [20]);
        assert_eq!(due(&BTreeSet::new(), &[ours], 30, 30), [10, 20]);
    }

    #[test]
    fn others_borders_are_taken_when_nobody_did() {
        let batches = [stretch(11, 20, false)];
        let known = BTreeSet::new();
        assert!(due(&known, &batches, 100, 100).is_empty());
        assert_eq!(due(&known, &batches, 300, 275), [10]);
        assert_eq!(due(&known, &batches, 300, 277), [10, 20]);
    }

    #[test]
    fn what_the_rollup_has_forgotten_is_not_tried_and_not_waited_for() {
        let known = BTreeSet::from([100]);
        let batches = [stretch(11, 100, true)];
        assert!(due(&known, &batches, 9_000, 9_000).is_empty());
        assert_eq!(border(&known, 10 + 8_191, 10), Border::Open);
        assert_eq!(border(&known, 10 + 8_192, 10), Border::Lost);
        assert!(!can_settle(&known, 11, 100, 10 + 8_191));
        assert!(can_settle(&known, 11, 100, 10 + 8_192), "passed over");
        assert!(can_settle(&BTreeSet::from([10, 100]), 11, 100, 200));
    }
}
