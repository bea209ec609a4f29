//! What is passed on.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::StreamExt;
use url::Url;

/// Longest answer that is passed on, bytes: a payload with its blobs in hex.
pub(super) const MAX_ANSWER: usize = 64 << 20;
/// Headers that go up and come down; everything else is between two neighbours.
const PASSED: [&str; 6] = [
    "content-type",
    "accept",
    "eth-consensus-version",
    "date-milliseconds",
    "x-timeout-ms",
    "user-agent",
];

/// Where bids come from.
#[derive(Clone, Debug)]
pub(super) struct Upstream {
    pub(super) client: reqwest::Client,
    pub(super) url: Url,
}

/// An answer, whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Upstream {
    /// Sends a request on, within a deadline.
    pub(super) async fn send(
        &self,
        method: Method,
        route: &str,
        headers: &HeaderMap,
        body: Bytes,
        deadline_ms: u64,
        limit_bytes: usize,
    ) -> Result<Answer, String> {
        let mut url = self.url.clone();
        let path = format!("{}{route}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let mut request = self.client.request(method, url).body(body);
        for (name, value) in passed(headers) {
            request = request.header(name, value);
        }
        let exchange = async {
            let answer = request.send().await;
            let answer = answer.map_err(|error| error.without_url().to_string())?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            Ok(Answer {
                status,
                headers,
                body: bounded(answer, limit_bytes).await?.into(),
            })
        };
        let limit = Duration::from_millis(deadline_ms);
        tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {deadline_ms} ms")))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in passed(&self.headers) {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    }
}

fn passed(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &axum::http::HeaderValue)> {
    headers
        .iter()
        .filter(|(name, _)| PASSED.contains(&name.as_str()))
}

/// A failure in the Builder API's form.
pub(super) fn failure(words: &str) -> Response {
    let body = serde_json::json!({ "code": 502, "message": words }).to_string();
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::BAD_GATEWAY, kind, body).into_response()
}

/// A body up to `limit_bytes`.
pub(super) async fn bounded(
    answer: reqwest::Response,
    limit_bytes: usize,
) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    let mut parts = answer.bytes_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| error.without_url().to_string())?;
        if body.len().saturating_add(part.len()) > limit_bytes {
            return Err(format!("an answer longer than {limit_bytes} bytes"));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}
