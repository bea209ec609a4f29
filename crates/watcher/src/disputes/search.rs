use std::collections::BTreeMap;

/// Blocks that are searched at once: what nodes usually allow.
const MOST_BLOCKS: u64 = 10_000;
/// Ranges in one look. More blocks are caught up with over several looks.
const MOST_RANGES: usize = 8;
/// Blocks that are searched again: a reorg may have brought others.
const OVERLAP_BLOCKS: u64 = 64;
/// Disputes that are remembered; each cost its maker a bond. The oldest batch is forgotten first.
const MOST_FOUND: usize = 4_096;

/// Which batches were disputed, by the L1 blocks that were searched so far. What is found is a hint only: what stands is asked of the
/// Inbox anew at each look, so a dispute that a reorg took back does no harm.
///
/// A claim window of a week and a resolver's time behind it are a hundred thousand blocks: more than nodes search in one request, and
/// too many to search at each block. A dispute that is overlooked leaves its bond where it is. New blocks come first, then older ones
/// backwards: whatever keeps the old ones from being read, new disputes are voted on in time.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The L1 block that showed the newest dispute of a batch.
    found: BTreeMap<u32, u64>,
    /// First and last block that were searched, with all between.
    searched: Option<(u64, u64)>,
}

impl Search {
    /// What is to be searched next, in this order: what is new, then what is older, down to `horizon` blocks before the head.
    pub fn ranges(&self, head: u64, horizon: u64) -> Vec<(u64, u64)> {
        let oldest = head.saturating_sub(horizon);
        let start = head
            .saturating_add(1)
            .saturating_sub(MOST_BLOCKS)
            .max(oldest);
        let (mut below, mut next) = self.searched.map_or((start, start), |(first, last)| {
            let next = last.saturating_add(1).saturating_sub(OVERLAP_BLOCKS);
            (first, next.max(first))
        });
        let mut ranges = Vec::new();
        while next <= head && ranges.len() < MOST_RANGES {
            let last = next.saturating_add(MOST_BLOCKS - 1).min(head);
            ranges.push((next, last));
            next = last.saturating_add(1);
        }
        while below > oldest && ranges.len() < MOST_RANGES {
            let first = below.saturating_sub(MOST_BLOCKS).max(oldest);
            ranges.push((first, below - 1));
            below = first;
        }
        ranges
    }

    /// A range was searched, and these disputes are in it: batch and L1 block.
    pub fn note(&mut self, range: (u64, u64), disputes: impl IntoIterator<Item = (u32, u64)>) {
        for (batch, block) in disputes {
            let newest = self.found.entry(batch).or_default();
            *newest = block.max(*newest);
        }
        while self.found.len() > MOST_FOUND {
            self.found.pop_first();
        }
        let (first, last) = self.searched.unwrap_or(range);
        self.searched = Some((first.min(range.0), last.max(range.1)));
    }

    /// The node does not have these blocks' logs, and they are older than all that were searched: they are left out.
    pub fn leave_out(&mut self, range: (u64, u64)) -> bool {
        let Some((first, _)) = self.searched.as_mut() else {
            return false;
        };
        let is_older = range.1 < *first;
        if is_older {
            *first = 0;
        }
        is_older
    }

    /// The batches, in order.
    pub fn batches(&self) -> Vec<u32> {
        self.found.keys().copied().collect()
    }

    /// Nothing is open about this batch. It is forgotten when it is older than the horizon: until then a reorg may open it again.
    pub fn is_over(&mut self, batch: u32, head: u64, horizon: u64) {
        let oldest = head.saturating_sub(horizon);
        if self.found.get(&batch).is_some_and(|block| *block < oldest) {
            self.found.remove(&batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_is_found_however_long_its_windows_are_and_new_ones_first() {
        let (head, horizon) = (1_000_000, 200_000);
        let mut search = Search::default();
        let mut below = head + 1;
        // A restart in the middle of the longest dispute.
        while below > head - horizon {
            let mut ranges = search.ranges(head, horizon);
            assert!(ranges.len() <= MOST_RANGES);
            // What is new, or may have been replaced.
            if below <= head {
                assert_eq!(ranges.remove(0), (head + 1 - OVERLAP_BLOCKS, head));
            }
            assert!(!ranges.is_empty());
            for (first, last) in ranges {
                assert!(last + 1 == below && last - first < MOST_BLOCKS);
                search.note((first, last), []);
                below = first;
            }
        }
        let new = search.ranges(head + 5, horizon);
        assert_eq!(new, [(head + 1 - OVERLAP_BLOCKS, head + 5)]);
    }

    #[test]
    fn after_a_pause_everything_since_is_searched_in_order() {
        let mut search = Search::default();
        search.note((0, 100_000), []);
        let ranges = search.ranges(300_000, 50_000);
        assert_eq!(ranges.len(), MOST_RANGES);
        assert_eq!(ranges[0].0, 100_001 - OVERLAP_BLOCKS);
        assert!(ranges.windows(2).all(|two| two[0].1 + 1 == two[1].0));
    }

    #[test]
    fn a_node_without_old_logs_shows_new_disputes_all_the_same() {
        let mut search = Search::default();
        let ranges = search.ranges(100_000, 50_000);
        assert_eq!(ranges[0], (90_001, 100_000));
        assert!(
            !search.leave_out(ranges[0]),
            "the newest are never left out"
        );
        search.note(ranges[0], [(7, 95_000)]);
        assert!(search.leave_out(ranges[1]));
        let new = search.ranges(100_001, 50_000);
        assert_eq!(new, [(100_001 - OVERLAP_BLOCKS, 100_001)]);
        assert_eq!(search.batches(), [7]);
    }

    #[test]
    fn an_open_dispute_is_followed_for_as_long_as_it_takes_and_a_settled_one_is_forgotten() {
        let mut search = Search::default();
        search.note((0, 100), [(7, 90), (8, 95)]);
        search.is_over(7, 1_000, 950);
        assert_eq!(search.batches(), [7, 8], "a reorg may open it again");
        search.is_over(7, 10_000, 950);
        assert_eq!(search.batches(), [8]);
        search.note((101, 20_000), (9..).zip(10_000..).take(MOST_FOUND));
        assert_eq!(search.batches().len(), MOST_FOUND);
    }
}
