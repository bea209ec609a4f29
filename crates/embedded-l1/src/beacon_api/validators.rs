//! `beacon/states/{state_id}/validators` and relatives.

use std::collections::HashSet;

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State, rejection::BytesRejection},
};
use forebond_beacon::{
    containers::{BeaconState, FAR_FUTURE_EPOCH, PublicKeyBytes, Validator},
    preset::Preset,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ids,
    query::QueryPairs,
    reply::{Answer, ApiError, chain_data},
    server::Api,
};

/// Ids one GET may name; POST takes more.
const MAX_IDS_IN_QUERY: usize = 64;

/// Which validators a request names; nothing named means all.
#[derive(Default)]
struct Selection {
    indices: HashSet<u64>,
    keys: HashSet<PublicKeyBytes>,
    statuses: HashSet<String>,
    all: bool,
}

impl Selection {
    fn new<'a>(
        ids: impl Iterator<Item = &'a str>,
        statuses: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ApiError> {
        let mut selection = Self {
            all: true,
            ..Self::default()
        };
        for id in ids {
            selection.all = false;
            if id.starts_with("0x") {
                let key = id.parse().map_err(|_| {
                    ApiError::bad_request(format!("validator id {id:?}: expected 48 bytes as hex"))
                })?;
                selection.keys.insert(key);
            } else {
                selection.indices.insert(ids::number("validator id", id)?);
            }
        }
        for status in statuses {
            selection.statuses.insert(status.to_owned());
        }
        Ok(selection)
    }

    fn takes(&self, index: u64, validator: &Validator, status: &str) -> bool {
        let named =
            self.all || self.indices.contains(&index) || self.keys.contains(&validator.pubkey);
        // A group such as "active" stands for all statuses that begin with it.
        let wanted = self.statuses.is_empty()
            || self.statuses.contains(status)
            || status
                .split_once('_')
                .is_some_and(|(group, _)| self.statuses.contains(group));
        named && wanted
    }
}

/// The status names of the Beacon API.
fn status(validator: &Validator, balance_gwei: u64, epoch: u64) -> &'static str {
    if epoch < validator.activation_epoch {
        if validator.activation_eligibility_epoch == FAR_FUTURE_EPOCH {
            "pending_initialized"
        } else {
            "pending_queued"
        }
    } else if epoch < validator.exit_epoch {
        match (validator.exit_epoch == FAR_FUTURE_EPOCH, validator.slashed) {
            (true, _) => "active_ongoing",
            (false, true) => "active_slashed",
            (false, false) => "active_exiting",
        }
    } else if epoch < validator.withdrawable_epoch {
        if validator.slashed {
            "exited_slashed"
        } else {
            "exited_unslashed"
        }
    } else if balance_gwei > 0 {
        "withdrawal_possible"
    } else {
        "withdrawal_done"
    }
}

fn select<P: Preset>(state: &BeaconState<P>, selection: &Selection) -> Vec<Value> {
    let epoch = state.current_epoch();
    (0u64..)
        .zip(state.validators.iter().zip(&state.balances))
        .filter_map(|(index, (validator, balance))| {
            let status = status(validator, *balance, epoch);
            selection.takes(index, validator, status).then(|| {
                json!({
                    "index": index.to_string(),
                    "balance": balance.to_string(),
                    "status": status,
                    "validator": validator,
                })
            })
        })
        .collect()
}

pub(super) async fn list<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = QueryPairs::parse(query.as_deref())?;
    if query.all("id").count() > MAX_IDS_IN_QUERY {
        return Err(ApiError::bad_request(format!(
            "more than {MAX_IDS_IN_QUERY} ids: use POST"
        )));
    }
    let selection = Selection::new(query.all("id"), query.all("status"))?;
    let found = ids::state(api.view.as_ref(), &id)?;
    chain_data(found.finalized, select(&found.state, &selection))
}

#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    ids: Option<Vec<String>>,
    #[serde(default)]
    statuses: Option<Vec<String>>,
}

type Body = Result<Bytes, BytesRejection>;

fn parse_body<T: Default + for<'de> Deserialize<'de>>(body: Body) -> Result<T, ApiError> {
    let body = body.map_err(|refusal| ApiError::new(refusal.status(), refusal.body_text()))?;
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad_request(format!("request body: {error}")))
}

pub(super) async fn list_posted<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    body: Body,
) -> Answer {
    let wanted: Wanted = parse_body(body)?;
    let (ids, statuses) = (
        wanted.ids.unwrap_or_default(),
        wanted.statuses.unwrap_or_default(),
    );
    let selection = Selection::new(
        ids.iter().map(String::as_str),
        statuses.iter().map(String::as_str),
    )?;
    let found = ids::state(api.view.as_ref(), &id)?;
    chain_data(found.finalized, select(&found.state, &selection))
}

pub(super) async fn one<P: Preset>(
    State(api): State<Api<P>>,
    Path((id, validator)): Path<(String, String)>,
) -> Answer {
    let selection = Selection::new(core::iter::once(validator.as_str()), core::iter::empty())?;
    let found = ids::state(api.view.as_ref(), &id)?;
    match select(&found.state, &selection).into_iter().next() {
        Some(record) => chain_data(found.finalized, record),
        None => Err(ApiError::not_found(format!(
            "no validator {validator} in state {id}"
        ))),
    }
}

/// The cheapest map between indices and keys.
pub(super) async fn identities<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    body: Body,
) -> Answer {
    let wanted: Vec<String> = parse_body(body)?;
    let selection = Selection::new(wanted.iter().map(String::as_str), core::iter::empty())?;
    let found = ids::state(api.view.as_ref(), &id)?;
    let identities: Vec<_> = (0u64..)
        .zip(&found.state.validators)
        .filter(|(index, validator)| selection.takes(*index, validator, ""))
        .map(|(index, validator)| {
            json!({
                "index": index.to_string(),
                "pubkey": validator.pubkey,
                "activation_epoch": validator.activation_epoch.to_string(),
            })
        })
        .collect();
    chain_data(found.finalized, identities)
}
