//! `{block_id}` and `{state_id}`.

use std::sync::Arc;

use alloy_primitives::B256;
use forebond_beacon::{
    containers::{BeaconState, Checkpoint, SignedBeaconBlock},
    preset::Preset,
};

use super::{
    BeaconView, BlockRef,
    reply::{ApiError, epoch_of},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Head,
    Genesis,
    Finalized,
    Justified,
    Slot(u64),
    Root(B256),
}

fn parse(what: &str, text: &str) -> Result<Id, ApiError> {
    let refused = || {
        ApiError::bad_request(format!(
            "{what} {text:?}: expected head, genesis, finalized, justified, a slot or a 0x-prefixed root"
        ))
    };
    match text {
        "head" => Ok(Id::Head),
        "genesis" => Ok(Id::Genesis),
        "finalized" => Ok(Id::Finalized),
        "justified" => Ok(Id::Justified),
        _ if text.starts_with("0x") => text.parse().map(Id::Root).map_err(|_| refused()),
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map(Id::Slot).map_err(|_| refused())
        }
        _ => Err(refused()),
    }
}

/// A block that a request named.
pub(super) struct FoundBlock<P: Preset> {
    pub(super) at: BlockRef,
    pub(super) block: Arc<SignedBeaconBlock<P>>,
    pub(super) canonical: bool,
    pub(super) finalized: bool,
}

/// A state that a request named.
pub(super) struct FoundState<P: Preset> {
    pub(super) state: BeaconState<P>,
    pub(super) finalized: bool,
}

fn checkpoints<P: Preset>(view: &dyn BeaconView<P>) -> (Checkpoint, Checkpoint) {
    view.state_at(view.head().slot)
        .map(|state| {
            (
                state.finalized_checkpoint,
                state.current_justified_checkpoint,
            )
        })
        .unwrap_or_default()
}

fn is_finalized<P: Preset>(view: &dyn BeaconView<P>, slot: u64) -> bool {
    slot == 0
        || slot
            <= checkpoints(view)
                .0
                .epoch
                .saturating_mul(P::slots_per_epoch())
}

/// The canonical block that a checkpoint names.
fn checkpoint_block<P: Preset>(
    view: &dyn BeaconView<P>,
    checkpoint: Checkpoint,
) -> Option<BlockRef> {
    view.canonical_at_or_before(checkpoint.epoch.saturating_mul(P::slots_per_epoch()))
}

pub(super) fn block<P: Preset>(
    view: &dyn BeaconView<P>,
    id: &str,
) -> Result<FoundBlock<P>, ApiError> {
    let missing = || {
        ApiError::not_found(format!(
            "no block {id}: never seen, an empty slot, or not kept any more"
        ))
    };
    let at = match parse("block id", id)? {
        Id::Head => view.head(),
        Id::Genesis => view.canonical_at_or_before(0).ok_or_else(missing)?,
        Id::Finalized => checkpoint_block(view, checkpoints(view).0).ok_or_else(missing)?,
        Id::Justified => checkpoint_block(view, checkpoints(view).1).ok_or_else(missing)?,
        Id::Slot(slot) => view
            .canonical_at_or_before(slot)
            .filter(|block| block.slot == slot)
            .ok_or_else(missing)?,
        Id::Root(root) => BlockRef {
            slot: view.block(root).ok_or_else(missing)?.message.slot,
            root,
        },
    };
    found(view, at).ok_or_else(missing)
}

/// A block with what the API says about each.
pub(super) fn found<P: Preset>(view: &dyn BeaconView<P>, at: BlockRef) -> Option<FoundBlock<P>> {
    let block = view.block(at.root)?;
    let canonical = view.canonical_at_or_before(at.slot) == Some(at);
    let finalized = canonical && is_finalized(view, at.slot);
    Some(FoundBlock {
        at,
        block,
        canonical,
        finalized,
    })
}

pub(super) fn state<P: Preset>(
    view: &dyn BeaconView<P>,
    id: &str,
) -> Result<FoundState<P>, ApiError> {
    let missing = || {
        ApiError::not_found(format!(
            "no state {id}: in the future, unknown, or not kept any more"
        ))
    };
    let at_slot = |slot| view.state_at(slot).ok_or_else(missing);
    let of_block = |block: Option<BlockRef>| {
        block
            .ok_or_else(missing)
            .and_then(|block| at_slot(block.slot))
    };
    let (finalized, justified) = checkpoints(view);
    let state = match parse("state id", id)? {
        Id::Head => at_slot(view.head().slot)?,
        Id::Genesis => at_slot(0)?,
        Id::Finalized => of_block(checkpoint_block(view, finalized))?,
        Id::Justified => of_block(checkpoint_block(view, justified))?,
        Id::Slot(slot) => at_slot(slot)?,
        Id::Root(root) => view.state_by_root(root).ok_or_else(missing)?,
    };
    // Only canonical states are looked up by slot; one found by root may be of another branch.
    let finalized = epoch_of::<P>(state.slot) <= finalized.epoch && is_finalized(view, state.slot);
    Ok(FoundState { state, finalized })
}

/// A number in a path.
pub(super) fn number(what: &str, text: &str) -> Result<u64, ApiError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().ok_or_else(|| {
        ApiError::bad_request(format!(
            "{what} {text:?}: expected a decimal number below 2^64"
        ))
    })
}
