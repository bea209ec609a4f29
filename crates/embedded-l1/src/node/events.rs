//! What readers of the Beacon API's events are told when the chain has moved.

use std::sync::Arc;

use alloy_primitives::B256;
use forebond_beacon::preset::Preset;

use super::{
    chain::{BlockRecord, Chain},
    shared::Node,
};
use crate::beacon_api::{ChainEvent, HeadEvent};

impl<P: Preset> Node<P> {
    /// Tells of everything that is new since the last call: a reorg first, then blocks, the head, finality.
    pub(super) fn tell(&self, chain: &mut Chain<P>) {
        let Some(newest) = chain.newest() else {
            return;
        };
        let head = Arc::clone(&newest.head);
        let checkpoint = newest.state.finalized_checkpoint;
        let (told, told_epoch) = chain.told.clone();
        if head.root != told.root {
            let common_slot = common_ancestor(chain, &told);
            if common_slot < told.slot {
                self.send(ChainEvent::ChainReorg {
                    slot: head.slot,
                    depth: told.slot.saturating_sub(common_slot),
                    old_head_block: told.root,
                    new_head_block: head.root,
                    old_head_state: told.signed.message.state_root,
                    new_head_state: head.signed.message.state_root,
                    epoch: head.slot / P::slots_per_epoch(),
                    execution_optimistic: false,
                });
            }
            for (slot, root) in chain.roots.iter().filter(|(slot, _)| *slot > common_slot) {
                self.send(ChainEvent::Block {
                    slot: *slot,
                    block: *root,
                    execution_optimistic: false,
                });
            }
            if let Some(record) = chain.slot(head.slot) {
                self.send(ChainEvent::Head(HeadEvent::new(
                    &record.state,
                    head.root,
                    head.signed.message.state_root,
                    told.slot,
                    chain.genesis_root,
                )));
            }
        }
        if checkpoint.epoch > told_epoch {
            let block = chain.blocks.get(&checkpoint.root);
            self.send(ChainEvent::FinalizedCheckpoint {
                block: checkpoint.root,
                state: block.map_or(B256::ZERO, |block| block.signed.message.state_root),
                epoch: checkpoint.epoch,
                execution_optimistic: false,
            });
        }
        chain.told = (head, checkpoint.epoch.max(told_epoch));
    }

    fn send(&self, event: ChainEvent) {
        // Nobody listening is no error.
        let _ = self.events.send(event);
    }
}

/// Slot of the newest ancestor of `block` that is canonical; the oldest slot known when it is not kept.
fn common_ancestor<P: Preset>(chain: &Chain<P>, block: &Arc<BlockRecord<P>>) -> u64 {
    let mut at = block;
    loop {
        if chain
            .block_at(at.slot)
            .is_some_and(|canonical| canonical.root == at.root)
        {
            return at.slot;
        }
        // Each step goes to a lower slot.
        match chain.blocks.get(&at.signed.message.parent_root) {
            Some(parent) if parent.slot < at.slot => at = parent,
            _ => return chain.roots.front().map_or(0, |(slot, _)| *slot),
        }
    }
}
