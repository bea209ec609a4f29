//! `validator/duties/proposer/{epoch}` in both versions.
//!
//! The duties of epoch N are fixed by the last block before epoch N-1 (EIP-7917): that root is the dependent root of
//! version 2. Version 1 kept the meaning it had before Fulu, the last block before epoch N: for the next epoch it
//! changes with every block although the duties do not.

use alloy_primitives::B256;
use axum::extract::{Path, State};
use forebond_beacon::preset::Preset;
use serde_json::json;

use super::{
    BeaconView, ids,
    reply::{Answer, ApiError, body, epoch_of},
    server::Api,
};

pub(super) async fn proposer_v1<P: Preset>(
    State(api): State<Api<P>>,
    Path(epoch): Path<String>,
) -> Answer {
    let epoch = ids::number("epoch", &epoch)?;
    proposers(api.view.as_ref(), epoch, |view| {
        root_before_epoch(view, epoch)
    })
}

pub(super) async fn proposer_v2<P: Preset>(
    State(api): State<Api<P>>,
    Path(epoch): Path<String>,
) -> Answer {
    let epoch = ids::number("epoch", &epoch)?;
    proposers(api.view.as_ref(), epoch, |view| {
        root_before_epoch(view, epoch.saturating_sub(1))
    })
}

/// Root of the newest block before `epoch` begins; genesis if there is none, the head while that slot is to come.
fn root_before_epoch<P: Preset>(view: &dyn BeaconView<P>, epoch: u64) -> Option<B256> {
    let last_slot = epoch.saturating_mul(P::slots_per_epoch()).saturating_sub(1);
    view.canonical_at_or_before(last_slot)
        .map(|block| block.root)
}

fn proposers<P: Preset>(
    view: &dyn BeaconView<P>,
    epoch: u64,
    dependent_root: impl FnOnce(&dyn BeaconView<P>) -> Option<B256>,
) -> Answer {
    let clock = view.clock_slot();
    let current = epoch_of::<P>(clock);
    if epoch > current + 1 {
        let message = format!(
            "epoch {epoch} is not decided in epoch {current}; ask for {} at most",
            current + 1
        );
        return Err(ApiError::bad_request(message));
    }
    let slots_per_epoch = P::slots_per_epoch();
    let missing =
        || ApiError::not_found(format!("the state of epoch {epoch} is not kept any more"));
    // This epoch and the next one from the newest state, older ones from their own last state.
    let slot = if epoch + 1 >= current {
        clock
    } else {
        (epoch + 1) * slots_per_epoch - 1
    };
    let state = view.state_at(slot.min(clock)).ok_or_else(missing)?;
    let state_epoch = state.current_epoch();
    let (skip, state) = match epoch.checked_sub(state_epoch) {
        Some(0) => (0, state),
        Some(1) => (slots_per_epoch, state),
        // The epoch before: its own last state knows.
        _ => (
            0,
            view.state_at((epoch + 1) * slots_per_epoch - 1)
                .ok_or_else(missing)?,
        ),
    };
    let first_slot = epoch * slots_per_epoch;
    let lookahead = state.proposer_lookahead.iter().copied();
    let duties = lookahead
        .skip(usize::try_from(skip).unwrap_or(usize::MAX))
        .zip(first_slot..first_slot + slots_per_epoch)
        .map(|(index, slot)| {
            let validator = usize::try_from(index)
                .ok()
                .and_then(|index| state.validators.get(index))?;
            Some(json!({
                "pubkey": validator.pubkey,
                "validator_index": index.to_string(),
                "slot": slot.to_string(),
            }))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(missing)?;
    body(&json!({
        "dependent_root": dependent_root(view).ok_or_else(missing)?,
        "execution_optimistic": false,
        "data": duties,
    }))
}
