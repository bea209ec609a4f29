use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use forebond_beacon::signing::fabric::SignedDelegation;
use forebond_runtime::Shutdown;
use tokio::{net::TcpListener, task::JoinHandle};

use super::SlotBook;

/// Signed slots on a port.
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
            Ok(Err(error)) => tracing::warn!(%error, "serving signed slots ended"),
            Err(error) => tracing::warn!(%error, "serving signed slots ended"),
        }
    }
}

/// Serves the book where relays would: `GET /constraints/v0/relay/delegations/{slot}`, a list, perhaps empty.
///
/// # Errors
/// The address is taken or not ours.
pub async fn serve(
    address: SocketAddr,
    book: SlotBook,
    shutdown: Shutdown,
) -> std::io::Result<Serving> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/constraints/v0/relay/delegations/{slot}", get(delegations))
        .with_state(book);
    let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.into_requested());
    Ok(Serving {
        address,
        task: tokio::spawn(async move { served.await }),
    })
}

async fn delegations(
    State(book): State<SlotBook>,
    Path(slot): Path<String>,
) -> Result<Json<Vec<SignedDelegation>>, (StatusCode, String)> {
    let slot = slot.parse().map_err(|_| {
        let words = format!("expected a slot's number, got {slot:.40?}");
        (StatusCode::BAD_REQUEST, words)
    })?;
    Ok(Json(book.at(slot)))
}
