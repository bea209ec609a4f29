//! `beacon/states/{state_id}/*` and `debug/beacon/states`.

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode},
};
use forebond_beacon::preset::Preset;
use serde_json::json;
use ssz::Encode as _;
use tree_hash::TreeHash as _;
use typenum::Unsigned;

use super::{
    ids,
    query::QueryPairs,
    reply::{Answer, ApiError, VERSION, body, chain_data, ssz_bytes, versioned, wants_ssz},
    server::Api,
};

pub(super) async fn root<P: Preset>(State(api): State<Api<P>>, Path(id): Path<String>) -> Answer {
    let found = ids::state(api.view.as_ref(), &id)?;
    chain_data(
        found.finalized,
        json!({ "root": found.state.tree_hash_root() }),
    )
}

pub(super) async fn fork<P: Preset>(State(api): State<Api<P>>, Path(id): Path<String>) -> Answer {
    let found = ids::state(api.view.as_ref(), &id)?;
    chain_data(found.finalized, found.state.fork)
}

pub(super) async fn finality_checkpoints<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
) -> Answer {
    let found = ids::state(api.view.as_ref(), &id)?;
    chain_data(
        found.finalized,
        json!({
            "previous_justified": found.state.previous_justified_checkpoint,
            "current_justified": found.state.current_justified_checkpoint,
            "finalized": found.state.finalized_checkpoint,
        }),
    )
}

/// Indices only: element i is the proposer of the i-th slot from the start of the state's epoch.
pub(super) async fn proposer_lookahead<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let found = ids::state(api.view.as_ref(), &id)?;
    let lookahead = &found.state.proposer_lookahead;
    if wants_ssz(&headers) {
        return Ok(ssz_bytes(lookahead.as_ssz_bytes()));
    }
    let data: Vec<String> = lookahead.iter().map(u64::to_string).collect();
    let mut response = body(&json!({
        "version": VERSION,
        "execution_optimistic": false,
        "finalized": found.finalized,
        "data": data,
    }))?;
    response
        .headers_mut()
        .insert("eth-consensus-version", HeaderValue::from_static(VERSION));
    Ok(response)
}

pub(super) async fn randao<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let found = ids::state(api.view.as_ref(), &id)?;
    let query = QueryPairs::parse(query.as_deref())?;
    let current = found.state.current_epoch();
    let epoch = query
        .first("epoch")
        .map_or(Ok(current), |text| ids::number("epoch", text))?;
    let length = P::EpochsPerHistoricalVector::U64;
    let in_ring = epoch <= current && current - epoch < length;
    let mix = usize::try_from(epoch % length)
        .ok()
        .filter(|_| in_ring)
        .and_then(|place| found.state.randao_mixes.get(place))
        .ok_or_else(|| {
            ApiError::bad_request(format!(
                "epoch {epoch} is out of range for a state of epoch {current}"
            ))
        })?;
    chain_data(found.finalized, json!({ "randao": mix }))
}

/// The whole state. Encoding is work of milliseconds, so it is done beside the tasks that serve others.
pub(super) async fn debug_state<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let found = ids::state(api.view.as_ref(), &id)?;
    tokio::task::spawn_blocking(move || versioned(&headers, found.finalized, &found.state))
        .await
        .unwrap_or_else(|_| {
            Err(ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "encoding the state was interrupted; ask again".to_owned(),
            ))
        })
}
