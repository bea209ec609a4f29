use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use forebond_settlement::{L1Block, OriginBook, PostedBatch, StoredBase};

/// L1 blocks whose hashes are remembered: the deepest reorg that is noticed.
const MOST_BLOCKS: usize = 1_024;
/// Batches that are remembered.
const MOST_BATCHES: usize = 65_536;
/// Batches that are looked at again after a start.
const AGAIN_AT_START: usize = 256;
/// Batches that may wait to be looked at.
const MOST_DUE: usize = 65_536;

/// Posted batches by their number, as the canonical L1 has them, and which of them are to be looked at.
#[derive(Debug, Default)]
pub struct Batches {
    by_id: BTreeMap<u32, PostedBatch>,
    /// L1 blocks that were taken in.
    seen: BTreeMap<u64, B256>,
    due: BTreeSet<u32>,
}

/// What new L1 blocks brought.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// Batches, in order.
    pub batches: Vec<PostedBatch>,
    /// Bases that came with them.
    pub bases: Vec<StoredBase>,
    /// L1 blocks, oldest first, as (number, slot, parent's number's slot is the one before).
    pub slots: Vec<(u64, u64)>,
}

impl Batches {
    /// Those that were kept on disk. The newest are looked at again: a crash may have come between a batch and its look.
    pub fn kept(all: Vec<PostedBatch>) -> Self {
        let by_id: BTreeMap<u32, PostedBatch> =
            all.into_iter().map(|posted| (posted.id, posted)).collect();
        Self {
            due: by_id.keys().rev().take(AGAIN_AT_START).copied().collect(),
            by_id,
            seen: BTreeMap::new(),
        }
    }

    /// Takes in what the view of L1 shows beyond what was taken in; blocks that were replaced are forgotten first.
    pub fn follow(&mut self, origins: &OriginBook) -> Brought {
        let mut new: Vec<std::sync::Arc<L1Block>> = Vec::new();
        let mut at = origins.newest().cloned();
        while let Some(block) = at {
            if self.seen.get(&block.at.number) == Some(&block.at.hash) {
                break;
            }
            at = block
                .at
                .number
                .checked_sub(1)
                .and_then(|below| origins.block(below).cloned());
            new.push(block);
        }
        let mut brought = Brought::default();
        if let Some(lowest) = new.last() {
            self.forget_from(lowest.at.number);
        }
        for block in new.into_iter().rev() {
            self.seen.insert(block.at.number, block.at.hash);
            brought.slots.push((block.at.number, block.slot));
            brought.bases.extend(block.bases.iter().cloned());
            for posted in &block.batches {
                self.by_id.insert(posted.id, posted.clone());
                self.due.insert(posted.id);
                brought.batches.push(posted.clone());
            }
            let verdicts = block.verdicts.iter().map(|verdict| verdict.batch_id);
            self.due.extend(verdicts);
        }
        while self.seen.len() > MOST_BLOCKS {
            self.seen.pop_first();
        }
        while self.by_id.len() > MOST_BATCHES {
            if let Some((id, _)) = self.by_id.pop_first() {
                self.due.remove(&id);
            }
        }
        while self.due.len() > MOST_DUE {
            self.due.pop_first();
        }
        brought
    }

    /// A batch.
    pub fn get(&self, id: u32) -> Option<&PostedBatch> {
        self.by_id.get(&id)
    }

    /// All batches, by their number.
    pub fn iter(&self) -> impl Iterator<Item = &PostedBatch> {
        self.by_id.values()
    }

    /// Batches that hold a block.
    pub fn around(&self, block: u64) -> impl Iterator<Item = &PostedBatch> {
        self.by_id.values().filter(move |posted| {
            (posted.batch.firstBlock..=posted.batch.lastBlock).contains(&block)
        })
    }

    /// Last block of the last batch posted in a slot or before it; 0 when there is none.
    pub fn posted_until(&self, slot: u64) -> u64 {
        self.by_id
            .values()
            .rev()
            .find(|posted| posted.slot <= slot)
            .map_or(0, |posted| posted.batch.lastBlock)
    }

    /// The newest batches of others than a gateway that were posted in a slot or before it, newest first.
    pub fn before(
        &self,
        slot: u64,
        gateway: u32,
        most: usize,
    ) -> impl Iterator<Item = &PostedBatch> {
        self.by_id
            .values()
            .rev()
            .filter(move |posted| posted.slot <= slot && posted.gateway != gateway)
            .take(most)
    }

    /// Which batches are to be looked at, oldest first.
    pub fn due(&self) -> Vec<u32> {
        self.due.iter().copied().collect()
    }

    /// A batch was looked at, and nothing more is to be learnt of it for now.
    pub fn done(&mut self, id: u32) {
        self.due.remove(&id);
    }

    /// A batch is to be looked at again.
    pub fn again(&mut self, id: u32) {
        if self.by_id.contains_key(&id) {
            self.due.insert(id);
        }
    }

