use std::sync::Arc;

use alloy_primitives::Address;
use axum::{Extension, Json, extract::State as Shared};
use forebond_beacon::{bls::PublicKeyBytes, signing::commit_boost::ProxyKey};
use serde::Serialize;

use crate::{auth::Caller, state::State};

#[derive(Serialize)]
pub(crate) struct Answer {
    keys: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    consensus: PublicKeyBytes,
    proxy_bls: Vec<PublicKeyBytes>,
    proxy_ecdsa: Vec<Address>,
}

/// All validators' keys, with the caller's proxies alone.
pub(crate) async fn all(
    Extension(caller): Extension<Caller>,
    Shared(state): Shared<Arc<State>>,
) -> Json<Answer> {
    let keys = state.keys.lock();
    let entry = |consensus: &PublicKeyBytes| {
        let ours = keys.proxies().iter();
        let ours = ours.filter(|proxy| proxy.delegator == *consensus && proxy.module == caller.0);
        let mut entry = Entry {
            consensus: *consensus,
            proxy_bls: Vec::new(),
            proxy_ecdsa: Vec::new(),
        };
        for proxy in ours {
            match proxy.key {
                ProxyKey::Bls(key) => entry.proxy_bls.push(key),
                ProxyKey::Ecdsa(address) => entry.proxy_ecdsa.push(address),
            }
        }
        entry
    };
    Json(Answer {
        keys: keys.validators().map(entry).collect(),
    })
}
