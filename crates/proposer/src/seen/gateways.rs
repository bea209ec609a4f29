use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use alloy_primitives::Address;
use forebond_settlement::WindowBook;
use futures_util::StreamExt;
use serde::Deserialize;

use crate::{
    choice::{Health, HealthTerms, Look},
    config::OwnConfig,
    http_client::http_client,
};

/// How long a gateway may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);
/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 64 << 10;
/// Gateways asked at one time.
const AT_ONCE: usize = 8;

/// Gateways that the configuration names and the registry has not. None of them is a candidate, whatever the policy allows, so the
/// operator has to be told.
#[must_use]
pub fn unread(own: &OwnConfig, book: &WindowBook) -> BTreeSet<u32> {
    if book.at.is_none() {
        return BTreeSet::new();
    }
    own.named()
        .into_iter()
        .filter(|gateway| !book.gateways.contains_key(gateway))
        .collect()
}

/// Looks at gateways where they say they are, and remembers how they answered.
#[derive(Debug)]
pub struct Lookout {
    client: reqwest::Client,
    terms: HealthTerms,
    health: BTreeMap<u32, Health>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    committer: Address,
}

impl Lookout {
    /// With nothing known.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(terms: HealthTerms) -> Result<Self, reqwest::Error> {
        let client = http_client(DEADLINE)?;
        Ok(Self {
            client,
            terms,
            health: BTreeMap::new(),
        })
    }

    /// What is known of a gateway.
    #[must_use]
    pub fn health(&self, gateway: u32) -> Health {
        self.health.get(&gateway).copied().unwrap_or_default()
    }

    /// What is known of all.
    #[must_use]
    pub const fn all(&self) -> &BTreeMap<u32, Health> {
        &self.health
    }

    /// Looks once at each gateway of the book; bounded by one deadline for every eight of them.
    pub async fn look(&mut self, book: &WindowBook) {
        self.health
            .retain(|gateway, _| book.gateways.contains_key(gateway));
        let wanted: Vec<_> = book
            .gateways
            .iter()
            .map(|(gateway, info)| {
                // In whichever of the known epochs: a gateway rotates its keys now and then.
                let committers: Vec<Address> = info
                    .epochs
                    .values()
                    .filter_map(|epoch| epoch.committers.as_ref())
                    .flat_map(|set| set.members.iter().copied())
                    .collect();
                (*gateway, info.endpoint.clone(), committers)
            })
            .collect();
        let looks: Vec<_> = futures_util::stream::iter(wanted)
            .map(|(gateway, endpoint, committers)| {
                let client = self.client.clone();
                async move { (gateway, look(&client, &endpoint, &committers).await) }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (gateway, look) in looks {
            self.health
                .entry(gateway)
                .or_default()
                .look(look, &self.terms);
        }
    }
}

/// Asks for the gateway's status. Whoever answers with another committer than the registry knows is not this gateway.
async fn look(client: &reqwest::Client, endpoint: &str, committers: &[Address]) -> Look {
    let begun = Instant::now();
    let question = serde_json::json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_getGatewayStatus", "params": [],
    });
    let asked = async {
        let response = client.post(endpoint).json(&question).send().await.ok()?;
        let mut body = Vec::new();
        let mut parts = response.bytes_stream();
        while let Some(part) = parts.next().await {
            body.extend_from_slice(&part.ok()?);
            if body.len() > MAX_ANSWER {
                return None;
            }
        }
        serde_json::from_slice::<Answer>(&body).ok()?.result
    };
    match asked.await {
        Some(status) if committers.is_empty() || committers.contains(&status.committer) => {
            let after_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            Look::Answered { after_ms }
        }
        _ => Look::Silent,
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;
    use forebond_l1::execution::BlockRef;
    use forebond_settlement::GatewayInfo;

    use super::*;

    #[test]
    fn a_gateway_that_is_named_and_not_read_is_told_of() {
        let text = "[policy]\nallow = [2, 30]\n[[gateways]]\nid = 2\n[[gateways]]\nid = 17";
        let own: OwnConfig = toml::from_str(text).unwrap();
        let mut book = WindowBook::default();
        assert!(unread(&own, &book).is_empty(), "nothing was read yet");
        book.at = Some(BlockRef {
            number: 1,
            hash: B256::repeat_byte(1),
            parent_hash: B256::ZERO,
            timestamp_s: 12,
        });
        book.gateways.insert(2, GatewayInfo::default());
        assert_eq!(unread(&own, &book), [17, 30].into());
    }
}
