//! One HTTP client for all endpoints: deadlines on every request, a bound on every answer.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{L1Error, error::shortened};

/// A parsed endpoint address.
///
/// # Errors
/// [`L1Error::Endpoint`] unless it is an http or https URL with a host.
pub fn endpoint(text: &str) -> Result<Url, L1Error> {
    let refuse = |reason: String| L1Error::Endpoint {
        endpoint: text.to_owned(),
        reason,
    };
    let url = Url::parse(text).map_err(|error| refuse(format!("got {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(format!("got the scheme {:?}", url.scheme())));
    }
    if url.host_str().is_none() {
        return Err(refuse("got no host".to_owned()));
    }
    Ok(url)
}

/// The same address, so that routes joined to it extend its path: without a slash at its end it would be replaced.
pub(crate) fn base_of_routes(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

/// A client whose every request ends by `deadline`.
pub(crate) fn client(deadline: Duration) -> Result<reqwest::Client, L1Error> {
    let roots = rustls::crypto::ring::default_provider();
    // Another part of the process may have chosen a provider already: then that one serves.
    let _ = roots.install_default();
    reqwest::Client::builder()
        .timeout(deadline)
        .connect_timeout(deadline.min(Duration::from_secs(5)))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| L1Error::Unreachable {
            what: "HTTP client".to_owned(),
            reason: error.to_string(),
        })
}

/// What a request asks for, and the bounds it keeps.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub client: reqwest::Client,
    pub base: Arc<Url>,
    pub deadline: Duration,
}

impl Fetch {
    pub(crate) fn url(&self, path: &str) -> Result<Url, L1Error> {
        self.base
            .join(path.trim_start_matches('/'))
            .map_err(|error| L1Error::Endpoint {
                endpoint: format!("{}{path}", self.base),
                reason: error.to_string(),
            })
    }

    /// The body of a GET, refused unless the status is a success.
    pub(crate) async fn bytes(
        &self,
        what: &str,
        path: &str,
        accept: &str,
        limit_bytes: usize,
    ) -> Result<Bytes, L1Error> {
        let request = self
            .client
            .get(self.url(path)?)
            .header("accept", accept)
            .send();
        let answer = async {
            let response = request.await.map_err(|error| self.failed(what, &error))?;
            let status = response.status();
            let body = self.body(what, response, limit_bytes).await?;
            refuse_status(what, status, &body)?;
            Ok(body)
        };
        // The client's own deadline covers the connection; this one also covers a body that trickles.
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(outcome) => outcome,
            Err(_) => Err(L1Error::timeout(what, self.deadline)),
        }
    }

    /// The JSON of a GET.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        what: &str,
        path: &str,
        limit_bytes: usize,
    ) -> Result<T, L1Error> {
        let body = self
            .bytes(what, path, "application/json", limit_bytes)
            .await?;
        serde_json::from_slice(&body).map_err(|error| {
            L1Error::answer(
                what,
                format!("JSON of the Beacon API ({error})"),
                &String::from_utf8_lossy(&body),
            )
        })
    }

    async fn body(
        &self,
        what: &str,
        response: Response,
        limit_bytes: usize,
    ) -> Result<Bytes, L1Error> {
        let mut stream = response.bytes_stream();
        let mut body = BytesMut::new();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|error| self.failed(what, &error))?;
            if body.len() + part.len() > limit_bytes {
                return Err(L1Error::TooLong {
                    what: what.to_owned(),
                    limit_bytes,
                });
            }
            body.extend_from_slice(&part);
        }
        Ok(body.freeze())
    }

    pub(crate) fn failed(&self, what: &str, error: &reqwest::Error) -> L1Error {
        if error.is_timeout() {
            return L1Error::timeout(what, self.deadline);
        }
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        L1Error::Unreachable {
            what: what.to_owned(),
            reason: shortened(&reason),
        }
    }
}

/// Beacon nodes answer errors with `{"code", "message"}`; proxies in front of them with text.
fn refuse_status(what: &str, status: StatusCode, body: &[u8]) -> Result<(), L1Error> {
    if status.is_success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(body);
    let message = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|value| value.get("message")?.as_str().map(shortened))
        .unwrap_or_else(|| shortened(&text));
    Err(L1Error::Status {
        what: what.to_owned(),
        status: status.as_u16(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_kept_and_a_scheme_other_than_http_is_refused() {
        let fetch = Fetch {
            client: client(Duration::from_secs(1)).unwrap(),
            base: Arc::new(base_of_routes(
                endpoint("http://127.0.0.1:1/key/abc").unwrap(),
            )),
            deadline: Duration::from_secs(1),
        };
        assert_eq!(
            fetch.url("/eth/v1/node/syncing").unwrap().as_str(),
            "http://127.0.0.1:1/key/abc/eth/v1/node/syncing"
        );
        for bad in ["127.0.0.1:5052", "ws://127.0.0.1:1", "", "http://"] {
            assert!(endpoint(bad).is_err(), "{bad:?} was taken");
        }
    }
}
