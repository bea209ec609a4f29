//! The accept loop, and the life of one connection.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{StatusCode, header};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use jsonrpsee::{
    core::{BoxError, middleware::RpcServiceBuilder},
    server::{
        BatchRequestConfig, HttpBody, HttpRequest, HttpResponse, Methods, PingConfig,
        ServerBuilder, ServerConfig, StopHandle, ws::is_upgrade_request,
    },
};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, Service, util::option_layer};

use super::{
    connection::{Connection, Connections},
    front,
    guard::{GuardLayer, Limits},
    ids::HexIds,
    stream::GuardedStream,
};
use crate::config::RpcConfig;

/// Pause after a failed accept: out of descriptors, the loop would spin until one is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// Largest request head, bytes.
const MAX_HEAD_BYTES: usize = 16 << 10;
/// What a connection too many is told.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 45\r\nretry-after: 1\r\n\
    connection: close\r\n\r\nToo many connections. Please try again later.";

/// What every connection of a server shares.
struct Shared {
    config: RpcConfig,
    limits: Arc<Limits>,
    methods: Methods,
    framework: ServerConfig,
    stop: StopHandle,
}

/// Accepts until the server stops.
pub(super) async fn run(
    listener: TcpListener,
    config: RpcConfig,
    methods: Methods,
    connections: Arc<Connections>,
    stop: StopHandle,
) {
    let shared = Arc::new(Shared {
        limits: Arc::new(Limits::of(&config, methods.clone())),
        framework: framework_config(&config),
        methods,
        config,
        stop: stop.clone(),
    });
    let stopped = stop.shutdown();
    tokio::pin!(stopped);
    let mut accepted_so_far = 0_u32;
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, peer)) => match connections.open(Instant::now()) {
                Some(connection) => {
                    let shared = Arc::clone(&shared);
                    // The framework tells subscriptions of different connections apart by it.
                    accepted_so_far = accepted_so_far.wrapping_add(1);
                    let id = accepted_so_far;
                    tokio::spawn(async move {
                        if let Err(error) = answer(tcp, id, connection, &shared).await {
                            tracing::debug!(%peer, %error, "connection ended");
                        }
                    });
                }
                // As much as the socket takes at once; nobody waits for a client that is turned away.
                None => drop(tcp.try_write(TOO_MANY)),
            },
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn framework_config(config: &RpcConfig) -> ServerConfig {
    // A live WebSocket client answers a ping well before it counts as idle; whether it did is for the sweeper to see.
    let ping_interval =
        Duration::from_millis(config.idle_timeout_ms / 3).max(Duration::from_millis(1));
    ServerConfig::builder()
        .max_request_body_size(config.max_request_bytes)
        .max_response_body_size(config.max_response_bytes)
        // Connections are counted by `Connections`; this counts requests of HTTP connections and WebSockets, never more.
        .max_connections(config.max_connections)
        .max_subscriptions_per_connection(config.max_subscriptions_per_connection)
        .set_batch_request_config(BatchRequestConfig::Limit(config.max_batch_requests))
        .set_message_buffer_capacity(config.max_unsent_messages_per_connection)
        .enable_ws_ping(
            PingConfig::new()
                .ping_interval(ping_interval)
                .inactive_limit(Duration::from_millis(config.idle_timeout_ms)),
        )
        .set_id_provider(HexIds::default())
        .build()
}

/// Serves one connection until it closes, is cut, or the server stops.
async fn answer(
    tcp: TcpStream,
    id: u32,
    connection: Arc<Connection>,
    shared: &Arc<Shared>,
) -> Result<(), BoxError> {
    tcp.set_nodelay(true)?;
    let guard = GuardLayer {
        limits: Arc::clone(&shared.limits),
        connection: Arc::clone(&connection),
    };
    let rpc = ServerBuilder::with_config(shared.framework.clone())
        .set_rpc_middleware(RpcServiceBuilder::new().layer(guard))
        .to_service_builder()
        .connection_id(id)
        .build(shared.methods.clone(), shared.stop.clone());
    let service = option_layer(front::cors(&shared.config.cors_allowed_origins)).layer(rpc);

    let requests = {
        let (shared, connection) = (Arc::clone(shared), Arc::clone(&connection));
        service_fn(move |request: http::Request<Incoming>| {
            let request: HttpRequest = request.map(HttpBody::new);
            let refusal = check(&request, &shared, &connection);
            let mut service = service.clone();
            async move {
                match refusal {
                    Some(refusal) => Ok(refusal),
                    None => service.call(request).await.map_err(std::io::Error::other),
                }
            }
        })
    };
    let io = TokioIo::new(GuardedStream::new(tcp, connection));
    let http = hyper::server::conn::http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(io, requests)
        .with_upgrades();

    let stopped = shared.stop.clone().shutdown();
    tokio::pin!(http, stopped);
    tokio::select! {
        ended = &mut http => ended?,
        () = &mut stopped => {
            http.as_mut().graceful_shutdown();
            http.await?;
        }
    }
    Ok(())
}

/// Notes the request; an answer when it may not go on.
fn check(request: &HttpRequest, shared: &Shared, connection: &Connection) -> Option<HttpResponse> {
    connection.active();
    if !is_upgrade_request(request) {
        return None;
    }
    if !front::origin_allowed(
        &shared.config.cors_allowed_origins,
        request.headers().get(header::ORIGIN),
    ) {
        let mut refusal = HttpResponse::new(HttpBody::from(
            "This origin may not open a WebSocket here.\n",
        ));
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        return Some(refusal);
    }
    connection.set_websocket();
    None
}
