//! Tells proposers which blobs a block of theirs should hold.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use eyre::{Result, WrapErr};
use forebond_runtime::{HttpServer, Shutdown};
use serde::Serialize;

use crate::post::{Commitment, WaitingBatch};

/// As a proposer's guard reads it (specs/proposer.md).
#[derive(Serialize)]
struct Expected {
    slot: String,
    commitments: Vec<Commitment>,
}

/// Serves `GET /forebond/v1/expected-batch/{slot}` until the end is requested: 200 with the commitments of the batch that waits in
/// pools for the slot, 204 when none does, 400 when the slot is no number.
///
/// # Errors
/// The address is taken or not ours.
pub async fn serve(
    address: SocketAddr,
    waiting: WaitingBatch,
    shutdown: Shutdown,
) -> Result<HttpServer> {
    let cannot =
        || format!("cannot listen on {address} for expected batches; choose another --http");
    let router = Router::new()
        .route("/forebond/v1/expected-batch/{slot}", get(expected))
        .with_state(waiting);
    HttpServer::start(address, router, shutdown)
        .await
        .wrap_err_with(cannot)
}

async fn expected(State(waiting): State<WaitingBatch>, Path(slot): Path<String>) -> Response {
    let Ok(number) = slot.parse() else {
        let words = format!("expected a slot's number, got {slot:.40?}");
        return (StatusCode::BAD_REQUEST, words).into_response();
    };
    match waiting.of(number) {
        Some(commitments) => Json(Expected { slot, commitments }).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
