//! The canonical chain, slot by slot, with the beacon state after each.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use alloy_primitives::B256;
use forebond_beacon::{
    containers::{Attestation, BeaconState, SignedBeaconBlock},
    preset::Preset,
};

use crate::{execution::ExecutedBlock, script::Plan};

/// A beacon block with its payload.
#[derive(Debug)]
pub struct BlockRecord<P: Preset> {
    /// Its root.
    pub root: B256,
    /// The signed block; that of slot 0 has a signature of zeros.
    pub signed: Arc<SignedBeaconBlock<P>>,
    /// The execution block in it, with its blobs.
    pub executed: Arc<ExecutedBlock>,
    /// Its slot.
    pub slot: u64,
}

/// A slot that has passed, with or without a block.
#[derive(Debug, Clone)]
pub(super) struct SlotRecord<P: Preset> {
    pub(super) slot: u64,
    /// The newest block at or before the slot.
    pub(super) head: Arc<BlockRecord<P>>,
    /// The state after the slot's block, or advanced through the empty slot.
    pub(super) state: BeaconState<P>,
    /// What the validators said at this slot.
    pub(super) votes: Option<Attestation<P>>,
}

impl<P: Preset> SlotRecord<P> {
    pub(super) fn has_block(&self) -> bool {
        self.head.slot == self.slot
    }
}

/// Everything that changes when a slot passes.
#[derive(Debug)]
pub(super) struct Chain<P: Preset> {
    /// The newest slots in order, at least one.
    pub(super) slots: VecDeque<SlotRecord<P>>,
    /// Blocks by root, those of abandoned forks as well.
    pub(super) blocks: HashMap<B256, Arc<BlockRecord<P>>>,
    /// Roots of canonical blocks by slot, as long as blocks are kept.
    pub(super) roots: VecDeque<(u64, B256)>,
    /// Root of the block of slot 0, for ever.
    pub(super) genesis_root: B256,
    /// The head that readers were told of last, and the newest epoch they know to be final.
    pub(super) told: (Arc<BlockRecord<P>>, u64),
    /// What is planned.
    pub(super) plan: Plan,
    /// Number of reorgs so far; told in the extra data of blocks, so that a replaced block differs.
    pub(super) reorgs: u64,
    /// Roots of blocks whose blobs are not served.
    pub(super) hidden: HashSet<B256>,
    /// Interop keys that scripted deposits have brought, in order.
    pub(super) deposited_keys: Vec<u64>,
}

impl<P: Preset> Chain<P> {
    pub(super) fn newest(&self) -> Option<&SlotRecord<P>> {
        self.slots.back()
    }

    /// The record of a slot, if it is kept.
    pub(super) fn slot(&self, slot: u64) -> Option<&SlotRecord<P>> {
        let first = self.slots.front()?.slot;
        let place = usize::try_from(slot.checked_sub(first)?).ok()?;
        self.slots.get(place)
    }

    /// The canonical block of a slot, if the slot has one and it is kept.
    pub(super) fn block_at(&self, slot: u64) -> Option<&Arc<BlockRecord<P>>> {
        let place = self
            .roots
            .binary_search_by_key(&slot, |(slot, _)| *slot)
            .ok()?;
        self.blocks.get(&self.roots.get(place)?.1)
    }

    /// The newest canonical block at or before `slot`, if it is kept.
    pub(super) fn block_at_or_before(&self, slot: u64) -> Option<&Arc<BlockRecord<P>>> {
        let after = self.roots.partition_point(|(at, _)| *at <= slot);
        let (_, root) = self.roots.get(after.checked_sub(1)?)?;
        self.blocks.get(root)
    }

    /// Votes that no block of this chain can hold yet, newest first: those from the newest block's slot on.
    pub(super) fn open_votes(&self, limit: usize) -> Vec<Attestation<P>> {
        let Some(newest) = self.newest() else {
            return Vec::new();
        };
        self.slots
            .iter()
            .rev()
            .take_while(|record| record.slot >= newest.head.slot)
            .take(limit)
            .filter_map(|record| record.votes.clone())
            .collect()
    }

    /// Adds a slot and forgets what is too old.
    pub(super) fn push(&mut self, record: SlotRecord<P>, kept_states: usize, kept_blocks: u64) {
        if record.has_block() {
            let head = &record.head;
            self.blocks.insert(head.root, Arc::clone(head));
            self.roots.push_back((record.slot, head.root));
        }
        let oldest_slot = record.slot.saturating_sub(kept_blocks);
        self.slots.push_back(record);
        while self.slots.len() > kept_states {
            self.slots.pop_front();
        }
        let mut forgot = false;
        while self.roots.len() > 1
            && self
                .roots
                .front()
                .is_some_and(|(slot, _)| *slot < oldest_slot)
        {
            self.roots.pop_front();
            forgot = true;
        }
        if forgot {
            let newest = self.slots.back().map(|record| record.head.root);
            let hidden = &mut self.hidden;
            self.blocks.retain(|root, block| {
                let keep = block.slot >= oldest_slot || Some(*root) == newest;
                if !keep {
                    hidden.remove(root);
                }
                keep
            });
        }
    }
}
