//! L1 blocks as origins of rollup blocks (R3, R23): which one comes next, and what it brings.

use std::sync::Arc;

use alloy_primitives::B256;
use forebond_l1::execution::BlockRef;
use forebond_rollup::op::{L1Origin, derive::Origins};
use op_alloy_consensus::TxDeposit;
use rpds::RedBlackTreeMapSync;

use crate::L1Block;

/// How origins move, in L1 blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginRule {
    /// An origin is at least so far behind L1's head when a gateway first builds on it.
    pub depth: u64,
    /// It lags at most so far behind when its block is posted.
    pub most_lag: u64,
}

/// Why a book does not take a block, or does not take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// A block that does not follow the newest one, or is not the newest one.
    #[error(
        "block {expected_number} after {expected_parent} expected, got {got_number} after {got_parent}: events were lost, start again"
    )]
    OutOfOrder {
        /// Number expected.
        expected_number: u64,
        /// Parent expected.
        expected_parent: B256,
        /// Number that came.
        got_number: u64,
        /// Its parent.
        got_parent: B256,
    },
}

/// The newest L1 blocks, bounded. Cloning is cheap: copies share what they have in common.
#[derive(Clone, Debug)]
pub struct OriginBook {
    blocks: RedBlackTreeMapSync<u64, Arc<L1Block>>,
    most: usize,
}

impl OriginBook {
    /// An empty book that keeps the newest `most` blocks, at least one.
    pub fn new(most: usize) -> Self {
        Self {
            blocks: RedBlackTreeMapSync::new_sync(),
            most: most.max(1),
        }
    }

    /// An empty book of the same size.
    pub(crate) fn emptied(&self) -> Self {
        Self::new(self.most)
    }

    /// Takes the child of the newest block; the first one may be any.
    ///
    /// # Errors
    /// [`OriginError::OutOfOrder`].
    pub fn apply(&mut self, block: Arc<L1Block>) -> Result<(), OriginError> {
        if let Some(newest) = self.newest()
            && (block.at.number != newest.at.number.saturating_add(1)
                || block.at.parent_hash != newest.at.hash)
        {
            return Err(OriginError::OutOfOrder {
                expected_number: newest.at.number.saturating_add(1),
                expected_parent: newest.at.hash,
                got_number: block.at.number,
                got_parent: block.at.parent_hash,
            });
        }
        self.blocks.insert_mut(block.at.number, block);
        while self.blocks.size() > self.most {
            let Some(oldest) = self.blocks.first().map(|(number, _)| *number) else {
                break;
            };
            self.blocks.remove_mut(&oldest);
        }
        Ok(())
    }

    /// Takes the newest block back and returns it; nothing when the book is empty already.
    ///
    /// # Errors
    /// [`OriginError::OutOfOrder`] when it is another one.
    pub fn undo(&mut self, block: &BlockRef) -> Result<Option<Arc<L1Block>>, OriginError> {
        let Some(newest) = self.newest().cloned() else {
            return Ok(None);
        };
        if newest.at.hash != block.hash {
            return Err(OriginError::OutOfOrder {
                expected_number: newest.at.number,
                expected_parent: newest.at.parent_hash,
                got_number: block.number,
                got_parent: block.parent_hash,
            });
        }
        self.blocks.remove_mut(&newest.at.number);
        Ok(Some(newest))
    }

    /// The newest block.
    pub fn newest(&self) -> Option<&Arc<L1Block>> {
        self.blocks.last().map(|(_, block)| block)
    }

    /// A block by number.
    pub fn block(&self, number: u64) -> Option<&Arc<L1Block>> {
        self.blocks.get(&number)
    }

    /// The highest L1 block that a gateway may take as an origin now: `depth` behind the newest one (R3). The `newest` of
    /// [`forebond_rollup::op::derive::next_origin`].
    pub fn newest_usable(&self, depth: u64) -> u64 {
        self.newest()
            .map_or(0, |newest| newest.at.number.saturating_sub(depth))
    }
}

