//! JSON-RPC of the devnet's own processes.

use std::time::Duration;

use alloy_provider::Provider;
use eyre::{Result, WrapErr};
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Nobody here needs longer for an answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// One process's RPC. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    client: ExecutionClient,
    url: String,
}

/// A refusal in the words of the server.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{method}: {message} (code {code})")]
pub(crate) struct Refusal {
    /// What was asked.
    pub(crate) method: &'static str,
    /// JSON-RPC error code.
    pub(crate) code: i64,
    /// Its text.
    pub(crate) message: String,
}

impl Refusal {
    /// The account has sent more, or less, than whoever was asked knows of.
    pub(crate) fn is_about_the_nonce(&self) -> bool {
        self.message.to_lowercase().contains("nonce")
    }
}

/// The parts of a block that are looked at here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockHead {
    /// Height.
    pub(crate) number: u64,
    /// Hash, as text.
    pub(crate) hash: String,
}

impl Rpc {
    /// Checks the address; sends nothing yet.
    pub(crate) fn new(url: &str) -> Result<Self> {
        Ok(Self {
            client: ExecutionClient::new(&ExecutionConfig::new(url))?,
            url: url.to_owned(),
        })
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Asks; a refusal can be told from a connection that failed by [`Refusal`].
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T> {
        let asking = self
            .client
            .provider()
            .raw_request::<Value, Value>(method.into(), params);
        let answer = tokio::time::timeout(DEADLINE, asking)
            .await
            .wrap_err_with(|| format!("{}: no answer to {method} in time", self.url))?;
        let value = answer.map_err(|error| match error.as_error_resp() {
            Some(refused) => eyre::Report::new(Refusal {
                method,
                code: refused.code,
                message: refused.message.to_string(),
            }),
            None => eyre::Report::new(error).wrap_err(format!("{}: {method}", self.url)),
        })?;
        serde_json::from_value(value).wrap_err_with(|| format!("{}: answer to {method}", self.url))
    }

    /// Number and hash of the block with this tag or number.
    pub(crate) async fn block(&self, tag: &str) -> Result<Option<BlockHead>> {
        let block: Value = self
            .ask("eth_getBlockByNumber", json!([tag, false]))
            .await?;
        let number = block.get("number").and_then(quantity);
        let hash = block.get("hash").and_then(Value::as_str);
        Ok(number.zip(hash).map(|(number, hash)| BlockHead {
            number,
            hash: hash.to_owned(),
        }))
    }
}

/// `0x…` as a number.
pub(crate) fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

/// A number as `0x…`.
pub(crate) fn hex(number: u64) -> String {
    format!("{number:#x}")
}
