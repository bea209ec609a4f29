//! From v0.10 on: one path for each kind of key.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use axum::{
    Extension, Json,
    extract::State as Shared,
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

/// A body, whatever key it names.
pub(crate) trait Asked {
    /// Which key, over which object, under which nonce.
    fn asked(self) -> (Wanted, B256, u64);
}

impl Asked for ConsensusBody {
    fn asked(self) -> (Wanted, B256, u64) {
        (Wanted::Consensus(self.pubkey), self.object_root, self.nonce)
    }
}

impl Asked for ProxyBody<PublicKeyBytes> {
    fn asked(self) -> (Wanted, B256, u64) {
        let wanted = Wanted::Proxy(ProxyKey::Bls(self.proxy));
        (wanted, self.object_root, self.nonce)
    }
}

impl Asked for ProxyBody<Address> {
    fn asked(self) -> (Wanted, B256, u64) {
        let wanted = Wanted::Proxy(ProxyKey::Ecdsa(self.proxy));
        (wanted, self.object_root, self.nonce)
    }
}

pub(crate) async fn signature<B: Asked>(
    Extension(caller): Extension<Caller>,
    Extension(fault): Extension<Fault>,
    Shared(state): Shared<Arc<State>>,
    Json(body): Json<B>,
) -> Result<Response, Refusal> {
    let (wanted, object_root, nonce) = body.asked();
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
    let signed = sign(&state, &caller.0, &order, &fault)?;
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