    fn forget_from(&mut self, number: u64) {
        let replaced = self.seen.split_off(&number);
        if replaced.is_empty() {
            return;
        }
        let gone: Vec<u32> = self
            .by_id
            .values()
            .filter(|posted| replaced.get(&posted.at.number) == Some(&posted.at.hash))
            .map(|posted| posted.id)
            .collect();
        for id in gone {
            self.by_id.remove(&id);
            self.due.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alloy_primitives::{Bytes, keccak256};
    use forebond_follower::Standing;
    use forebond_l1::execution::BlockRef;
    use forebond_rollup::op::L1Origin;
    use forebond_types::Batch;

    use super::*;
    use crate::disputes::Opinions;

    fn hash(number: u64, branch: u8) -> B256 {
        if number == 0 {
            return B256::ZERO;
        }
        keccak256([number.to_be_bytes().as_slice(), &[branch]].concat())
    }

    /// L1 block `number` of a branch that parts from branch 0 behind `parts`; it posts these batches.
    fn block(number: u64, branch: u8, parts: u64, batches: &[(u32, u64)]) -> Arc<L1Block> {
        let of = |number: u64| hash(number, if number > parts { branch } else { 0 });
        let at = BlockRef {
            number,
            hash: of(number),
            parent_hash: of(number - 1),
            timestamp_s: number * 2,
        };
        let posted = |(id, last): &(u32, u64)| PostedBatch {
            id: *id,
            gateway: 1,
            parent_id: 0,
            batch: Batch {
                base: B256::ZERO,
                window: number,
                parentBatch: B256::ZERO,
                firstBlock: last.saturating_sub(4),
                lastBlock: *last,
                parentBlockHash: B256::ZERO,
                lastBlockHash: B256::ZERO,
                blocksRoot: B256::ZERO,
                lastFrag: B256::ZERO,
                lastOriginNumber: 0,
                lastOriginHash: B256::ZERO,
                blobHashes: vec![],
            },
            signature: Bytes::new(),
            at,
            slot: number,
            log_index: 0,
            tx: B256::ZERO,
        };
        Arc::new(L1Block {
            at,
            slot: number,
            origin: L1Origin {
                number,
                hash: at.hash,
                timestamp_s: at.timestamp_s,
                base_fee_wei: 1,
                blob_base_fee_wei: 1,
                prev_randao: B256::ZERO,
                parent_beacon_root: B256::ZERO,
            },
            deposits: vec![],
            batches: batches.iter().map(posted).collect(),
            bases: vec![],
            verdicts: vec![],
            proven_epochs: vec![],
            windows_changed: false,
        })
    }

    fn book(blocks: impl IntoIterator<Item = Arc<L1Block>>) -> OriginBook {
        let mut book = OriginBook::new(64);
        for block in blocks {
            book.apply(block).unwrap();
        }
        book
    }

    #[test]
    fn each_block_brings_its_batches_once_and_blocks_are_found_in_them() {
        let mut batches = Batches::default();
        let mut l1 = book([block(1, 0, 9, &[(1, 5)])]);
        assert_eq!(batches.follow(&l1).batches.len(), 1);
        l1.apply(block(2, 0, 9, &[(2, 10)])).unwrap();
        let brought = batches.follow(&l1);
        assert_eq!(brought.slots, [(2, 2)]);
        assert!(batches.follow(&l1).batches.is_empty());
        assert_eq!(batches.due(), [1, 2]);
        batches.done(1);
        let around: Vec<u32> = batches.around(4).map(|posted| posted.id).collect();
        assert_eq!(around, [1]);
        batches.again(1);
        assert_eq!(batches.due(), [1, 2]);
        let until: Vec<u64> = (0..4).map(|slot| batches.posted_until(slot)).collect();
        assert_eq!(until, [0, 5, 10, 10]);
        let before = |slot, gateway, most| -> Vec<u32> {
            let found = batches.before(slot, gateway, most);
            found.map(|posted| posted.id).collect()
        };
        assert_eq!(before(2, 2, 9), [2, 1]);
        assert_eq!((before(1, 2, 9), before(2, 2, 1)), (vec![1], vec![2]));
        assert!(before(2, 1, 9).is_empty(), "own batches are left out");
    }

    /// Pitfall: after a reorg a batch's number is another one's.
    #[test]
    fn a_number_that_a_reorg_gave_to_another_batch_is_not_held_void() {
        let mut batches = Batches::default();
        batches.follow(&book([block(1, 0, 9, &[]), block(2, 0, 9, &[(1, 5)])]));
        let void = batches.get(1).unwrap().clone();
        let dir = tempfile::tempdir().unwrap();
        let mut opinions = Opinions::open(dir.path()).unwrap();
        let standing = Standing {
            void_in: Arc::new([(1, void.at.hash)].into()),
            ..Standing::default()
        };
        opinions.learn(&standing).unwrap();
        assert_eq!(opinions.of(&void), Some(true));
        let after = book([
            block(1, 0, 9, &[]),
            block(2, 1, 1, &[]),
            block(3, 1, 1, &[(1, 7)]),
        ]);
        batches.follow(&after);
        let other = batches.get(1).unwrap();
        assert_eq!(other.batch.lastBlock, 7);
        assert_eq!(opinions.of(other), None, "missing is never void");
    }

    #[test]
    fn a_batch_that_a_reorg_took_out_is_forgotten() {
        let mut batches = Batches::default();
        batches.follow(&book([block(1, 0, 9, &[]), block(2, 0, 9, &[(1, 5)])]));
        batches.follow(&book([block(1, 0, 9, &[]), block(2, 1, 1, &[])]));
        assert!(batches.get(1).is_none() && batches.due().is_empty());
    }
}
