use super::now_ms;
use alloy_primitives::{Bytes, U64, hex};
use forebond_rpc::SubmitError;
use forebond_settlement::Settlement;
use serde::Deserialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How long a gateway may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);
/// Takes a transaction into the own pool, and never sends it on: two gateways that disagree about whose turn it is would pass
/// it to and fro for ever.
pub const ACCEPT_METHOD: &str = "forebond_acceptTransaction";
/// What a gateway tells of itself, its quote among it.
const STATUS_METHOD: &str = "eth_getGatewayStatus";
/// A transaction that would arrive when the next block is open goes to that block's gateway.
const AHEAD_MS: u64 = 30;
/// Time between looks at what the gateway asks for.
const QUOTE_EVERY: Duration = Duration::from_secs(1);
/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 64 << 10;
/// Most of a refusal's text that is passed on.
const MAX_MESSAGE_CHARS: usize = 500;

/// Sends transactions to the gateway whose turn it is, as L1 says.
#[derive(Clone)]
pub struct Forwarder {
    settlement: Settlement,
    client: reqwest::Client,
    /// The tip per gas the gateway asked for last, wei.
    quoted_tip_wei: Arc<AtomicU64>,
}

impl std::fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forwarder").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    error: Option<AnswerError>,
    #[serde(default)]
    result: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GatewayStatus {
    sequencing: bool,
    quote_wei_per_gas: U64,
}

#[derive(Deserialize)]
struct AnswerError {
    code: i32,
    message: String,
    data: Option<serde_json::Value>,
}

fn not_accepting(reason: impl Into<String>) -> SubmitError {
    SubmitError::NotAccepting {
        reason: reason.into(),
    }
}

impl Forwarder {
    /// A forwarder that reads windows and endpoints from `settlement`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(settlement: Settlement) -> eyre::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(DEADLINE)
            .connect_timeout(DEADLINE / 3)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            settlement,
            client,
            quoted_tip_wei: Arc::default(),
        })
    }

    /// Number and endpoint of the gateway whose turn it is now.
    pub fn target(&self) -> Option<(u32, String)> {
        let turns = &self.settlement.facts().turns;
        let open = turns.blocks.open_at(now_ms().saturating_add(AHEAD_MS));
        let book = self.settlement.windows();
        let window = book.schedule.of_block(turns, open)?;
        let gateway = book.gateways.get(&window.gateway)?;
        Some((window.gateway, gateway.endpoint.clone()))
    }

    /// Sends a raw transaction to the gateway whose turn it is; resolves once that one has taken it.
    ///
    /// # Errors
    /// What the gateway says, or that there is none.
    pub async fn send(&self, raw: Bytes) -> Result<(), SubmitError> {
        let Some((gateway, endpoint)) = self.target() else {
            return Err(not_accepting(
                "no window is known for this moment (the L1 epoch is not proven yet); try again in a moment",
            ));
        };
        self.send_to(gateway, &endpoint, raw).await
    }

    /// Sends a raw transaction to this gateway.
    ///
    /// # Errors
    /// What it says, or that it does not answer.
    pub async fn send_to(
        &self,
        gateway: u32,
        endpoint: &str,
        raw: Bytes,
    ) -> Result<(), SubmitError> {
        // One hop only: whoever gets it takes it or refuses it, and never sends it on.
        let params = serde_json::json!([hex::encode_prefixed(&raw)]);
        let answer = self
            .call(endpoint, ACCEPT_METHOD, params)
            .await
            .map_err(|reason| {
                not_accepting(format!(
                    "gateway {gateway} at {endpoint}, whose turn it is, does not answer ({reason}); try again in the next window, \
                     or send a deposit through the Portal"
                ))
            })?;
        match answer.error {
            None => Ok(()),
            Some(error) => Err(SubmitError::Elsewhere {
                code: error.code,
                message: error.message.chars().take(MAX_MESSAGE_CHARS).collect(),
                data: error.data.map(|data| data.to_string()),
            }),
        }
    }

    /// The tip per gas, wei, that the gateway whose turn it is asked for when it was last looked up; zero before the first
    /// answer.
    pub fn quoted_tip_wei(&self) -> u128 {
        self.quoted_tip_wei.load(Relaxed).into()
    }

    /// Looks up the quote of the gateway whose turn it is, again and again; a gateway that does not answer leaves it as it was.
    pub async fn watch_quote(self) {
        loop {
            if let Some((_, endpoint)) = self.target()
                && let Some(quote) = self.quote_of(&endpoint).await
            {
                self.quoted_tip_wei.store(quote, Relaxed);
            }
            tokio::time::sleep(QUOTE_EVERY).await;
        }
    }

    async fn quote_of(&self, endpoint: &str) -> Option<u64> {
        let params = serde_json::json!([]);
        let answer = self.call(endpoint, STATUS_METHOD, params).await.ok()?;
        let status: GatewayStatus = serde_json::from_value(answer.result).ok()?;
        status.sequencing.then(|| status.quote_wei_per_gas.to())
    }

    async fn call(
        &self,
        endpoint: &str,
        method: &str,
        params: serde_json::Value,
    ) -> Result<Answer, String> {
        let request =
            serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let silent = |error: reqwest::Error| error.without_url().to_string();
        let request = self.client.post(endpoint).json(&request);
        let mut response = request.send().await.map_err(silent)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            if body.len().saturating_add(chunk.len()) > MAX_ANSWER {
                return Err(format!("an answer of more than {MAX_ANSWER} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }
}
