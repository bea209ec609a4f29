//! `[rpc]` as it is shown. The RPC crate reads its own table; this is the way back, and a test
//! fails when a key of it is missing here.

use forebond_rpc::RpcConfig;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
#[serde(remote = "RpcConfig")]
struct RpcTable {
    max_connections: u32,
    max_request_bytes: u32,
    max_response_bytes: u32,
    max_batch_requests: u32,
    max_subscriptions_per_connection: u32,
    max_in_flight_per_connection: u32,
    max_in_flight_request_bytes: u64,
    max_unsent_bytes_per_connection: u64,
    max_unsent_bytes: u64,
    max_unsent_messages_per_connection: u32,
    requests_per_second_per_connection: u32,
    idle_timeout_ms: u64,
    send_timeout_ms: u64,
    shutdown_grace_ms: u64,
    cors_allowed_origins: Vec<String>,
    latest_shows_preconfirmed: bool,
    receipts_before_seal: bool,
    max_logs_block_range: u64,
    max_logs_per_response: u32,
    max_filters: u32,
    filter_ttl_ms: u64,
    call_gas_limit: u64,
    max_heavy_requests: u32,
    max_waiting_heavy_requests: u32,
    sync_wait_ms: u64,
    max_sync_wait_ms: u64,
}

/// The table with all its keys.
pub(super) fn serialize<S: Serializer>(
    config: &RpcConfig,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    RpcTable::serialize(config, serializer)
}
