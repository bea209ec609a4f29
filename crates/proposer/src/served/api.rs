use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use forebond_beacon::signing::fabric::SignedDelegation;
use forebond_runtime::{HttpServer, Shutdown};

use super::SlotBook;

/// Serves the book where relays would: `GET /constraints/v0/relay/delegations/{slot}`, a list, perhaps empty.
///
/// # Errors
/// The address is taken or not ours.
pub async fn serve(
    address: SocketAddr,
    book: SlotBook,
    shutdown: Shutdown,
) -> std::io::Result<HttpServer> {
    let router = Router::new()
        .route("/constraints/v0/relay/delegations/{slot}", get(delegations))
        .with_state(book);
    HttpServer::start(address, router, shutdown).await
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
