//! The operator's routes: other secrets without a restart, and modules shut out.

use std::sync::Arc;

use axum::{Json, extract::State as Shared, http::StatusCode};
use forebond_commit_boost::Secret;
use serde::Deserialize;

use crate::{refusal::Refusal, state::State};

#[derive(Deserialize)]
pub(crate) struct Reload {
    /// `ID=secret,ID2=secret2`; modules left out keep theirs.
    jwt_secrets: Option<Secret>,
    admin_secret: Option<Secret>,
}

#[derive(Deserialize)]
pub(crate) struct Revoke {
    module_id: String,
}

/// All of it or nothing.
pub(crate) async fn reload(
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<Reload>,
) -> Result<StatusCode, Refusal> {
    let mut access = state.access.lock();
    let text = body.jwt_secrets.as_ref().map_or(&[][..], Secret::expose);
    let text = std::str::from_utf8(text).map_err(|_| Refusal::Internal)?;
    let mut secrets = Vec::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (id, secret) = pair.split_once('=').ok_or_else(|| {
            Refusal::BadRequest("jwt_secrets: expected ID=secret,ID2=secret2".to_owned())
        })?;
        let id = id.trim();
        if !access.modules.contains_key(id) {
            return Err(Refusal::BadRequest(format!(
                "Module {id} signing ID not found in commit-boost config, cannot reload"
            )));
        }
        secrets.push((id.to_owned(), Secret::new(secret.trim().to_owned())));
    }
    for (id, secret) in secrets {
        if let Some(module) = access.modules.get_mut(&id) {
            module.secret = secret;
        }
    }
    if let Some(secret) = body.admin_secret {
        access.admin_secret = secret;
    }
    Ok(StatusCode::OK)
}

pub(crate) async fn revoke(
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<Revoke>,
) -> Result<StatusCode, Refusal> {
    let removed = state.access.lock().modules.remove(&body.module_id);
    removed
        .map(|_| StatusCode::OK)
        .ok_or(Refusal::UnknownModule)
}
