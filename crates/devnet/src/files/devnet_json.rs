use std::{collections::BTreeMap, path::Path};

use alloy_primitives::{Address, B256};
use eyre::{Result, WrapErr};
use serde::Serialize;

use super::Folder;
use crate::{
    config::{DevnetConfig, Ports},
    opening::{Opened, dev_accounts},
};

/// `devnet.json`. The names are those that scripts rely on; more may be added.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DevnetFile {
    l1: L1,
    rollup: Rollup,
    gateways: Vec<Gateway>,
    followers: Vec<Follower>,
    watchers: Vec<Watcher>,
    contracts: BTreeMap<String, Address>,
    accounts: Vec<Account>,
    seed: u64,
    process_id: u32,
    data_dir: String,
}

/// Where a process answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its name.
    pub(crate) name: String,
    /// HTTP and WebSocket on one port.
    pub(crate) port: u16,
    /// Where its peers reach it, when that is another port.
    pub(crate) port_for_peers: Option<u16>,
}

impl Place {
    /// Its JSON-RPC over HTTP.
    pub(crate) fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its JSON-RPC over WebSocket.
    pub(crate) fn ws(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// The same for its peers.
    pub(crate) fn ws_for_peers(&self) -> String {
        format!(
            "ws://127.0.0.1:{}",
            self.port_for_peers.unwrap_or(self.port)
        )
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct L1 {
    rpc: String,
    beacon: String,
    chain_id: u64,
    genesis_time: u64,
    seconds_per_slot: u64,
    slots_per_epoch: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rollup {
    chain_id: u64,
    file: String,
    genesis_time: u64,
    genesis_hash: B256,
    block_time: u64,
    first_epoch: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Gateway {
    rpc: String,
    ws: String,
    committer: Address,
    name: String,
    id: u32,
    owner: Address,
    operator: Address,
    batcher: Address,
    /// Where its batcher tells proposers which blobs a slot's block should hold, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    batches: Option<String>,
    /// To start the gateway again by hand, and its batcher.
    committer_key: B256,
    batcher_key: B256,
}

#[derive(Clone, Debug, Serialize)]
struct Follower {
    rpc: String,
    ws: String,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct Watcher {
    rpc: String,
    name: String,
    address: Address,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    address: Address,
    private_key: B256,
}

impl DevnetFile {
    /// What the opening has made, served at these places.
    pub(crate) fn new(
        config: &DevnetConfig,
        folder: &Folder,
        opened: &Opened,
        seed: u64,
        l1_urls: (&str, &str),
        places: [&[Place]; 3],
    ) -> Result<Self> {
        let [gateways, followers, watchers] = places;
        let chain = &opened.genesis.config;
        let batches = |n| {
            let first = config.ports.batchers?;
            Some(format!("http://127.0.0.1:{}", Ports::nth(first, n)))
        };
        let gateway =
            |(((cast, id), place), n): (((&crate::opening::GatewayCast, &u32), &Place), u32)| {
                Gateway {
                    rpc: place.http(),
                    ws: place.ws(),
                    committer: cast.committer.address,
                    name: cast.name.clone(),
                    id: *id,
                    owner: cast.owner.address,
                    operator: cast.operator.address,
                    batcher: cast.payer.address,
                    batches: batches(n),
                    committer_key: cast.committer.secret,
                    batcher_key: cast.payer.secret,
                }
            };
        Ok(Self {
            l1: L1 {
                rpc: l1_urls.0.to_owned(),
                beacon: l1_urls.1.to_owned(),
                chain_id: opened.l1.chain_id,
                genesis_time: opened.clock.genesis_s,
                seconds_per_slot: config.slot_time_s,
                slots_per_epoch: opened.clock.slots_per_epoch,
            },
            rollup: Rollup {
                chain_id: chain.chain_id,
                file: folder.path().join("rollup.json").display().to_string(),
                genesis_time: chain.genesis_s,
                genesis_hash: opened.genesis_hash,
                block_time: chain.block_time_s,
                first_epoch: opened.first_epoch,
            },
            gateways: opened
                .cast
                .gateways
                .iter()
                .zip(&opened.gateway_ids)
                .zip(gateways)
                .zip(0..)
                .map(gateway)
                .collect(),
            followers: followers
                .iter()
                .map(|place| Follower {
                    rpc: place.http(),
                    ws: place.ws(),
                    name: place.name.clone(),
                })
                .collect(),
            watchers: watchers
                .iter()
                .zip(&opened.cast.watchers)
                .map(|(place, key)| Watcher {
                    rpc: place.http(),
                    name: place.name.clone(),
                    address: key.address,
                })
                .collect(),
            contracts: opened.contracts.clone(),
            accounts: dev_accounts()?
                .into_iter()
                .map(|key| Account {
                    address: key.address,
                    private_key: key.secret,
                })
                .collect(),
            seed,
            process_id: std::process::id(),
            data_dir: folder.path().display().to_string(),
        })
    }

    /// Writes it, whole or not at all: a script that waits for it never reads half of it.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let aside = path.with_extension("json.new");
        std::fs::write(&aside, text)
            .and_then(|()| std::fs::rename(&aside, path))
            .wrap_err_with(|| format!("cannot write {}", path.display()))
    }

    /// The addresses and keys that somebody at a terminal wants first.
    pub(crate) fn words(&self) -> String {
        use std::fmt::Write as _;
        let mut words = String::new();
        let _ = writeln!(
            words,
            "L1         {}  beacon {}",
            self.l1.rpc, self.l1.beacon
        );
        for gateway in &self.gateways {
            let _ = writeln!(
                words,
                "{}  {}  committer {}",
                gateway.name, gateway.rpc, gateway.committer
            );
        }
        for follower in &self.followers {
            let _ = writeln!(words, "{} {}", follower.name, follower.rpc);
        }
        for watcher in &self.watchers {
            let _ = writeln!(words, "{}  {}", watcher.name, watcher.rpc);
        }
        let _ = writeln!(words, "rollup     chain id {}", self.rollup.chain_id);
        if let Some(account) = self.accounts.last() {
            let _ = writeln!(
                words,
                "an account with ether: {} key {}",
                account.address, account.private_key
            );
        }
        let _ = writeln!(
            words,
            "a node of your own: forebond node --rollup {} --l1-rpc {} --l1-beacon {} --data-dir my-node --http 127.0.0.1:9700",
            self.rollup.file, self.l1.rpc, self.l1.beacon
        );
        let _ = write!(words, "everything else: {}/devnet.json", self.data_dir);
        words
    }
}
