use std::time::Duration;

use forebond_beacon::signing::{
    commit_boost::Chain,
    fabric::{SignedDelegation, SlotDelegation},
};
use futures_util::StreamExt;
use url::Url;

use crate::http_client::http_client;

/// Where a relay takes a signed slot.
pub const DELEGATE: &str = "/constraints/v0/builder/delegate";
/// Where a relay shows those of a slot; the slot's number follows.
pub const DELEGATIONS: &str = "/constraints/v0/relay/delegations/";
/// How long a relay may take.
const DEADLINE: Duration = Duration::from_millis(1_500);
/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 256 << 10;

/// Relays that are told of signed slots, and asked for what others may have signed with our keys.
#[derive(Clone, Debug)]
pub struct Relays {
    client: reqwest::Client,
    urls: Vec<Url>,
    chain: Chain,
}

impl Relays {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(urls: Vec<Url>, chain: Chain) -> Result<Self, reqwest::Error> {
        let client = http_client(DEADLINE)?;
        Ok(Self {
            client,
            urls,
            chain,
        })
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.urls.len()
    }

    /// Whether a relay takes a signed slot.
    ///
    /// # Errors
    /// Its words, shortened.
    pub async fn post(&self, relay: usize, signed: &SignedDelegation) -> Result<(), String> {
        let url = self.url(relay, DELEGATE).ok_or("there is no such relay")?;
        let answer = self.client.post(url).json(signed).send().await;
        let answer = answer.map_err(|error| error.without_url().to_string())?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let body = bounded(answer).await.unwrap_or_default();
        let words = String::from_utf8_lossy(&body);
        Err(format!("{status}: {words:.200}"))
    }

    /// What somebody else has signed with this validator's key for the slot, by the relays' word and a signature that verifies: another
    /// message than `ours`. A relay that does not answer says nothing.
    pub async fn contradiction(&self, ours: &SlotDelegation) -> Option<SignedDelegation> {
        let asked = (0..self.urls.len()).map(|relay| self.shown(relay, ours.slot));
        let shown = futures_util::future::join_all(asked).await;
        shown
            .into_iter()
            .flatten()
            .filter(|one| one.message.proposer == ours.proposer && one.message.slot == ours.slot)
            .find(|one| one.message != *ours && one.verify(&self.chain).is_ok())
    }

    async fn shown(&self, relay: usize, slot: u64) -> Vec<SignedDelegation> {
        let asked = async {
            let url = self.url(relay, &format!("{DELEGATIONS}{slot}"))?;
            let answer = self.client.get(url).send().await.ok()?;
            if !answer.status().is_success() {
                return None;
            }
            serde_json::from_slice(&bounded(answer).await?).ok()
        };
        asked.await.unwrap_or_default()
    }

    fn url(&self, relay: usize, route: &str) -> Option<Url> {
        let mut url = self.urls.get(relay)?.clone();
        let path = format!("{}{route}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Some(url)
    }
}

async fn bounded(answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let mut parts = answer.bytes_stream();
    while let Some(part) = parts.next().await {
        body.extend_from_slice(&part.ok()?);
        if body.len() > MAX_ANSWER {
            return None;
        }
    }
    Some(body)
}
