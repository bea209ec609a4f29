//! A node in front of another that has receipts later than it counts their transactions, as busy ones do.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use serde_json::Value;

#[derive(Clone)]
struct Front {
    behind: String,
    http: reqwest::Client,
    /// Receipts that are withheld yet.
    withhold: Arc<AtomicUsize>,
}

/// A client of a node that withholds the first `receipts` it would have given.
pub async fn withholding(behind: &str, receipts: usize) -> (ExecutionClient, Arc<AtomicUsize>) {
    // The workspace's HTTP client brings no provider of its own; another test may have chosen one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let withhold = Arc::new(AtomicUsize::new(receipts));
    let front = Front {
        behind: behind.to_owned(),
        http: reqwest::Client::new(),
        withhold: Arc::clone(&withhold),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/", post(pass_on)).with_state(front);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let client = ExecutionClient::new(&ExecutionConfig::new(&url)).unwrap();
    (client, withhold)
}

async fn pass_on(State(front): State<Front>, body: Bytes) -> Vec<u8> {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let sent = front
        .http
        .post(&front.behind)
        .header("content-type", "application/json")
        .body(body);
    let answer = sent.send().await.unwrap().bytes().await.unwrap();
    let mut answer: Value = serde_json::from_slice(&answer).unwrap();
    let is_receipt =
        request["method"] == "eth_getTransactionReceipt" && !answer["result"].is_null();
    let less = |left: usize| left.checked_sub(1);
    if is_receipt
        && front
            .withhold
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_ok()
    {
        answer["result"] = Value::Null;
    }
    serde_json::to_vec(&answer).unwrap()
}
