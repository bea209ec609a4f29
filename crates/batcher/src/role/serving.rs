//! Tells proposers which blobs a block of theirs should hold.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use eyre::{Result, WrapErr};
use forebond_runtime::Shutdown;
use serde::Serialize;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::post::{Commitment, WaitingBatch};

/// As a proposer's guard reads it (specs/proposer.md).
#[derive(Serialize)]
struct Expected {
    slot: String,
    commitments: Vec<Commitment>,
}

/// A port with what waits.
#[derive(Debug)]
pub struct Serving {
    /// Where.
    pub address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Serving {
    /// Waits until it has stopped.
    pub async fn stopped(self) {
        match self.task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "serving expected batches ended"),
            Err(error) => tracing::warn!(%error, "serving expected batches ended"),
        }
    }
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
) -> Result<Serving> {
    let cannot =
        || format!("cannot listen on {address} for expected batches; choose another --http");
    let listener = TcpListener::bind(address).await.wrap_err_with(cannot)?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/forebond/v1/expected-batch/{slot}", get(expected))
        .with_state(Arc::new(waiting));
    let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.into_requested());
    Ok(Serving {
        address,
        task: tokio::spawn(async move { served.await }),
    })
}

async fn expected(State(waiting): State<Arc<WaitingBatch>>, Path(slot): Path<String>) -> Response {
    let Ok(number) = slot.parse() else {
        let words = format!("expected a slot's number, got {slot:.40?}");
        return (StatusCode::BAD_REQUEST, words).into_response();
    };
    match waiting.of(number) {
        Some(commitments) => Json(Expected { slot, commitments }).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
