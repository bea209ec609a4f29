//! Replacing the newest slots.

use forebond_beacon::preset::Preset;

use super::{
    chain::{Chain, SlotRecord},
    shared::Node,
};
use crate::script::{Reorg, ScriptError, SlotPlan};

impl<P: Preset> Node<P> {
    /// Replaces the newest `reorg.depth` slots: the states before them are still there, so other blocks are made for the
    /// same slots. Readers see the old chain until the new one is whole; when making it fails the old one stays.
    pub(super) fn reorg_chain(
        &self,
        chain: &mut Chain<P>,
        reorg: Reorg,
    ) -> Result<(), ScriptError> {
        let max = deepest(chain);
        if reorg.depth == 0 || reorg.depth > max {
            return Err(ScriptError::ReorgDepth {
                got: reorg.depth,
                max,
            });
        }
        let depth = usize::try_from(reorg.depth).unwrap_or(usize::MAX);
        let keep = chain.slots.len().saturating_sub(depth);
        let old = chain.slots.split_off(keep);
        let old_roots = chain.roots.clone();
        let first = old.front().map_or(0, |record| record.slot);
        chain.roots.retain(|(slot, _)| *slot < first);
        chain.reorgs = chain.reorgs.saturating_add(1);
        let replaced = self.replace(chain, reorg, first);
        if let Err(error) = replaced {
            chain.slots.truncate(keep);
            chain.slots.extend(old);
            chain.roots = old_roots;
            return Err(error);
        }
        self.show(chain, true)
    }

    /// Makes `reorg.depth` slots from `first` on.
    fn replace(&self, chain: &mut Chain<P>, reorg: Reorg, first: u64) -> Result<(), ScriptError> {
        for slot in first..first.saturating_add(reorg.depth) {
            let plan = SlotPlan {
                reorg: None,
                has_block: !(reorg.miss_first && slot == first),
                has_transactions: reorg.with_transactions,
                hides_blobs: false,
                attesting_percent: chain.plan.attesting_percent(),
                exits: Vec::new(),
                slashings: Vec::new(),
                deposits: Vec::new(),
            };
            let record: SlotRecord<P> = self.make_slot(chain, slot, &plan)?;
            chain.push(record, usize::MAX, self.config.kept_blocks);
        }
        Ok(())
    }
}

/// How many slots can be replaced: all after the finalized checkpoint whose states are kept, never slot 0.
fn deepest<P: Preset>(chain: &Chain<P>) -> u64 {
    let (Some(oldest), Some(newest)) = (chain.slots.front(), chain.newest()) else {
        return 0;
    };
    let finalized_slot = newest
        .state
        .finalized_checkpoint
        .epoch
        .saturating_mul(P::slots_per_epoch());
    newest.slot.saturating_sub(finalized_slot.max(oldest.slot))
}
