//! Routes, the listener, and its end.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{StatusCode, Uri},
    routing::{get, post},
};
use forebond_beacon::preset::Preset;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    BeaconView, blobs, blocks, chain, duties, events, node, reply::ApiError, states, validators,
};

/// Request bodies are lists of validator ids.
const MAX_BODY_BYTES: usize = 1 << 20;

/// How the API listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeaconApiOptions {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Event readers at one time.
    pub max_event_readers: usize,
    /// How often event readers get a comment while nothing happens, so that both sides notice a dead connection.
    pub heartbeat: Duration,
}

impl Default for BeaconApiOptions {
    fn default() -> Self {
        Self {
            port: 0,
            max_event_readers: 64,
            heartbeat: Duration::from_secs(5),
        }
    }
}

/// Why the API does not start.
#[derive(Debug, thiserror::Error)]
pub enum BeaconApiError {
    /// The port is taken or forbidden.
    #[error(
        "cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for a free one"
    )]
    Listen {
        /// Port asked for.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What every handler sees.
pub(super) struct Api<P: Preset> {
    pub(super) view: Arc<dyn BeaconView<P>>,
    pub(super) event_places: Arc<Semaphore>,
    pub(super) heartbeat: Duration,
    pub(super) stopped: CancellationToken,
}

impl<P: Preset> Clone for Api<P> {
    fn clone(&self) -> Self {
        Self {
            view: Arc::clone(&self.view),
            event_places: Arc::clone(&self.event_places),
            heartbeat: self.heartbeat,
            stopped: self.stopped.clone(),
        }
    }
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct BeaconApi {
    address: SocketAddr,
    stopped: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl BeaconApi {
    /// Starts to serve `view`.
    ///
    /// # Errors
    /// When the port cannot be listened on.
    pub async fn serve<P: Preset>(
        view: Arc<dyn BeaconView<P>>,
        options: BeaconApiOptions,
    ) -> Result<Self, BeaconApiError> {
        let refused = |source| BeaconApiError::Listen {
            port: options.port,
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .await
            .map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let stopped = CancellationToken::new();
        let router = router(Api {
            view,
            event_places: Arc::new(Semaphore::new(options.max_event_readers)),
            heartbeat: options.heartbeat,
            stopped: stopped.clone(),
        });
        let until = stopped.clone();
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, router)
                .with_graceful_shutdown(until.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::warn!(%error, "the Beacon API stopped");
            }
        });
        Ok(Self {
            address,
            stopped,
            task: Some(task),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` of the API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops: no new connections, event readers are disconnected, running answers finish.
    pub async fn stop(mut self) {
        self.stopped.cancel();
        if let Some(task) = self.task.take() {
            // The task ends by itself and cannot fail but by a panic, which has been reported.
            let _ = task.await;
        }
    }
}

impl Drop for BeaconApi {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}

fn router<P: Preset>(api: Api<P>) -> Router {
    let v1 = Router::new()
        .route("/beacon/genesis", get(chain::genesis))
        .route("/beacon/headers", get(blocks::headers))
        .route("/beacon/headers/{block_id}", get(blocks::header_of))
        .route("/beacon/blocks/{block_id}/root", get(blocks::root))
        .route("/beacon/blobs/{block_id}", get(blobs::blobs))
        .route(
            "/beacon/blob_sidecars/{block_id}",
            get(blobs::blob_sidecars),
        )
        .route("/beacon/states/{state_id}/root", get(states::root))
        .route("/beacon/states/{state_id}/fork", get(states::fork))
        .route(
            "/beacon/states/{state_id}/finality_checkpoints",
            get(states::finality_checkpoints),
        )
        .route(
            "/beacon/states/{state_id}/proposer_lookahead",
            get(states::proposer_lookahead),
        )
        .route("/beacon/states/{state_id}/randao", get(states::randao))
        .route(
            "/beacon/states/{state_id}/validators",
            get(validators::list).post(validators::list_posted),
        )
        .route(
            "/beacon/states/{state_id}/validators/{validator_id}",
            get(validators::one),
        )
        .route(
            "/beacon/states/{state_id}/validator_identities",
            post(validators::identities),
        )
        .route("/config/spec", get(chain::spec))
        .route("/config/fork_schedule", get(chain::fork_schedule))
        .route("/config/deposit_contract", get(chain::deposit_contract))
        .route("/events", get(events::events))
        .route("/node/version", get(node::version))
        .route("/node/syncing", get(node::syncing))
        .route("/node/health", get(node::health))
        .route("/node/identity", get(node::identity))
        .route("/node/peer_count", get(node::peer_count))
        .route(
            "/validator/duties/proposer/{epoch}",
            get(duties::proposer_v1),
        );
    let v2 = Router::new()
        .route("/beacon/blocks/{block_id}", get(blocks::block))
        .route("/debug/beacon/states/{state_id}", get(states::debug_state))
        .route(
            "/validator/duties/proposer/{epoch}",
            get(duties::proposer_v2),
        );
    Router::new()
        .nest("/eth/v1", v1)
        .nest("/eth/v2", v2)
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(api)
}

async fn unknown_route(uri: Uri) -> ApiError {
    ApiError::not_found(format!("{} is not served here", uri.path()))
}

async fn wrong_method(uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{} does not take this method", uri.path()),
    )
}
