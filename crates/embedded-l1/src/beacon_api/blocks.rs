//! `beacon/headers`, `beacon/blocks`.

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
};
use forebond_beacon::preset::Preset;
use serde_json::{Value, json};

use super::{
    ids::{self, FoundBlock},
    query::QueryPairs,
    reply::{Answer, ApiError, chain_data, versioned},
    server::Api,
};

fn header<P: Preset>(found: &FoundBlock<P>) -> Value {
    json!({
        "root": found.at.root,
        "canonical": found.canonical,
        "header": {
            "message": found.block.message.to_header(),
            "signature": found.block.signature,
        },
    })
}

/// The head, or the canonical block of a slot, or the canonical child of a root.
pub(super) async fn headers<P: Preset>(
    State(api): State<Api<P>>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = QueryPairs::parse(query.as_deref())?;
    let view = api.view.as_ref();
    let parent = query
        .first("parent_root")
        .map(|text| {
            text.parse::<alloy_primitives::B256>().map_err(|_| {
                ApiError::bad_request(format!("parent_root {text:?}: expected 32 bytes as hex"))
            })
        })
        .transpose()?;
    let slot = query
        .first("slot")
        .map(|text| ids::number("slot", text))
        .transpose()?;
    let at = match (slot, parent) {
        (Some(slot), _) => view
            .canonical_at_or_before(slot)
            .filter(|block| block.slot == slot),
        (None, Some(parent)) => child_of(view, parent),
        (None, None) => Some(view.head()),
    };
    let found: Vec<_> = at
        .and_then(|at| ids::found(view, at))
        .filter(|found| parent.is_none_or(|parent| found.block.message.parent_root == parent))
        .into_iter()
        .collect();
    let finalized = found.iter().all(|found| found.finalized) && !found.is_empty();
    chain_data(finalized, found.iter().map(header).collect::<Vec<_>>())
}

/// The canonical block whose parent is `parent`: the first one after it.
fn child_of<P: Preset>(
    view: &dyn super::BeaconView<P>,
    parent: alloy_primitives::B256,
) -> Option<super::BlockRef> {
    let parent_slot = view.block(parent)?.message.slot;
    let mut at = view.head();
    // Walks back from the head, at most as far as blocks are kept.
    while at.slot > parent_slot {
        let block = view.block(at.root)?;
        if block.message.parent_root == parent {
            return Some(at);
        }
        at = view.canonical_at_or_before(at.slot - 1)?;
    }
    None
}

pub(super) async fn header_of<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
) -> Answer {
    let found = ids::block(api.view.as_ref(), &id)?;
    chain_data(found.finalized, header(&found))
}

pub(super) async fn block<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let found = ids::block(api.view.as_ref(), &id)?;
    versioned(&headers, found.finalized, found.block.as_ref())
}

pub(super) async fn root<P: Preset>(State(api): State<Api<P>>, Path(id): Path<String>) -> Answer {
    let found = ids::block(api.view.as_ref(), &id)?;
    chain_data(found.finalized, json!({ "root": found.at.root }))
}
