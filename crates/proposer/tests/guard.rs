//! The blob guard between a beacon node and an upstream that answers, stalls, or is not there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test"
)]

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::{B256, FixedBytes};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use forebond_proposer::{
    config::GuardSection,
    figures::Figures,
    guard::{Guard, HandedSlots},
};
use forebond_runtime::{Metrics, Shutdown};
use parking_lot::Mutex;
use serde_json::json;
use tokio::net::TcpListener;

const SLOT: u64 = 77;
const GATEWAY: u32 = 2;
const PARENT: B256 = B256::repeat_byte(1);

/// What the neighbours do next.
#[derive(Clone)]
struct Plan {
    bid: &'static str,
    blobs: Vec<u8>,
    batch: &'static str,
    expected: Vec<u8>,
    headers: HeaderMap,
    submitted: usize,
}

type Shared = Arc<Mutex<Plan>>;

fn commitments(bytes: &[u8]) -> Vec<FixedBytes<48>> {
    let repeat = |byte: &u8| FixedBytes::repeat_byte(*byte);
    bytes.iter().map(repeat).collect()
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn bid(State(plan): State<Shared>, headers: HeaderMap) -> Response {
    let plan = {
        let mut kept = plan.lock();
        kept.headers = headers;
        kept.clone()
    };
    match plan.bid {
        "stall" => std::future::pending().await,
        "none" => StatusCode::NO_CONTENT.into_response(),
        "garbage" => "no bid".into_response(),
        "huge" => vec![b'x'; 5 << 20].into_response(),
        version => json!({
            "version": version,
            "data": {
                "message": {
                    "header": { "parent_hash": PARENT },
                    "blob_kzg_commitments": commitments(&plan.blobs),
                    "value": "1",
                },
                "signature": "0x00",
            },
        })
        .to_string()
        .into_response(),
    }
}

async fn batch(State(plan): State<Shared>, Path(slot): Path<u64>) -> Response {
    let plan = plan.lock().clone();
    match plan.batch {
        "stall" => std::future::pending().await,
        "none" => StatusCode::NO_CONTENT.into_response(),
        "broken" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => json!({
            "slot": slot.to_string(),
            "commitments": commitments(&plan.expected),
        })
        .to_string()
        .into_response(),
    }
}

async fn submit(State(plan): State<Shared>, body: Bytes) -> Response {
    plan.lock().submitted += body.len();
    (StatusCode::ACCEPTED, "taken").into_response()
}

struct World {
    plan: Shared,
    guard: SocketAddr,
    figures: Figures,
    shutdown: Shutdown,
    client: reqwest::Client,
}

impl World {
    async fn new() -> Self {
        Self::with(true).await
    }

    /// `looked`: it is known what is lent.
    async fn with(looked: bool) -> Self {
        let plan = Shared::new(Mutex::new(Plan {
            bid: "fulu",
            blobs: vec![1, 2, 3],
            batch: "some",
            expected: vec![3, 1],
            headers: HeaderMap::new(),
            submitted: 0,
        }));
        let header = "/eth/v1/builder/header/{slot}/{parent}/{key}";
        let neighbours = Router::new()
            .route(header, get(bid))
            .route("/eth/v1/builder/validators", post(submit))
            .route("/eth/v2/builder/blinded_blocks", post(submit))
            .route("/eth/v1/builder/status", get(|| async { "well" }))
            .route("/forebond/v1/expected-batch/{slot}", get(batch))
            .with_state(Arc::clone(&plan));
        let url: url::Url = serve(neighbours).await.parse().unwrap();
        let section = GuardSection {
            header_deadline_ms: 800,
            batch_deadline_ms: 200,
            ..GuardSection::default()
        };
        let handed = HandedSlots::default();
        if looked {
            handed.replace(BTreeMap::from([(SLOT, GATEWAY)]), SLOT + 1);
        }
        let figures = Figures::new(Metrics::new("test").unwrap().registry()).unwrap();
        let shutdown = Shutdown::new();
        let guard = Guard::start(
            "127.0.0.1:0".parse().unwrap(),
            (section, url.clone()),
            BTreeMap::from([(GATEWAY, url)]),
            handed,
            figures.guard.clone(),
            shutdown.clone(),
        );
        Self {
            plan,
            guard: guard.await.unwrap().address(),
            figures,
            shutdown,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn plan(&self, bid: &'static str, batch: &'static str, expected: &[u8]) {
        let mut plan = self.plan.lock();
        plan.bid = bid;
        plan.batch = batch;
        plan.expected = expected.to_vec();
    }

    async fn header(&self, slot: u64) -> (u16, String) {
        let url = format!(
            "http://{}/eth/v1/builder/header/{slot}/{PARENT}/0x00",
            self.guard
        );
        let request = self.client.get(url);
        let request = request.header("accept", "application/octet-stream");
        let answer = request.send().await.unwrap();
        let reason = answer.headers().get("x-forebond-reason");
        let reason = reason.map_or("", |reason| reason.to_str().unwrap());
        (answer.status().as_u16(), reason.to_owned())
    }
}

#[tokio::test]
async fn a_bid_without_the_batchs_blobs_is_dropped_and_one_with_them_passes() {
    let world = World::new().await;
    assert_eq!(world.header(SLOT).await, (200, String::new()));
    let accept = world.plan.lock().headers.get("accept").cloned();
    assert_eq!(accept.unwrap(), "application/json");
    world.plan("fulu", "some", &[3, 9]);
    let (status, reason) = world.header(SLOT).await;
    assert_eq!(status, 204);
    assert!(reason.contains("1 of the batch's 2 blobs"), "{reason}");
    // Nothing is expected, or the slot is not lent: whatever bid there is.
    world.plan("fulu", "none", &[]);
    assert_eq!(world.header(SLOT).await.0, 200);
    world.plan("gloas", "some", &[9]);
    assert_eq!(world.header(SLOT + 1).await.0, 200);
    let accept = world.plan.lock().headers.get("accept").cloned();
    assert_eq!(accept.unwrap(), "application/octet-stream");
    let dropped = &world.figures.guard.dropped;
    assert_eq!(dropped.with_label_values(&["blobs_missing"]).get(), 1);
    world.shutdown.request("done");
}

#[tokio::test]
async fn whatever_goes_wrong_the_beacon_node_builds_locally_in_time_and_is_told_why() {
    let world = World::new().await;
    for (bid, batch, words) in [
        ("stall", "some", "no answer within 800 ms"),
        ("garbage", "some", "no bid"),
        ("huge", "some", "longer than"),
        ("gloas", "some", "Gloas"),
        ("capella", "some", "no bid"),
        ("fulu", "stall", "no answer within 200 ms"),
        ("fulu", "broken", "500"),
    ] {
        world.plan(bid, batch, &[1]);
        let begun = Instant::now();
        let (status, reason) = world.header(SLOT).await;
        assert_eq!(status, 204, "{bid}, {batch}");
        assert!(reason.contains(words), "{bid}, {batch}: {reason}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{bid}, {batch}");
    }
    world.plan("none", "broken", &[]);
    assert_eq!(world.header(SLOT).await, (204, String::new()));
    world.shutdown.request("done");
}

#[tokio::test]
async fn no_bid_passes_for_a_slot_of_which_it_is_not_known_whether_it_is_lent() {
    for (looked, slot) in [(false, SLOT), (true, SLOT + 2)] {
        let world = World::with(looked).await;
        let (status, reason) = world.header(slot).await;
        assert_eq!(status, 204, "looked: {looked}");
        assert!(reason.contains("not known yet"), "{reason}");
        let dropped = &world.figures.guard.dropped;
        assert_eq!(dropped.with_label_values(&["slot_unknown"]).get(), 1);
        world.shutdown.request("done");
    }
}

#[tokio::test]
async fn registrations_and_blocks_are_passed_on_unseen_and_bounded() {
    let world = World::new().await;
    let post = |route: &str, body: Vec<u8>| {
        let url = format!("http://{}{route}", world.guard);
        world.client.post(url).body(body).send()
    };
    for route in [
        "/eth/v1/builder/validators",
        "/eth/v2/builder/blinded_blocks",
    ] {
        let answer = post(route, vec![7; 100]).await.unwrap();
        assert_eq!(answer.status(), 202, "{route}");
        assert_eq!(answer.text().await.unwrap(), "taken");
    }
    assert_eq!(world.plan.lock().submitted, 200);
    let refused = post("/eth/v1/builder/validators", vec![7; 17 << 20]).await;
    // Refused by its length, or cut off while it is still sent.
    assert!(refused.is_err() || refused.unwrap().status() == 413);
    assert_eq!(world.plan.lock().submitted, 200);
    let url = format!("http://{}/eth/v1/builder/status", world.guard);
    assert_eq!(world.client.get(url).send().await.unwrap().status(), 200);
    world.shutdown.request("done");
}