impl Origins for OriginBook {
    fn origin(&self, number: u64) -> Option<L1Origin> {
        self.block(number).map(|block| block.origin)
    }

    fn deposits(&self, number: u64) -> Option<Vec<TxDeposit>> {
        self.block(number).map(|block| block.deposits.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::block;
    use forebond_rollup::op::derive::next_origin;
    use proptest::prelude::*;

    /// Blocks 1 to `to` of branch 0; block n has the timestamp 900 + 2 n.
    fn book(to: u64) -> OriginBook {
        let mut book = OriginBook::new(64);
        for number in 1..=to {
            book.apply(block(number, 0, 0)).unwrap();
        }
        book
    }

    fn next(book: &OriginBook, current: u64, timestamp_s: u64, depth: u64) -> Option<u64> {
        let parent = (current, block(current, 0, 0).at.hash);
        let next = next_origin(parent, timestamp_s, book.newest_usable(depth), book);
        next.ok().map(|origin| origin.number)
    }

    #[test]
    fn an_origin_moves_on_when_its_child_is_deep_enough_and_not_later_than_the_block() {
        // The child of 5 is 6, with 912 s, and deep enough from head 8 on.
        assert_eq!(next(&book(7), 5, 912, 2), Some(5));
        assert_eq!(next(&book(8), 5, 911, 2), Some(5));
        assert_eq!(next(&book(8), 5, 912, 2), Some(6));
        assert_eq!(next(&book(9), 5, 9_999, 2), Some(6), "one at a time");
        assert_eq!(next(&book(1), 0, 9_999, 2), None, "not known");
    }

    /// Pitfall: block numbers skip, L1 timestamps drift. Missed slots leave holes in time, never in numbers.
    #[test]
    fn missed_slots_make_l1_time_jump_and_block_numbers_not() {
        let mut book = book(1);
        let mut second = L1Block::clone(&block(2, 0, 0));
        second.at.timestamp_s += 40;
        second.origin.timestamp_s += 40;
        book.apply(Arc::new(second)).unwrap();
        assert_eq!(next(&book, 1, 943, 0), Some(1));
        assert_eq!(next(&book, 1, 944, 0), Some(2));
    }

    #[test]
    fn a_block_that_is_no_child_and_an_undo_of_another_block_are_refused() {
        let mut book = book(5);
        assert!(book.apply(block(7, 0, 0)).is_err());
        assert!(book.apply(block(6, 1, 4)).is_err());
        assert!(book.undo(&block(5, 1, 4).at).is_err());
        assert_eq!(book.newest().map(|newest| newest.at.number), Some(5));
    }

    proptest! {
        /// Whatever is applied and undone, the book holds the newest blocks of one chain, and no more than it may.
        #[test]
        fn a_book_is_always_the_end_of_one_chain(
            steps in prop::collection::vec((0usize..6, 1usize..8), 1..40),
            most in 1usize..20,
        ) {
            let mut book = OriginBook::new(most);
            let mut chain: Vec<Arc<L1Block>> = Vec::new();
            for (branch, (back, forth)) in steps.into_iter().enumerate() {
                for _ in 0..back.min(chain.len()) {
                    let gone = chain.pop().unwrap();
                    let undone = book.undo(&gone.at).unwrap();
                    prop_assert!(undone.is_none_or(|undone| undone == gone));
                }
                for _ in 0..forth {
                    let number = chain.len() as u64 + 1;
                    let mut next = L1Block::clone(&block(number, u8::try_from(branch).unwrap(), 0));
                    if let Some(parent) = chain.last() {
                        next.at.parent_hash = parent.at.hash;
                    }
                    let next = Arc::new(next);
                    book.apply(Arc::clone(&next)).unwrap();
                    chain.push(next);
                }
                prop_assert!(book.blocks.size() <= most);
                for (number, held) in book.blocks.iter() {
                    let place = usize::try_from(*number).unwrap() - 1;
                    prop_assert_eq!(held, &chain[place]);
                }
                prop_assert_eq!(book.newest(), chain.last());
            }
        }
    }
}
