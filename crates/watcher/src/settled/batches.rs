use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use forebond_settlement::{L1Block, OriginBook, PostedBatch, StoredBase};

/// L1 blocks whose hashes are remembered: the deepest reorg that is noticed.
const MOST_BLOCKS: usize = 1_024;
/// Batches that are remembered.
const MOST_BATCHES: usize = 65_536;
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
    /// Those that were kept on disk. All of them are looked at again.
    pub fn kept(all: Vec<PostedBatch>) -> Self {
        let by_id: BTreeMap<u32, PostedBatch> =
            all.into_iter().map(|posted| (posted.id, posted)).collect();
        Self {
            due: by_id.keys().copied().collect(),
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
