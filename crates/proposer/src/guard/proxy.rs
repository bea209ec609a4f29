use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use alloy_primitives::B256;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use forebond_runtime::{HttpServer, Shutdown};
use parking_lot::Mutex;
use prometheus::{IntCounter, IntCounterVec};
use url::Url;

use super::{
    bids::{self, Reason},
    source,
    upstream::{Answer, MAX_ANSWER, Upstream, failure},
};
use crate::config::GuardSection;

/// Largest body that is passed on, bytes: registrations of ten thousand validators.
const MAX_BODY: usize = 16 << 20;
/// Largest bid that is read, bytes.
const MAX_BID: usize = 4 << 20;
/// Header with the reason of a 204.
const REASON: &str = "x-forebond-reason";

/// Slots of ours that are lent, with the number of the gateway: the guard looks at no others.
///
/// Behind the last slot that was looked at, and before the first look, it is not known what is lent. To take that for "nothing" would
/// let every bid pass just when something is wrong, and whoever profits from a batch that is left out could wait for a restart.
#[derive(Clone, Debug, Default)]
pub struct HandedSlots(Arc<Mutex<Handed>>);

#[derive(Debug, Default)]
struct Handed {
    slots: BTreeMap<u64, u32>,
    /// Later slots are not known.
    until_slot: Option<u64>,
}

/// What is known of a slot that the beacon node proposes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LentTo {
    /// This gateway has it.
    Gateway(u32),
    /// It is lent to nobody, or not ours.
    Nobody,
    /// Not looked at yet.
    Unknown,
}

impl HandedSlots {
    /// Replaces them all; they are all that is lent up to `until_slot`.
    pub fn replace(&self, slots: BTreeMap<u64, u32>, until_slot: u64) {
        *self.0.lock() = Handed {
            slots,
            until_slot: Some(until_slot),
        };
    }

    /// Whose a slot is.
    #[must_use]
    pub fn gateway(&self, slot: u64) -> LentTo {
        let handed = self.0.lock();
        match handed.slots.get(&slot) {
            Some(gateway) => LentTo::Gateway(*gateway),
            None if handed.until_slot >= Some(slot) => LentTo::Nobody,
            None => LentTo::Unknown,
        }
    }
}

/// What the guard counts.
#[derive(Clone, Debug)]
pub struct GuardCounters {
    /// Bids passed on.
    pub passed: IntCounter,
    /// Bids dropped, by reason.
    pub dropped: IntCounterVec,
}

/// A running guard.
#[derive(Debug)]
pub struct Guard(HttpServer);

#[derive(Clone)]
struct Shared {
    upstream: Upstream,
    section: GuardSection,
    sources: Arc<BTreeMap<u32, Url>>,
    handed: HandedSlots,
    counters: GuardCounters,
}

impl Guard {
    /// Serves the Builder API on `address`. `sources`: where each gateway's expected batches are told.
    ///
    /// # Errors
    /// The address is taken, or no HTTP client can be made.
    pub async fn start(
        address: SocketAddr,
        (section, upstream): (GuardSection, Url),
        sources: BTreeMap<u32, Url>,
        handed: HandedSlots,
        counters: GuardCounters,
        shutdown: Shutdown,
    ) -> std::io::Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(section.header_deadline_ms))
            .timeout(Duration::from_millis(
                section.submit_deadline_ms.max(section.register_deadline_ms),
            ))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(std::io::Error::other)?;
        let shared = Shared {
            upstream: Upstream {
                client,
                url: upstream,
            },
            section,
            sources: Arc::new(sources),
            handed,
            counters,
        };
        let router = Router::new()
            .route("/eth/v1/builder/status", get(status))
            .route("/eth/v1/builder/validators", post(register))
            .route(
                "/eth/v1/builder/header/{slot}/{parent_hash}/{pubkey}",
                get(header_of),
            )
            .route("/eth/v1/builder/blinded_blocks", post(submit))
            .route("/eth/v2/builder/blinded_blocks", post(submit))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(shared);
        Ok(Self(HttpServer::start(address, router, shutdown).await?))
    }

    /// Where it serves the Builder API.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0.local_addr()
    }

    /// Waits until it has stopped.
    pub async fn stopped(self) {
        if let Err(error) = self.0.stopped().await {
            tracing::warn!(%error, "the blob guard ended");
        }
    }
}

async fn status(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let deadline_ms = shared.section.register_deadline_ms;
    pass(
        &shared,
        Method::GET,
        &uri,
        &headers,
        Bytes::new(),
        deadline_ms,
    )
    .await
}

