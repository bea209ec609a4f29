//! Whom this process listens to: configured streams, and the endpoints gateways announce on L1.

use super::{Input, Tap, links::Links, listening::listen};
use crossbeam_channel::Sender;
use forebond_ledger::rpc::ChainReader;
use forebond_net::{
    Judge, Net, Source,
    direct::{self, Fetcher, StreamConfig},
};
use forebond_settlement::Settlement;
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Streams at most.
const MAX_PEERS: usize = 32;
/// How often announced endpoints are looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The peers, by `host:port`.
pub(super) struct Peers {
    judge: Arc<dyn Judge>,
    separator: alloy_primitives::B256,
    inputs: Sender<Input>,
    /// This process's own address, which is no peer.
    own: Option<String>,
    known: Mutex<BTreeMap<String, Fetcher>>,
    links: Arc<Links>,
    /// Its newest block is where a stream begins.
    reader: Arc<ChainReader>,
}

fn address_of(endpoint: &str) -> Option<&str> {
    let rest = ["http://", "ws://"]
        .into_iter()
        .find_map(|scheme| endpoint.strip_prefix(scheme))?;
    Some(rest.trim_end_matches('/'))
}

impl Peers {
    pub(super) fn new(
        judge: Arc<dyn Judge>,
        separator: alloy_primitives::B256,
        inputs: Sender<Input>,
        own: Option<String>,
        links: Arc<Links>,
        reader: Arc<ChainReader>,
    ) -> Self {
        Self {
            judge,
            separator,
            inputs,
            own,
            known: Mutex::default(),
            links,
            reader,
        }
    }

    /// The gossip network, if there is one.
    pub(super) fn gossip(&self) -> Option<&Net> {
        self.links.gossip()
    }

    /// Who is told of what comes in.
    pub(super) fn tap(&self) -> Option<&Tap> {
        self.links.tap.as_ref()
    }

    /// Whom to ask for what was missed.
    pub(super) fn fetchers(&self) -> Vec<(Source, Fetcher)> {
        let known = self.known.lock();
        let source = |address: &String| Source::Stream(format!("ws://{address}").into());
        known
            .iter()
            .map(|(address, fetcher)| (source(address), fetcher.clone()))
            .collect()
    }

    /// Listens to a process, once. Must be called within a tokio runtime.
    pub(super) fn add(&self, endpoint: &str) {
        let Some(address) = address_of(endpoint) else {
            tracing::debug!(
                endpoint,
                "not an endpoint to listen to: http:// or ws:// expected"
            );
            return;
        };
        let mut known = self.known.lock();
        if self.own.as_deref() == Some(address)
            || known.contains_key(address)
            || known.len() >= MAX_PEERS
        {
            return;
        }
        let fetcher = Fetcher::new(
            &format!("http://{address}"),
            self.separator,
            self.judge.clone(),
        );
        let config = StreamConfig {
            from_block: Some(self.reader.board.view().latest.number().max(1)),
            ..StreamConfig::new(format!("ws://{address}"), self.separator)
        };
        match (fetcher, direct::follow(config, self.judge.clone())) {
            (Ok(fetcher), Ok(events)) => {
                tracing::info!(address, "listening to a peer");
                known.insert(address.to_owned(), fetcher);
                tokio::spawn(listen(events, self.inputs.clone(), self.links.clone()));
            }
            (Err(error), _) => tracing::warn!(address, %error, "a peer cannot be asked"),
            (_, Err(error)) => tracing::warn!(address, %error, "a peer cannot be followed"),
        }
    }

    /// Adds what gateways announce, again and again.
    pub(super) async fn watch(self: Arc<Self>, settlement: Settlement) {
        loop {
            for gateway in settlement.windows().gateways.values() {
                if !gateway.endpoint.is_empty() {
                    self.add(&gateway.endpoint);
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
