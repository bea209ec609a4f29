//! The routes, and who may use them.

mod admin;
mod legacy;
mod proxies;
mod pubkeys;
mod split;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn_with_state, map_request_with_state},
    routing::{get, post},
};

use crate::{auth, faults, state::State};

/// Everything; which routes exist depends on the flavour at the moment of the request.
pub(crate) fn router(state: Arc<State>) -> Router {
    let split = Router::new()
        .route("/signer/v1/request_signature/bls", post(split::consensus))
        .route(
            "/signer/v1/request_signature/proxy-bls",
            post(split::proxy_bls),
        )
        .route(
            "/signer/v1/request_signature/proxy-ecdsa",
            post(split::proxy_ecdsa),
        )
        .route_layer(from_fn_with_state(Arc::clone(&state), auth::module))
        .route_layer(from_fn_with_state(
            Arc::clone(&state),
            split::only_if_served,
        ));
    let legacy = Router::new()
        .route("/signer/v1/request_signature", post(legacy::any))
        .route_layer(from_fn_with_state(Arc::clone(&state), auth::module))
        .route_layer(from_fn_with_state(
            Arc::clone(&state),
            legacy::only_if_served,
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
            Arc::clone(&state),
            admin::only_if_served,
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

async fn count(
    axum::extract::State(state): axum::extract::State<Arc<State>>,
    request: axum::extract::Request,
) -> axum::extract::Request {
    state
        .asked
        .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    request
}

async fn status(axum::extract::State(state): axum::extract::State<Arc<State>>) -> StatusCode {
    if state.flavour().wants_tokens() {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    }
}

/// The answer of a route that is not there.
pub(crate) fn not_there(state: &State) -> axum::response::Response {
    use axum::response::IntoResponse;
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
