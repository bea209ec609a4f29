//! late (R6, R11): the owner of a window promised a block that was not in the Inbox when the window was over, although one of the
//! window's last slots had a block.

use std::ops::RangeInclusive;

use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_protocol::Window;
use forebond_types::Frag;

use crate::{Accusation, Accused, Attested, shapes};

/// Epochs that coverers have before a window that nobody covered is heard.
const COVER_EPOCHS: u64 = 2;

/// A window that is over, as L1 shows it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The window; its owner is the only one who can be late in it.
    pub window: Window,
    /// L1's present slot.
    pub slot: u64,
    /// Slots of an epoch.
    pub slots_per_epoch: u64,
    /// H of R1.
    pub handover_slots: u64,
    /// Last block of the last batch posted in the window or before it; 0 when there is none.
    pub posted_until: u64,
    /// Last block of the Inbox's newest batch.
    pub newest_block: u64,
    /// Batches posted after the window, in order; those that are neither Posted nor Confirmed are left out.
    pub covers: Vec<Cover>,
}

/// A batch posted after the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Number in the Inbox.
    pub batch_id: u32,
    /// First block.
    pub first_block: u64,
    /// Last block.
    pub last_block: u64,
}

/// What convicts together with the proof that one of `slots` had a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Promises the missing block.
    pub frag: Attested<Frag>,
    /// The batch that covered it; 0 when nobody did.
    pub cover: u32,
    /// The window's last min(H, length) slots: a block in any of them convicts.
    pub slots: RangeInclusive<u64>,
}

/// The promise that the window's end left without a block, when its lateness can be heard now.
pub fn missing<'a>(
    accused: &Accused,
    frags: impl IntoIterator<Item = &'a Attested<Frag>>,
    ended: &Ended,
) -> Option<Missing> {
    let window = &ended.window;
    let owns = window.gateway == accused.gateway() && window.last_slot == accused.base().window;
    if !owns || ended.slot <= window.last_slot {
        return None;
    }
    let coverers_had_their_time = ended.slot
        > window
            .last_slot
            .saturating_add(COVER_EPOCHS.saturating_mul(ended.slots_per_epoch));
    frags.into_iter().find_map(|frag| {
        let block = frag.message.blockNumber;
        if block <= ended.posted_until || frag.message.base != accused.base_hash() {
            return None;
        }
        let cover = ended
            .covers
            .iter()
            .find(|cover| (cover.first_block..=cover.last_block).contains(&block))
            .map(|cover| cover.batch_id);
        let uncovered = coverers_had_their_time && ended.newest_block < block;
        Some(Missing {
            frag: frag.clone(),
            cover: cover.or_else(|| uncovered.then_some(0))?,
            slots: counted(ended),
        })
    })
}

/// Accuses with a proof that one of the counted slots had a block; nothing for a slot that was missed or does not count.
pub fn accuse(
    accused: &Accused,
    missing: &Missing,
    presence: abi::SlotPresenceProof,
) -> Option<Accusation> {
    let was_missed = presence.rootBefore == presence.rootAt;
    if was_missed || !missing.slots.contains(&presence.slot) {
        return None;
    }
    let evidence = abi::LateEvidence {
        accused: accused.shape(),
        frag: shapes::frag(&missing.frag.message),
        signature: missing.frag.signature.clone(),
        presence,
        coverBatchId: missing.cover,
    };
    Some(Accusation::of_window(accused, &evidence))
}

/// With H = 0 the last slot alone counts.
fn counted(ended: &Ended) -> RangeInclusive<u64> {
    let window = &ended.window;
    let length = window
        .last_slot
        .saturating_sub(window.first_slot)
        .saturating_add(1);
    let counted = ended.handover_slots.clamp(1, length);
    window.last_slot.saturating_add(1).saturating_sub(counted)..=window.last_slot
}
