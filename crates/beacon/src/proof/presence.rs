use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use super::{ForkLayout, ProofError, check_header, check_state_node};
use crate::containers::BeaconBlockHeader;

/// Whether a slot has a canonical block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// The chain skips the slot: its proposer stayed away, or its block was orphaned.
    Missed,
    /// The slot has a block.
    Present,
}

/// `block_roots[slot - 1]` and `block_roots[slot]` of a block's post-state: equal if and only if `slot` has no block.
///
/// That EIP-4788 knows no root at a time is no such proof: its ring forgets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotPresenceProof {
    /// Header of any later block that still remembers `slot - 1`: at most 8192 slots later on mainnet, 64 in minimal.
    pub header: BeaconBlockHeader,
    /// The slot in question.
    pub slot: u64,
    /// Root of the newest block at or before `slot - 1`.
    pub root_before: B256,
    /// Root of the newest block at or before `slot`.
    pub root_at: B256,
    /// From `root_before` up to the state root, lowest sibling first: 19 nodes on mainnet, 12 in the minimal preset.
    pub branch_before: Vec<B256>,
    /// The same from `root_at`.
    pub branch_at: Vec<B256>,
}

impl SlotPresenceProof {
    /// Checks the proof against a block root.
    ///
    /// # Errors
    /// Wrong block, a slot that the state does not remember (or the header's own, or slot 0), wrong branch length or
    /// content.
    pub fn verify(&self, layout: &ForkLayout, block_root: B256) -> Result<Presence, ProofError> {
        check_header(&self.header, block_root)?;
        let before = slot_before(layout, self.header.slot, self.slot)?;
        check_state_node(
            &self.header,
            self.root_before,
            &self.branch_before,
            layout.block_root(before),
        )?;
        check_state_node(
            &self.header,
            self.root_at,
            &self.branch_at,
            layout.block_root(self.slot),
        )?;
        Ok(if self.root_before == self.root_at {
            Presence::Missed
        } else {
            Presence::Present
        })
    }
}

/// The slot before, if the post-state of the block at `header_slot` remembers both.
pub(super) const fn slot_before(
    layout: &ForkLayout,
    header_slot: u64,
    slot: u64,
) -> Result<u64, ProofError> {
    let ring = layout.slots_per_historical_root();
    match slot.checked_sub(1) {
        Some(before) if slot < header_slot && header_slot - before <= ring => Ok(before),
        _ => Err(ProofError::Ring {
            header_slot,
            ring,
            slot,
        }),
    }
}
