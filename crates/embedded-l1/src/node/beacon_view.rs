//! The chain as the Beacon API sees it. The chain's lock is held for lookups only, never while something is computed
//! that takes longer than cloning a state.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use forebond_beacon::{
    containers::{BeaconState, SignedBeaconBlock},
    preset::Preset,
};
use tokio::sync::broadcast;
use tree_hash::TreeHash as _;

use super::{chain::BlockRecord, shared::Node};
use crate::{
    beacon_api::{BeaconView, BlockRef, ChainEvent},
    consensus::Consensus,
};

fn reference<P: Preset>(block: &Arc<BlockRecord<P>>) -> BlockRef {
    BlockRef {
        slot: block.slot,
        root: block.root,
    }
}

impl<P: Preset> BeaconView<P> for Node<P> {
    fn consensus(&self) -> Consensus<P> {
        self.consensus.lock().clone()
    }

    fn clock_slot(&self) -> u64 {
        self.chain.lock().newest().map_or(0, |record| record.slot)
    }

    fn head(&self) -> BlockRef {
        let chain = self.chain.lock();
        let genesis = BlockRef {
            slot: 0,
            root: chain.genesis_root,
        };
        chain
            .newest()
            .map_or(genesis, |record| reference(&record.head))
    }

    fn canonical_at_or_before(&self, slot: u64) -> Option<BlockRef> {
        self.chain.lock().block_at_or_before(slot).map(reference)
    }

    fn block(&self, root: B256) -> Option<Arc<SignedBeaconBlock<P>>> {
        let chain = self.chain.lock();
        chain
            .blocks
            .get(&root)
            .map(|block| Arc::clone(&block.signed))
    }

    fn state_at(&self, slot: u64) -> Option<BeaconState<P>> {
        Self::state_at(self, slot)
    }

    fn state_by_root(&self, state_root: B256) -> Option<BeaconState<P>> {
        let newest = self.chain.lock().newest()?.state.clone();
        if newest.tree_hash_root() == state_root {
            return Some(newest);
        }
        // The newest state remembers the roots of those before it, of empty slots as well.
        let span = P::slots_per_historical_root();
        let oldest = newest.slot.saturating_sub(span);
        let slot = (oldest..newest.slot).rev().find(|slot| {
            let place = usize::try_from(slot % span).ok();
            let root = place.and_then(|place| newest.state_roots.get(place));
            root == Some(&state_root)
        })?;
        Self::state_at(self, slot)
    }

    fn blobs(&self, block_root: B256) -> Option<Vec<Bytes>> {
        let block = {
            let chain = self.chain.lock();
            if chain.hidden.contains(&block_root) {
                return None;
            }
            chain.blocks.get(&block_root).cloned()?
        };
        let blobs = block.executed.blobs.iter();
        Some(
            blobs
                .map(|sidecar| Bytes::copy_from_slice(sidecar.blob.as_slice()))
                .collect(),
        )
    }

    fn events(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }
}
