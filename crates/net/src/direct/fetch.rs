//! Asking a gateway or node over JSON-RPC for the messages of a few blocks.

use std::{sync::Arc, time::Duration};

use alloy_primitives::{B256, Bytes};
use bytes::BytesMut;
use futures_util::StreamExt;
use serde::Deserialize;
use url::Url;

use crate::{
    Judge, RangeRequest, Received,
    range::{Fault, check},
};

/// Most blocks of one request.
pub const MAX_BLOCKS: u16 = 16;
/// Longest answer, bytes of JSON; an answer that is longer is asked for in halves.
const MAX_ANSWER_BYTES: usize = 32 << 20;
/// Time for one answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Why nothing was fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an address of a JSON-RPC server.
    #[error("{url}: {reason}; http://host:port expected")]
    Url {
        /// What was given.
        url: String,
        /// Why it does not do.
        reason: String,
    },
    /// No answer in time, or none at all.
    #[error("no answer: {0}; try again, or ask another")]
    Unreachable(String),
    /// The server says no.
    #[error("refused: {0}")]
    Refused(String),
    /// An answer longer than this side reads even for one block.
    #[error("the answer for one block has more than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    /// An answer that breaks the rules.
    #[error("an answer that breaks the rules: {0}; ask another")]
    Broken(String),
    /// An honest answer of no use.
    #[error("of no use: {0}; ask another, or wait for L1")]
    Useless(String),
}

/// Asks one server.
#[derive(Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    url: Url,
    separator: B256,
    judge: Arc<dyn Judge>,
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Vec<Bytes>>,
    error: Option<serde_json::Value>,
}

impl Fetcher {
    /// A fetcher for the server at `url`.
    ///
    /// # Errors
    /// [`FetchError::Url`] if that is no http or https address.
    pub fn new(url: &str, separator: B256, judge: Arc<dyn Judge>) -> Result<Self, FetchError> {
        let refuse = |reason: String| FetchError::Url {
            url: url.to_owned(),
            reason,
        };
        let parsed = Url::parse(url).map_err(|error| refuse(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
            return Err(refuse(format!("got the scheme {:?}", parsed.scheme())));
        }
        // Another part of the process may have chosen a provider already: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(DEADLINE)
            .connect_timeout(DEADLINE / 2)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| FetchError::Unreachable(error.to_string()))?;
        Ok(Self {
            client,
            url: parsed,
            separator,
            judge,
        })
    }

    /// Messages of up to `count` (at most 16) blocks from `from_block` on: from the first block, without a hole, signatures
    /// recovered. May be fewer blocks than asked for.
    ///
    /// # Errors
    /// [`FetchError`]; nothing is retried here except an answer that is too long, with fewer blocks.
    pub async fn envelopes(
        &self,
        from_block: u64,
        count: u16,
    ) -> Result<Vec<Received>, FetchError> {
        let mut count = count.clamp(1, MAX_BLOCKS);
        // Halved at most four times.
        loop {
            let answer = tokio::time::timeout(DEADLINE, self.ask(from_block, count)).await;
            match answer.unwrap_or_else(|_| Err(FetchError::Unreachable("too slow".to_owned()))) {
                Err(FetchError::TooLong) if count > 1 => count /= 2,
                Err(error) => return Err(error),
                Ok(messages) => return self.checked(from_block, count, messages).await,
            }
        }
    }

    async fn ask(&self, from_block: u64, count: u16) -> Result<Vec<Bytes>, FetchError> {
        let unreachable = |error: reqwest::Error| {
            FetchError::Unreachable(error.to_string().chars().take(300).collect())
        };
        let request = serde_json::json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "forebond_getEnvelopes",
            "params": [format!("{from_block:#x}"), format!("{count:#x}")],
        });
        let response = self
            .client
            .post(self.url.clone())
            .json(&request)
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        let mut stream = response.bytes_stream();
        let mut body = BytesMut::new();
        while let Some(part) = stream.next().await {
            let part = part.map_err(unreachable)?;
            if body.len() + part.len() > MAX_ANSWER_BYTES {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&part);
        }
        if !status.is_success() {
            return Err(FetchError::Refused(format!("HTTP status {status}")));
        }
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|error| FetchError::Broken(format!("JSON-RPC expected ({error})")))?;
        match (answer.result, answer.error) {
            (Some(messages), None) => Ok(messages),
            (_, Some(error)) => Err(FetchError::Refused(
                error.to_string().chars().take(300).collect(),
            )),
            (None, None) => Err(FetchError::Broken("neither result nor error".to_owned())),
        }
    }

    async fn checked(
        &self,
        from_block: u64,
        max_blocks: u16,
        messages: Vec<Bytes>,
    ) -> Result<Vec<Received>, FetchError> {
        let (judge, separator) = (self.judge.clone(), self.separator);
        let request = RangeRequest::Envelopes {
            from_block,
            max_blocks,
        };
        // Thousands of signatures may have to be recovered: not on a task that others share a thread with.
        let checking =
            tokio::task::spawn_blocking(move || check(&request, &messages, separator, &*judge));
        match checking.await {
            Ok(Ok(usable)) => Ok(usable.messages),
            Ok(Err(Fault::Useless(reason))) => Err(FetchError::Useless(reason)),
            Ok(Err(Fault::Broken(_, reason))) => Err(FetchError::Broken(reason)),
            Err(error) => Err(FetchError::Broken(error.to_string())),
        }
    }
}
