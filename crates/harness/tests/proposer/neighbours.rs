//! Gateways and a relay, as far as a proposer sees them.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use alloy_primitives::Address;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use forebond_beacon::{signing::commit_boost::Chain, signing::fabric::SignedDelegation};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A gateway that says who it is, unless it is down.
#[derive(Clone)]
pub struct FakeGateway {
    pub url: String,
    is_down: Arc<AtomicBool>,
}

impl FakeGateway {
    pub async fn start(committer: Address) -> Self {
        let is_down = Arc::new(AtomicBool::new(false));
        let down = Arc::clone(&is_down);
        let status = move |Json(_): Json<Value>| {
            let is_down = down.load(Ordering::SeqCst);
            async move {
                if is_down {
                    return Err(StatusCode::SERVICE_UNAVAILABLE);
                }
                let result = json!({ "committer": committer });
                Ok(Json(json!({ "jsonrpc": "2.0", "id": 1, "result": result })))
            }
        };
        let address = serve(Router::new().route("/", post(status))).await;
        Self {
            url: format!("http://{address}"),
            is_down,
        }
    }

    pub fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }
}

type Slots = Arc<Mutex<BTreeMap<u64, Vec<SignedDelegation>>>>;

/// A relay that takes what verifies, also two for one slot.
#[derive(Clone)]
pub struct FakeRelay {
    pub url: String,
    slots: Slots,
}

impl FakeRelay {
    pub async fn start(chain: Chain) -> Self {
        let slots = Slots::default();
        let router = Router::new()
            .route(
                "/constraints/v0/builder/delegate",
                post(
                    move |State(slots): State<Slots>, Json(one): Json<SignedDelegation>| async move {
                        if let Err(error) = one.verify(&chain) {
                            return (StatusCode::BAD_REQUEST, error.to_string());
                        }
                        let mut slots = slots.lock();
                        let of_slot = slots.entry(one.message.slot).or_default();
                        if !of_slot.contains(&one) {
                            of_slot.push(one);
                        }
                        (StatusCode::OK, String::new())
                    },
                ),
            )
            .route(
                "/constraints/v0/relay/delegations/{slot}",
                get(|State(slots): State<Slots>, Path(slot): Path<u64>| async move {
                    Json(slots.lock().get(&slot).cloned().unwrap_or_default())
                }),
            )
            .with_state(Arc::clone(&slots));
        Self {
            url: format!("http://{}", serve(router).await),
            slots,
        }
    }

    /// All it was told, by slot.
    pub fn told(&self) -> BTreeMap<u64, Vec<SignedDelegation>> {
        self.slots.lock().clone()
    }
}
