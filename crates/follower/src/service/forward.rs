use alloy_primitives::{Bytes, hex};
use forebond_rpc::SubmitError;
use forebond_settlement::Settlement;
use serde::Deserialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a gateway may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);
/// Takes a transaction into the own pool, and never sends it on: two gateways that disagree about whose turn it is would pass
/// it to and fro for ever.
pub const ACCEPT_METHOD: &str = "forebond_acceptTransaction";
/// A transaction that would arrive when the next block is open goes to that block's gateway.
const AHEAD_MS: u64 = 30;
/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 64 << 10;

/// Sends transactions to the gateway whose turn it is, as L1 says.
#[derive(Clone)]
pub struct Forwarder {
    settlement: Settlement,
    client: reqwest::Client,
}

impl std::fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forwarder").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    error: Option<AnswerError>,
}

#[derive(Deserialize)]
struct AnswerError {
    message: String,
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
        Ok(Self { settlement, client })
    }

    /// Number and endpoint of the gateway whose turn it is now.
    pub fn target(&self) -> Option<(u32, String)> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let turns = &self.settlement.facts().turns;
        let open = turns.blocks.open_at(now_ms.saturating_add(AHEAD_MS));
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
        let request = serde_json::json!({
            "jsonrpc": "2.0",
            "id": 1,
            // One hop only: whoever gets it takes it or refuses it, and never sends it on.
            "method": ACCEPT_METHOD,
            "params": [hex::encode_prefixed(&raw)],
        });
        let silent = |reason: String| {
            not_accepting(format!(
                "gateway {gateway} at {endpoint}, whose turn it is, does not answer ({reason}); try again in the next window, or \
                 send a deposit through the Portal"
            ))
        };
        let response = self
            .client
            .post(endpoint)
            .json(&request)
            .send()
            .await
            .map_err(|error| silent(error.without_url().to_string()))?;
        let body = response
            .bytes()
            .await
            .map_err(|error| silent(error.without_url().to_string()))?;
        if body.len() > MAX_ANSWER {
            return Err(silent(format!("{} bytes", body.len())));
        }
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|error| silent(error.to_string()))?;
        match answer.error {
            None => Ok(()),
            Some(error) => Err(SubmitError::Dropped {
                reason: error.message.chars().take(500).collect(),
            }),
        }
    }
}
