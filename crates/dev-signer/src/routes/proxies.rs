use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use forebond_beacon::{
    bls::{PublicKeyBytes, SignatureBytes},
    signing::commit_boost::ProxyKey,
};
use forebond_commit_boost::client::ProxyScheme;
use serde::{Deserialize, Serialize};

use crate::{Fault, auth::Caller, delegations::vouch, refusal::Refusal, state::State};

#[derive(Deserialize)]
pub(crate) struct Body {
    pubkey: PublicKeyBytes,
    scheme: ProxyScheme,
}

#[derive(Serialize)]
struct Answer {
    message: Message,
    signature: SignatureBytes,
}

#[derive(Serialize)]
struct Message {
    delegator: PublicKeyBytes,
    proxy: String,
}

/// Another key at every call.
pub(crate) async fn make(
    Extension(caller): Extension<Caller>,
    Extension(fault): Extension<Fault>,
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<Body>,
) -> Result<Response, Refusal> {
    let mut keys = state.keys.lock();
    let (chain, delegator) = (state.chain, body.pubkey);
    let made = keys
        .make(&chain, &caller.0, &delegator, body.scheme)
        .map_err(|error| {
            tracing::warn!(%error, "a proxy could not be made");
            Refusal::Internal
        })?;
    let proxy = made.ok_or_else(|| Refusal::UnknownConsensus(delegator.to_string()))?;
    let (key, mut signature) = (proxy.key, proxy.delegation);
    let mut named = delegator;
    match &fault {
        Fault::WrongSignature | Fault::OtherKey => {
            let other = keys.other_validator(&delegator).ok_or(Refusal::Internal)?;
            signature = vouch(&chain, other, &key);
        }
        Fault::WrongEcho => {
            let other = keys.other_validator(&delegator).ok_or(Refusal::Internal)?;
            named = other.public_key().to_bytes();
        }
        _ => {}
    }
    let proxy = match key {
        ProxyKey::Bls(key) => key.to_string(),
        ProxyKey::Ecdsa(address) => address.to_string().to_lowercase(),
    };
    Ok(Json(Answer {
        message: Message {
            delegator: named,
            proxy,
        },
        signature,
    })
    .into_response())
}
