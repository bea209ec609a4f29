use super::{Health, Metrics};
use crate::{HttpServer, Shutdown};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use std::net::SocketAddr;

const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const JSON: &str = "application/json";

/// Serves `/metrics`, `/healthz` and `/readyz` until the end is requested.
#[derive(Debug)]
pub struct MetricsServer(HttpServer);

/// Why the figures are not served.
#[derive(Debug, thiserror::Error)]
pub enum MetricsServerError {
    /// The address is taken or not ours.
    #[error(
        "cannot listen on {addr} for metrics: {reason}; choose another address (--metrics, metrics.addr), or off"
    )]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The server stopped.
    #[error("the metrics server stopped: {0}")]
    Stopped(std::io::Error),
}

impl MetricsServer {
    /// Starts to serve on `addr`; port 0 lets the system choose.
    ///
    /// # Errors
    /// [`MetricsServerError::Bind`].
    pub async fn start(
        addr: SocketAddr,
        metrics: Metrics,
        health: Health,
        shutdown: Shutdown,
    ) -> Result<Self, MetricsServerError> {
        let router = Router::new()
            .route("/metrics", get(figures).with_state(metrics))
            .route("/healthz", get(alive))
            .route("/readyz", get(ready).with_state(health));
        let server = HttpServer::start(addr, router, shutdown).await;
        server
            .map(Self)
            .map_err(|reason| MetricsServerError::Bind { addr, reason })
    }

    /// The address it listens on.
    pub const fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }

    /// Waits until it has stopped, after the end was requested.
    ///
    /// # Errors
    /// [`MetricsServerError::Stopped`], when it stopped for another reason.
    pub async fn stopped(self) -> Result<(), MetricsServerError> {
        self.0.stopped().await.map_err(MetricsServerError::Stopped)
    }
}

async fn figures(State(metrics): State<Metrics>) -> Response {
    match metrics.render() {
        Ok(text) => ([(CONTENT_TYPE, PROMETHEUS_TEXT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Answering is the proof.
async fn alive() -> Response {
    ([(CONTENT_TYPE, JSON)], "{\"alive\":true}").into_response()
}

async fn ready(State(health): State<Health>) -> Response {
    let report = health.report();
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    match serde_json::to_string(&report) {
        Ok(text) => (status, [(CONTENT_TYPE, JSON)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    struct Served {
        server: MetricsServer,
        health: Health,
        shutdown: Shutdown,
    }

    async fn served() -> Served {
        let health = Health::new(&["sequencer"]);
        let shutdown = Shutdown::new();
        let server = MetricsServer::start(
            "127.0.0.1:0".parse().unwrap(),
            Metrics::new("0").unwrap(),
            health.clone(),
            shutdown.clone(),
        )
        .await
        .unwrap();
        Served {
            server,
            health,
            shutdown,
        }
    }

    /// Status and body of one request.
    async fn fetch(addr: SocketAddr, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }

    #[tokio::test]
    async fn readiness_is_503_with_reasons_until_every_component_is_ready() {
        let served = served().await;
        let addr = served.server.local_addr();
        let (status, body) = fetch(addr, "/readyz").await;
        assert_eq!(status, 503);
        assert_eq!(
            serde_json::from_str::<Value>(&body).unwrap(),
            json!({"ready": false, "reasons": {"sequencer": "starting"}})
        );
        served.health.set_ready("sequencer");
        let (status, body) = fetch(addr, "/readyz").await;
        assert_eq!(
            (status, body.as_str()),
            (200, r#"{"ready":true,"reasons":{}}"#)
        );
    }

    #[tokio::test]
    async fn figures_and_liveness_are_answered_and_nothing_else() {
        let served = served().await;
        let addr = served.server.local_addr();
        let (status, body) = fetch(addr, "/metrics").await;
        assert!(
            status == 200 && body.contains("forebond_build_info"),
            "{body}"
        );
        assert_eq!(
            fetch(addr, "/healthz").await,
            (200, "{\"alive\":true}".into())
        );
        assert_eq!(fetch(addr, "/").await.0, 404);
    }

    #[tokio::test]
    async fn it_stops_when_the_end_is_requested() {
        let served = served().await;
        served.shutdown.request("test");
        served.server.stopped().await.unwrap();
    }

    #[tokio::test]
    async fn a_taken_address_is_named_with_the_way_out() {
        let served = served().await;
        let addr = served.server.local_addr();
        let second = MetricsServer::start(
            addr,
            Metrics::new("0").unwrap(),
            Health::new(&[]),
            Shutdown::new(),
        );
        let error = second.await.unwrap_err().to_string();
        assert!(
            error.contains(&addr.to_string()) && error.contains("--metrics"),
            "{error}"
        );
    }
}