async fn register(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deadline_ms = shared.section.register_deadline_ms;
    pass(&shared, Method::POST, &uri, &headers, body, deadline_ms).await
}

async fn submit(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deadline_ms = shared.section.submit_deadline_ms;
    pass(&shared, Method::POST, &uri, &headers, body, deadline_ms).await
}

async fn pass(
    shared: &Shared,
    method: Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
    deadline_ms: u64,
) -> Response {
    let route = uri.path();
    let sent = shared
        .upstream
        .send(method, route, headers, body, deadline_ms, MAX_ANSWER);
    match sent.await {
        Ok(answer) => answer.into_response(),
        Err(words) => failure(&format!("{}: {words}", shared.upstream.url)),
    }
}

async fn header_of(
    State(shared): State<Shared>,
    Path((slot, parent_hash, _)): Path<(String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (Ok(slot), Ok(parent_hash)) = (slot.parse::<u64>(), parent_hash.parse::<B256>()) else {
        let body = r#"{"code":400,"message":"expected /header/{slot}/{parent_hash}/{pubkey}"}"#;
        let kind = [(header::CONTENT_TYPE, "application/json")];
        return (StatusCode::BAD_REQUEST, kind, body).into_response();
    };
    match bid(&shared, slot, parent_hash, &uri, headers).await {
        Ok(answer) => {
            if answer.status == StatusCode::OK {
                shared.counters.passed.inc();
            }
            answer.into_response()
        }
        Err(reason) => {
            let named = [reason.name()];
            shared.counters.dropped.with_label_values(&named).inc();
            tracing::warn!(slot, %reason, "no bid for this slot: the beacon node builds locally");
            let mut response = StatusCode::NO_CONTENT.into_response();
            if let Ok(words) = HeaderValue::from_str(&reason.to_string()) {
                response.headers_mut().insert(REASON, words);
            }
            response
        }
    }
}

/// The upstream's bid, if it will do. Both questions are asked at once; the beacon node waits about a second.
async fn bid(
    shared: &Shared,
    slot: u64,
    parent_hash: B256,
    uri: &Uri,
    mut headers: HeaderMap,
) -> Result<Answer, Reason> {
    let section = &shared.section;
    let source = match shared.handed.gateway(slot) {
        LentTo::Gateway(gateway) => shared.sources.get(&gateway),
        // Without any source there is nothing to hold a bid against, whosever the slot is.
        LentTo::Unknown if !shared.sources.is_empty() => return Err(Reason::SlotUnknown),
        LentTo::Nobody | LentTo::Unknown => None,
    };
    if source.is_some() {
        // What cannot be read cannot be judged.
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
    let asked = shared.upstream.send(
        Method::GET,
        uri.path(),
        &headers,
        Bytes::new(),
        section.header_deadline_ms,
        MAX_BID,
    );
    let Some(source) = source else {
        return asked.await.map_err(Reason::Upstream);
    };
    let expected = async {
        let limit = Duration::from_millis(section.batch_deadline_ms);
        let asked = source::expected(&shared.upstream.client, source, slot);
        tokio::time::timeout(limit, asked)
            .await
            .unwrap_or_else(|_| {
                let words = format!("no answer within {} ms", section.batch_deadline_ms);
                Err(Reason::SourceUnknown(words))
            })
    };
    let (answer, expected) = tokio::join!(asked, expected);
    let answer = answer.map_err(Reason::Upstream)?;
    if answer.status != StatusCode::OK {
        return Ok(answer);
    }
    let expected = expected?;
    if expected.is_empty() {
        return Ok(answer);
    }
    let tag = answer.headers.get("eth-consensus-version");
    let bid = bids::read(&answer.body, tag.and_then(|tag| tag.to_str().ok()))?;
    bids::judge(&bid, parent_hash, &expected)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A restart, or an L1 that is not read for two epochs, would else let every bid pass.
    #[test]
    fn what_was_not_looked_at_is_not_taken_for_a_slot_that_is_lent_to_nobody() {
        let handed = HandedSlots::default();
        assert_eq!(handed.gateway(0), LentTo::Unknown);
        assert_eq!(handed.gateway(77), LentTo::Unknown);
        handed.replace(BTreeMap::from([(77, 2)]), 95);
        assert_eq!(handed.gateway(77), LentTo::Gateway(2));
        assert_eq!(handed.gateway(95), LentTo::Nobody);
        assert_eq!(handed.gateway(96), LentTo::Unknown);
    }
}
