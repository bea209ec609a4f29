//! A beacon node that answers what a test tells it to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, StatusCode, header},
    response::Response,
};
use forebond_l1::{
    RetryPolicy,
    beacon::{BeaconClient, BeaconConfig},
};

/// One answer to one request.
pub enum Answer {
    Json(u16, &'static str),
    Text(u16, &'static str),
    /// Headers, then nothing.
    Stall,
    /// A body without end, as fast as it is read.
    Endless,
    /// Server-sent events, then the connection is closed.
    Events(&'static str),
}

type Script = Arc<dyn Fn(&str, usize) -> Answer + Send + Sync>;

/// A running node and how often it was asked.
pub struct Node {
    pub url: String,
    asked: Arc<AtomicUsize>,
}

impl Node {
    /// Answers by path and by the number of requests before.
    pub async fn start(script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let state: (Script, Arc<AtomicUsize>) = (Arc::new(script), Arc::clone(&asked));
        let app = Router::new().fallback(answer).with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, asked }
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A client with short deadlines and quick retries.
    pub fn client(&self) -> BeaconClient {
        BeaconClient::new(&self.config()).unwrap()
    }

    pub fn config(&self) -> BeaconConfig {
        BeaconConfig {
            deadline_ms: 300,
            state_deadline_ms: 300,
            retry: quick(),
            ..BeaconConfig::new(&self.url)
        }
    }
}

pub fn quick() -> RetryPolicy {
    RetryPolicy {
        attempts: 3,
        first_wait_ms: 1,
        longest_wait_ms: 5,
    }
}

async fn answer(
    State((script, asked)): State<(Script, Arc<AtomicUsize>)>,
    request: Request<Body>,
) -> Response {
    let before = asked.fetch_add(1, Ordering::SeqCst);
    let respond = |status: u16, kind: &'static str, body: Body| {
        Response::builder()
            .status(StatusCode::from_u16(status).unwrap())
            .header(header::CONTENT_TYPE, kind)
            .body(body)
            .unwrap()
    };
    match script(&request.uri().to_string(), before) {
        Answer::Json(status, text) => respond(status, "application/json", Body::from(text)),
        Answer::Text(status, text) => respond(status, "text/plain", Body::from(text)),
        Answer::Stall => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            respond(200, "application/json", Body::empty())
        }
        Answer::Endless => {
            let part = bytes::Bytes::from(vec![b'['; 1 << 16]);
            let endless = futures_util::stream::repeat_with(move || {
                Ok::<_, std::convert::Infallible>(part.clone())
            });
            respond(200, "application/json", Body::from_stream(endless))
        }
        Answer::Events(text) => respond(200, "text/event-stream", Body::from(text)),
    }
}
