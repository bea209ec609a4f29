//! `node/*`.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use forebond_beacon::preset::Preset;
use serde_json::json;

use super::{
    reply::{Answer, data},
    server::Api,
};

pub(super) async fn version() -> Answer {
    data(json!({ "version": concat!("forebond-embedded-l1/", env!("CARGO_PKG_VERSION")) }))
}

/// There is one node and it makes the chain, so it is never behind it. Empty slots are no sync distance.
pub(super) async fn syncing<P: Preset>(State(api): State<Api<P>>) -> Answer {
    data(json!({
        "head_slot": api.view.head().slot.to_string(),
        "sync_distance": "0",
        "is_syncing": false,
        "is_optimistic": false,
        "el_offline": false,
    }))
}

pub(super) async fn health() -> Response {
    StatusCode::OK.into_response()
}

/// No peers, no address: there is no network.
pub(super) async fn identity() -> Answer {
    data(json!({
        "peer_id": "",
        "enr": "",
        "p2p_addresses": [],
        "discovery_addresses": [],
        "metadata": {
            "seq_number": "0",
            "attnets": "0x0000000000000000",
            "syncnets": "0x00",
            "custody_group_count": "128",
        },
    }))
}

pub(super) async fn peer_count() -> Answer {
    data(json!({ "disconnected": "0", "connecting": "0", "connected": "0", "disconnecting": "0" }))
}
