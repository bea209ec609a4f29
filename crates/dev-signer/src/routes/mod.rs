//! The routes, and who may use them.

mod admin;
mod legacy;
mod proxies;
mod pubkeys;
mod split;

use std::sync::Arc;

use alloy_primitives::Address;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State as Shared},
    http::StatusCode,
    middleware::{Next, from_fn_with_state, map_request_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use forebond_beacon::bls::PublicKeyBytes;

use crate::{Flavour, auth, faults, state::State};

/// Everything; which routes exist depends on the flavour at the moment of the request.
pub(crate) fn router(state: Arc<State>) -> Router {
    let split = Router::new()
        .route(
            "/signer/v1/request_signature/bls",
            post(split::signature::<split::ConsensusBody>),
        )
        .route(
            "/signer/v1/request_signature/proxy-bls",
            post(split::signature::<split::ProxyBody<PublicKeyBytes>>),
        )
        .route(
            "/signer/v1/request_signature/proxy-ecdsa",
            post(split::signature::<split::ProxyBody<Address>>),
        )
        .route_layer(from_fn_with_state(Arc::clone(&state), auth::module))
        .route_layer(from_fn_with_state(
            served_by(&state, Flavour::has_split_paths),
            only_if_served,
        ));
    let legacy = Router::new()
        .route("/signer/v1/request_signature", post(legacy::any))
        .route_layer(from_fn_with_state(Arc::clone(&state), auth::module))
        .route_layer(from_fn_with_state(
            served_by(&state, Flavour::has_legacy_path),
            only_if_served,
        ));
    let common = Router::new()
        .route("/signer/v1/get_pubkeys", get(pubkeys::all))
        .route("/signer/v1/generate_proxy_key", post(proxies::make))
        .route_layer(from_fn_with_state(Arc::clone(&state), auth::module));
    let admin = Router::new()
        .route("/reload", post(admin::reload))
        .route("/revoke_jwt", post(admin::revoke))
        .route_layer(from_fn_with_state(Arc::clone(&state), auth::admin))
        .route_layer(from_fn_with_state(
            served_by(&state, Flavour::has_split_paths),
            only_if_served,
        ));
    Router::new()
        .merge(split)
        .merge(legacy)
        .merge(common)
        .layer(from_fn_with_state(Arc::clone(&state), faults::on_the_way))
        .layer(map_request_with_state(Arc::clone(&state), count))
        .merge(admin)
        .route("/status", get(status))
        .layer(DefaultBodyLimit::max(auth::MAX_BODY_BYTES))
        .with_state(state)
}

/// Which flavours have a route, beside the flavour of the moment.
type ServedBy = (Arc<State>, fn(Flavour) -> bool);

fn served_by(state: &Arc<State>, has: fn(Flavour) -> bool) -> ServedBy {
    (Arc::clone(state), has)
}

async fn only_if_served(
    Shared((state, has)): Shared<ServedBy>,
    request: Request,
    next: Next,
) -> Response {
    if has(state.flavour()) {
        next.run(request).await
    } else {
        not_there(&state)
    }
}

async fn count(Shared(state): Shared<Arc<State>>, request: Request) -> Request {
    state
        .asked
        .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    request
}

async fn status(Shared(state): Shared<Arc<State>>) -> StatusCode {
    if state.flavour().wants_tokens() {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    }
}

/// The answer of a route that is not there.
pub(crate) fn not_there(state: &State) -> Response {
    if state.flavour().wants_tokens() {
        StatusCode::NOT_FOUND.into_response()
    } else {
        (
            StatusCode::NOT_FOUND,
            "<html><body><h1>Resource not found</h1></body></html>",
        )
            .into_response()
    }
}
