//! Nodes and watchers of the rollup: what the promised block became, and whom to tell.

use std::time::Duration;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, keccak256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::TransactionReceipt;
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_types::Preconfirmation;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Held, RefundError};

const DEADLINE: Duration = Duration::from_secs(10);
/// Type of a deposit (OP Stack), which nobody promises.
const DEPOSIT: &str = "0x7e";

/// What a node holds where a promise was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The transaction, with the promised receipt.
    Kept,
    /// Something else, or nothing.
    Different,
    /// The node has no such block yet.
    NotThere,
}

/// A watcher's answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HandedIn {
    /// It keeps the object and will look at it.
    pub accepted: bool,
    /// It had it before.
    #[serde(default)]
    pub known: bool,
    /// Faults it brings, or is bringing, because of it.
    #[serde(default)]
    pub case_ids: Vec<B256>,
}

/// A node or watcher by its JSON-RPC.
#[derive(Clone, Debug)]
pub struct Counterpart {
    client: ExecutionClient,
    url: String,
}

#[derive(Deserialize)]
struct Block {
    hash: B256,
    transactions: Vec<B256>,
}

impl Counterpart {
    /// Checks the address; sends nothing yet.
    ///
    /// # Errors
    /// [`RefundError::L1`]: not an endpoint.
    pub fn new(url: &str) -> Result<Self, RefundError> {
        Ok(Self {
            client: ExecutionClient::new(&ExecutionConfig::new(url))?,
            url: url.to_owned(),
        })
    }

    /// Compares the promise with the node's block.
    ///
    /// # Errors
    /// [`RefundError::Counterpart`].
    pub async fn compare(&self, held: &Held) -> Result<Finding, RefundError> {
        let number = format!("{:#x}", held.block);
        let method = "eth_getBlockByNumber";
        let block = self.ask(method, json!([number, false])).await?;
        let block: Option<Block> = self.read(method, block)?;
        let Some(block) = block else {
            return Ok(Finding::NotThere);
        };
        let place = usize::try_from(held.index).ok();
        if place.and_then(|place| block.transactions.get(place)) != Some(&held.tx_hash) {
            return Ok(Finding::Different);
        }
        let method = "eth_getTransactionReceipt";
        let receipt = self.ask(method, json!([held.tx_hash])).await?;
        if receipt.get("blockHash") != Some(&json!(block.hash)) {
            return Err(self.refusal(
                method,
                "the block was replaced meanwhile; ask again".to_owned(),
            ));
        }
        if receipt.get("type").and_then(Value::as_str) == Some(DEPOSIT) {
            return Ok(Finding::Different);
        }
        let receipt: TransactionReceipt = self.read(method, receipt)?;
        let encoded = receipt.into_primitives_receipt().inner.encoded_2718();
        Ok(if keccak256(encoded) == held.receipt_hash {
            Finding::Kept
        } else {
            Finding::Different
        })
    }

    /// Hands a promise to a watcher (`forebond_submitEvidence`).
    ///
    /// # Errors
    /// [`RefundError::Counterpart`]: it refuses, with its reason, or does not answer.
    pub async fn hand_in(&self, object: &Preconfirmation) -> Result<HandedIn, RefundError> {
        let method = "forebond_submitEvidence";
        let answer = self.ask(method, json!([object])).await?;
        self.read(method, answer)
    }

    async fn ask(&self, method: &'static str, params: Value) -> Result<Value, RefundError> {
        let provider = self.client.provider();
        let asking = provider.raw_request::<Value, Value>(method.into(), params);
        match tokio::time::timeout(DEADLINE, asking).await {
            Err(_) => Err(self.refusal(method, format!("no answer within {DEADLINE:?}"))),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(match error.as_error_resp() {
                Some(said) => {
                    self.refusal(method, format!("{} (code {})", said.message, said.code))
                }
                None => self.refusal(method, error.to_string()),
            }),
        }
    }

    fn read<T: serde::de::DeserializeOwned>(
        &self,
        method: &'static str,
        answer: Value,
    ) -> Result<T, RefundError> {
        serde_json::from_value(answer)
            .map_err(|error| self.refusal(method, format!("not an answer to it: {error}")))
    }

    fn refusal(&self, method: &'static str, reason: String) -> RefundError {
        RefundError::Counterpart {
            url: self.url.clone(),
            method,
            reason,
        }
    }
}
