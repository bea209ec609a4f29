use alloy_primitives::{B256, Bytes};
use alloy_provider::Provider;
use forebond_l1::{
    L1Error, RetryPolicy,
    execution::{ExecutionClient, ExecutionConfig},
};
use forebond_types::{BaseWire, Signature};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{BlockSource, SignedBase, SourceBlock, SourceError, SourceStatus};

/// Deadline of one request, milliseconds: 64 busy blocks are some megabytes.
const DEADLINE_MS: u64 = 5_000;

/// A gateway's JSON-RPC.
#[derive(Clone, Debug)]
pub struct GatewayRpc {
    client: ExecutionClient,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockJson {
    #[serde(with = "alloy_serde::quantity")]
    number: u64,
    hash: B256,
    parent_hash: B256,
    #[serde(with = "alloy_serde::quantity")]
    timestamp: u64,
    origin: OriginJson,
    base: Option<B256>,
    last_frag: Option<B256>,
    transactions: Vec<Bytes>,
    #[serde(with = "alloy_serde::quantity")]
    gas_used: u64,
    #[serde(with = "alloy_serde::quantity")]
    transaction_count: u64,
}

#[derive(Deserialize)]
struct OriginJson {
    #[serde(with = "alloy_serde::quantity")]
    number: u64,
    hash: B256,
}

#[derive(Deserialize)]
struct BaseJson {
    base: BaseWire,
    signature: Signature,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusJson {
    #[serde(default, with = "alloy_serde::quantity::opt")]
    gateway_id: Option<u32>,
    heads: HeadsJson,
    #[serde(default)]
    void_batches: Vec<alloy_primitives::U64>,
}

#[derive(Deserialize)]
struct HeadsJson {
    safe: Option<OriginJson>,
}

impl GatewayRpc {
    /// Checks the address; asks nothing yet.
    ///
    /// # Errors
    /// [`L1Error::Endpoint`].
    pub fn new(url: &str) -> Result<Self, L1Error> {
        let config = ExecutionConfig {
            deadline_ms: DEADLINE_MS,
            retry: RetryPolicy {
                attempts: 1,
                ..RetryPolicy::default()
            },
            ..ExecutionConfig::new(url)
        };
        Ok(Self {
            client: ExecutionClient::new(&config)?,
        })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        expected: &'static str,
    ) -> Result<T, SourceError> {
        // The HTTP client underneath ends each request by its deadline.
        let answer: Value = self
            .client
            .provider()
            .raw_request(method.into(), params)
            .await
            .map_err(|error| SourceError::Unreachable {
                method,
                reason: shortened(&error.to_string()),
            })?;
        serde_json::from_value(answer).map_err(|error| SourceError::Answer {
            method,
            expected,
            got: shortened(&error.to_string()),
        })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

impl From<BlockJson> for SourceBlock {
    fn from(json: BlockJson) -> Self {
        Self {
            number: json.number,
            hash: json.hash,
            parent_hash: json.parent_hash,
            timestamp_s: json.timestamp,
            origin_number: json.origin.number,
            origin_hash: json.origin.hash,
            base: json.base,
            last_frag: json.last_frag,
            transactions: json.transactions,
            gas_used: json.gas_used,
            transaction_count: json.transaction_count,
        }
    }
}

impl BlockSource for GatewayRpc {
    async fn blocks(&self, from: u64, count: u64) -> Result<Vec<SourceBlock>, SourceError> {
        let params = json!([format!("0x{from:x}"), format!("0x{count:x}")]);
        let blocks: Vec<BlockJson> = self
            .ask("forebond_getBlocks", params, "a list of sealed blocks")
            .await?;
        Ok(blocks.into_iter().map(SourceBlock::from).collect())
    }

    async fn base(&self, window: u64) -> Result<Option<SignedBase>, SourceError> {
        let params = json!([format!("0x{window:x}")]);
        let base: Option<BaseJson> = self
            .ask(
                "forebond_getBase",
                params,
                "a Base with its signature, or null",
            )
            .await?;
        Ok(base.map(|json| SignedBase {
            base: (&json.base).into(),
            signature: json.signature,
        }))
    }

    async fn status(&self) -> Result<SourceStatus, SourceError> {
        let status: StatusJson = self
            .ask("forebond_status", json!([]), "the gateway's status")
            .await?;
        Ok(SourceStatus {
            gateway: status.gateway_id,
            safe: status.heads.safe.map(|head| (head.number, head.hash)),
            void_batches: status
                .void_batches
                .iter()
                .filter_map(|id| u32::try_from(id.to::<u64>()).ok())
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_bases_and_status_are_read_as_the_gateway_writes_them() {
        let hash = B256::repeat_byte(1);
        let block: BlockJson = serde_json::from_value(json!({
            "number": "0x10", "hash": hash, "parentHash": hash, "timestamp": "0x5", "origin": {"number": "0x2", "hash": hash},
            "originSequence": "0x0", "base": null, "lastFrag": hash, "transactions": ["0x02aa"], "gasUsed": "0x5208",
            "transactionCount": "0x2",
        }))
        .unwrap();
        let block = SourceBlock::from(block);
        assert_eq!(
            (block.number, block.base, block.last_frag),
            (16, None, Some(hash))
        );
        let base: BaseJson = serde_json::from_value(json!({
            "base": {"window": "0x9", "attempt": "0x0", "parentBlock": "0x3", "parentBlockHash": hash, "parentFrag": hash,
                     "parentSeal": hash},
            "signature": Signature::sign(hash, &secp256k1_key()), "grade": "open", "parentSeal": null,
        }))
        .unwrap();
        assert_eq!(base.base.window, 9);
        let status: StatusJson = serde_json::from_value(json!({
            "role": "gateway", "gatewayId": "0x2", "sequencing": true,
            "heads": {"unsafe": {"number": "0x9", "hash": hash}, "safe": {"number": "0x4", "hash": hash}},
        }))
        .unwrap();
        assert_eq!((status.gateway_id, status.void_batches.len()), (Some(2), 0));
        let follower: StatusJson =
            serde_json::from_value(json!({"gatewayId": null, "heads": {"safe": null}})).unwrap();
        assert_eq!(follower.gateway_id, None);
    }

    fn secp256k1_key() -> secp256k1::SecretKey {
        secp256k1::SecretKey::from_slice(&[1; 32]).unwrap()
    }
}
