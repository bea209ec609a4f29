//! From v0.10 on: one path for each kind of key.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use axum::{
    Extension, Json,
    extract::{Request, State as Shared},
    middleware::Next,
    response::{IntoResponse, Response},
};
use forebond_beacon::{
    bls::PublicKeyBytes,
    signing::commit_boost::{Dialect, ProxyKey},
};
use serde::{Deserialize, Serialize};

use crate::{
    Fault,
    auth::Caller,
    refusal::Refusal,
    sign::{Order, Wanted, sign},
    state::State,
};

#[derive(Deserialize)]
pub(crate) struct ConsensusBody {
    pubkey: PublicKeyBytes,
    object_root: B256,
    nonce: u64,
}

#[derive(Deserialize)]
pub(crate) struct ProxyBody<K> {
    proxy: K,
    object_root: B256,
    nonce: u64,
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pubkey: Option<PublicKeyBytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    object_root: B256,
    module_signing_id: B256,
    nonce: u64,
    /// A hex quantity, as the real signer writes it, whatever its documents say.
    chain_id: U256,
    signature: Bytes,
}

pub(crate) async fn only_if_served(
    Shared(state): Shared<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    if state.flavour().has_split_paths() {
        next.run(request).await
    } else {
        super::not_there(&state)
    }
}

pub(crate) async fn consensus(
    Extension(caller): Extension<Caller>,
    Extension(fault): Extension<Fault>,
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<ConsensusBody>,
) -> Result<Response, Refusal> {
    let wanted = Wanted::Consensus(body.pubkey);
    answer(
        &state,
        &caller,
        &fault,
        wanted,
        body.object_root,
        body.nonce,
    )
}

pub(crate) async fn proxy_bls(
    Extension(caller): Extension<Caller>,
    Extension(fault): Extension<Fault>,
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<ProxyBody<PublicKeyBytes>>,
) -> Result<Response, Refusal> {
    let wanted = Wanted::Proxy(ProxyKey::Bls(body.proxy));
    answer(
        &state,
        &caller,
        &fault,
        wanted,
        body.object_root,
        body.nonce,
    )
}

pub(crate) async fn proxy_ecdsa(
    Extension(caller): Extension<Caller>,
    Extension(fault): Extension<Fault>,
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<ProxyBody<Address>>,
) -> Result<Response, Refusal> {
    let wanted = Wanted::Proxy(ProxyKey::Ecdsa(body.proxy));
    answer(
        &state,
        &caller,
        &fault,
        wanted,
        body.object_root,
        body.nonce,
    )
}

fn answer(
    state: &State,
    caller: &Caller,
    fault: &Fault,
    wanted: Wanted,
    object_root: B256,
    nonce: u64,
) -> Result<Response, Refusal> {
    let signing_id = {
        let access = state.access.lock();
        access
            .modules
            .get(&caller.0)
            .map(|module| module.signing_id)
    };
    let signing_id =
        signing_id.ok_or_else(|| Refusal::BadRequest("Module signing ID not found".to_owned()))?;
    let order = Order {
        wanted,
        object_root,
        dialect: Dialect::Module { signing_id, nonce },
    };
    let signed = sign(state, &caller.0, &order, fault)?;
    let (pubkey, address) = match wanted {
        Wanted::Consensus(key) | Wanted::Proxy(ProxyKey::Bls(key)) => (Some(key), None),
        Wanted::Proxy(ProxyKey::Ecdsa(address)) => (None, Some(address)),
    };
    Ok(Json(Answer {
        pubkey,
        address,
        object_root: signed.object_root,
        module_signing_id: signed.signing_id,
        nonce: signed.nonce,
        chain_id: U256::from(signed.chain_id),
        signature: signed.signature,
    })
    .into_response())
}
