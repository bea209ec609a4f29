//! The older family: one path, the kind of key in the body, a bare signature as the answer.

use std::sync::Arc;

use alloy_primitives::{Address, B256};
use axum::{
    Extension, Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use forebond_beacon::{
    bls::PublicKeyBytes,
    signing::commit_boost::{Dialect, ProxyKey},
};
use serde::Deserialize;

use crate::{
    Fault, Flavour,
    auth::Caller,
    refusal::Refusal,
    sign::{Order, Wanted, sign},
    state::State,
};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Body {
    Consensus {
        pubkey: PublicKeyBytes,
        object_root: B256,
    },
    ProxyBls {
        /// Commit-Boost's name for it.
        proxy: Option<PublicKeyBytes>,
        /// Web3Signer's.
        pubkey: Option<PublicKeyBytes>,
        object_root: B256,
    },
    ProxyEcdsa {
        proxy: Address,
        object_root: B256,
    },
}

pub(crate) async fn any(
    Extension(caller): Extension<Caller>,
    Extension(fault): Extension<Fault>,
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<Body>,
) -> Result<Response, Refusal> {
    let is_web3 = state.flavour() == Flavour::Web3;
    let (wanted, object_root) = match body {
        Body::Consensus {
            pubkey,
            object_root,
        } => (Wanted::Consensus(pubkey), object_root),
        Body::ProxyBls {
            proxy,
            pubkey,
            object_root,
        } => {
            let key = if is_web3 { pubkey } else { proxy };
            let key = key.ok_or_else(|| {
                Refusal::Other(if is_web3 { 400 } else { 422 }, "missing field".to_owned())
            })?;
            (Wanted::Proxy(ProxyKey::Bls(key)), object_root)
        }
        Body::ProxyEcdsa { proxy, object_root } => {
            (Wanted::Proxy(ProxyKey::Ecdsa(proxy)), object_root)
        }
    };
    let order = Order {
        wanted,
        object_root,
        dialect: Dialect::Bare,
    };
    match sign(&state, &caller.0, &order, &fault) {
        Ok(signed) => Ok(Json(signed.signature).into_response()),
        // Web3Signer says of a key what it says of a path.
        Err(Refusal::UnknownConsensus(_) | Refusal::UnknownProxy(_)) if is_web3 => {
            Ok(super::not_there(&state))
        }
        Err(refusal) => Err(refusal),
    }
}
