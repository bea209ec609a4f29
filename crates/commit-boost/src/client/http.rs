//! One request and its answer: a token over the very bytes that are sent, a deadline, a bound on what comes back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::{Certificate, Method, Response, header};
use url::Url;

use super::{ClientSettings, SignerError, answer::shortened};
use crate::{
    Secret,
    jwt::{ModuleClaims, sign},
};

/// The longest answers name every validator with its proxies: this is the room for [`super::signer::MAX_KEYS`] of them.
pub(super) const LONG_ANSWER_BYTES: usize = 16 << 20;
/// One signature, or one error.
pub(super) const SHORT_ANSWER_BYTES: usize = 64 << 10;

/// A request before it has a token.
#[derive(Clone, Debug)]
pub(super) struct Outgoing<'a> {
    /// What it is about, for errors.
    pub what: &'a str,
    /// Path, without what stands before it in our URL.
    pub route: &'static str,
    /// A GET without one, a POST with one.
    pub body: Option<Bytes>,
    /// Longest answer that is read.
    pub limit_bytes: usize,
}

/// The connection to one signer.
#[derive(Debug)]
pub(super) struct Exchange {
    client: reqwest::Client,
    base: Url,
    module_id: String,
    deadline: Duration,
}

/// An answer, not believed yet.
#[derive(Debug)]
pub(super) struct RawAnswer {
    pub status: u16,
    pub retry_after: Option<String>,
    /// Signer's clock minus ours, seconds.
    pub skew_s: Option<i64>,
    pub body: Bytes,
}

/// Unix seconds by our clock.
fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

impl Exchange {
    pub(super) fn new(settings: &ClientSettings) -> Result<Self, SignerError> {
        // Another part of the process may have chosen a provider already: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let set_up = |error: reqwest::Error| SignerError::SetUp(error.to_string());
        let deadline = settings.patience.attempt_deadline();
        let mut builder = reqwest::Client::builder()
            .timeout(deadline)
            .connect_timeout(deadline.min(Duration::from_secs(5)))
            // A redirect would take our token to where nobody meant it to go.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(pem) = &settings.certificate_pem {
            let trusted = Certificate::from_pem_bundle(pem).map_err(set_up)?;
            builder = builder.tls_certs_only(trusted);
        }
        let mut base = settings.url.clone();
        if !base.path().ends_with('/') {
            // Without a slash at its end, the last part of the path would be replaced.
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self {
            client: builder.build().map_err(set_up)?,
            base,
            module_id: settings.module_id.clone(),
            deadline,
        })
    }

    /// Sends it; the token names the route, which is what the signer sees, whatever path stands before it in our URL.
    pub(super) async fn send(
        &self,
        outgoing: Outgoing<'_>,
        secret: Option<&Secret>,
    ) -> Result<RawAnswer, SignerError> {
        let Outgoing {
            what,
            route,
            body,
            limit_bytes,
        } = outgoing;
        let url = self
            .base
            .join(route.trim_start_matches('/'))
            .map_err(|error| SignerError::SetUp(error.to_string()))?;
        let method = if body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let mut request = self.client.request(method, url);
        if let Some(secret) = secret {
            let hashed = body.as_deref().unwrap_or_default();
            let claims = ModuleClaims::new(&self.module_id, route, hashed, now_s());
            request = request.bearer_auth(sign(&claims, secret)?);
        }
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        let answer = async {
            let response = request
                .send()
                .await
                .map_err(|error| self.failed(what, &error))?;
            self.read(what, response, limit_bytes).await
        };
        // The client's own deadline covers the connection; this one also covers a body that trickles.
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.timeout(what)),
        }
    }

    async fn read(
        &self,
        what: &str,
        response: Response,
        limit_bytes: usize,
    ) -> Result<RawAnswer, SignerError> {
        let text = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let status = response.status().as_u16();
        let retry_after = text(header::RETRY_AFTER);
        let skew_s = text(header::DATE).and_then(|date| skew_s(&date));
        let mut stream = response.bytes_stream();
        let mut body = BytesMut::new();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|error| self.failed(what, &error))?;
            if body.len() + part.len() > limit_bytes {
                return Err(SignerError::TooLong {
                    what: what.to_owned(),
                    limit_bytes,
                });
            }
            body.extend_from_slice(&part);
        }
        Ok(RawAnswer {
            status,
            retry_after,
            skew_s,
            body: body.freeze(),
        })
    }

    fn timeout(&self, what: &str) -> SignerError {
        SignerError::Timeout {
            what: what.to_owned(),
            after_ms: u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn failed(&self, what: &str, error: &reqwest::Error) -> SignerError {
        if error.is_timeout() {
            return self.timeout(what);
        }
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        SignerError::Unreachable {
            what: what.to_owned(),
            reason: shortened(&reason),
        }
    }
}

/// The signer's clock minus ours, seconds.
fn skew_s(date: &str) -> Option<i64> {
    let theirs = httpdate::parse_http_date(date).ok()?;
    let theirs = theirs.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(
        i64::try_from(theirs)
            .ok()?
            .saturating_sub(i64::try_from(now_s()).ok()?),
    )
}
