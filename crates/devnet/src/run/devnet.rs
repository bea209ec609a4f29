//! Everything that runs beside the L1.

use std::{collections::BTreeMap, path::PathBuf};

use eyre::{Result, WrapErr};
use forebond_protocol::{BlockClock, TurnClock};
use forebond_types::Domain;

use super::memory::resident;
use crate::{
    children::{Children, Setting, launches},
    config::{DevnetConfig, Ports},
    files::{DevnetFile, Folder, Place, rollup_file},
    judge::Witnesses,
    l1::{L1, status},
    misdeeds::{Held, Misdeed, Relay},
    opening::{Opened, open},
    rpc::Rpc,
    spam::SpamPlan,
    watch::{Posted, posted},
};

/// Everything that runs beside the L1.
pub(super) struct Devnet {
    pub(super) opened: Opened,
    pub(super) children: Children,
    pub(super) nodes: Vec<(String, Rpc)>,
    pub(super) gateway_names: Vec<String>,
    pub(super) shown: Vec<String>,
    pub(super) words: String,
    pub(super) seed: u64,
    /// The L1's slot when everything was ready: slot 0 of the run.
    pub(super) first_slot: u64,
    pub(super) memory_at_start: BTreeMap<String, u64>,
    /// Roads to the gateways that can be cut, in their order; none unless something is to be withheld.
    pub(super) relays: Vec<Relay>,
    /// Who listens to users' complaints.
    pub(super) watchers: Vec<Rpc>,
}

/// Opens the rollup, starts every role, and writes down where everything is.
pub(super) async fn start(
    config: &DevnetConfig,
    folder: &Folder,
    l1: &mut L1,
    program: PathBuf,
    seed: u64,
) -> Result<Devnet> {
    let relays = relays(config).await?;
    let own_ports = (0..config.gateways).map(|n| Ports::nth(config.ports.gateways, n));
    let peer_ports: Vec<u16> = match relays.is_empty() {
        true => own_ports.collect(),
        false => relays.iter().map(Relay::port).collect(),
    };
    let opened = open(config, l1, seed, &peer_ports)
        .await
        .wrap_err("opening the rollup")?;
    let places = |role: &str, count: u32, first: u16| -> Vec<Place> {
        (0..count)
            .map(|n| Place {
                name: format!("{role}-{}", n + 1),
                port: Ports::nth(first, n),
                port_for_peers: None,
            })
            .collect()
    };
    let mut gateways = places("gateway", config.gateways, config.ports.gateways);
    for (place, relay) in gateways.iter_mut().zip(&relays) {
        place.port_for_peers = Some(relay.port());
    }
    let followers = places("follower", config.followers, config.ports.followers);
    let watchers = places("watcher", config.watchers(), config.ports.watchers);
    rollup_file(&opened)?.save(&folder.path().join("rollup.json"))?;
    let setting = Setting {
        folder: folder.path(),
        l1_rpc: l1.rpc().url(),
        l1_beacon: l1.beacon_url(),
        gateways: &gateways,
        followers: &followers,
        watchers: &watchers,
        gossip: config.gossip,
        ports: config.ports,
    };
    let mut children = Children::new(program, folder.path().to_owned());
    if let Err(error) = children.start(launches(&setting, &opened)).await {
        children.end().await;
        return Err(error);
    }
    let file = DevnetFile::new(
        config,
        folder,
        &opened,
        seed,
        (l1.rpc().url(), l1.beacon_url()),
        [&gateways, &followers, &watchers],
    )?;
    // Followers first: they have nothing but what they derive.
    let nodes = followers
        .iter()
        .chain(&gateways)
        .map(|place| Ok((place.name.clone(), Rpc::new(&place.http())?)))
        .collect::<Result<Vec<_>>>()?;
    let watchers = watchers
        .iter()
        .map(|place| Rpc::new(&place.http()))
        .collect::<Result<_>>()?;
    let shown = if followers.is_empty() {
        &gateways
    } else {
        &followers
    };
    let first_slot = status(l1.rpc()).await?.slot;
    // The last thing: whoever waits for it finds everything else there.
    file.save(&folder.path().join("devnet.json"))?;
    Ok(Devnet {
        shown: shown.iter().map(|place| place.name.clone()).collect(),
        gateway_names: gateways.into_iter().map(|place| place.name).collect(),
        memory_at_start: resident(&children),
        first_slot,
        words: file.words(),
        opened,
        children,
        nodes,
        seed,
        relays,
        watchers,
    })
}

async fn relays(config: &DevnetConfig) -> Result<Vec<Relay>> {
    let mut relays = Vec::new();
    if config.has_misdeed(Misdeed::Withhold) {
        for n in 0..config.gateways {
            relays.push(Relay::start(Ports::nth(config.ports.gateways, n)).await?);
        }
    }
    Ok(relays)
}

impl Devnet {
    /// What batchers have put on L1.
    pub(super) fn posted(&self, config: &DevnetConfig) -> Posted {
        let batchers: Vec<_> = self
            .gateway_names
            .iter()
            .map(|name| name.replace("gateway", "batcher"))
            .collect();
        posted(&config.data_dir, batchers.iter().map(String::as_str))
    }

    /// Whom the judge asks.
    pub(super) fn witnesses(&self, config: &DevnetConfig, l1: &L1) -> Result<Witnesses> {
        let chain = &self.opened.genesis.config;
        Ok(Witnesses {
            l1: l1.rpc().clone(),
            lookahead: self.opened.contract("Lookahead")?,
            inbox: self.opened.contract("Inbox")?,
            clock: TurnClock {
                slots: self.opened.clock,
                blocks: BlockClock::new(chain.genesis_s, chain.block_time_s)?,
                handover_slots: config.handover_slots,
            },
            nodes: self.nodes.clone(),
            followers: self.nodes.len().saturating_sub(self.gateway_names.len()),
            gateways: self.gateway_names.clone(),
            gateway_ids: self.opened.gateway_ids.clone(),
        })
    }

    /// What users are to do.
    pub(super) fn spam_plan(&self, config: &DevnetConfig, held: Option<Held>) -> Result<SpamPlan> {
        Ok(SpamPlan {
            held,
            tps: config.spam_tps,
            seed: self.seed,
            domain: Domain {
                l1_chain_id: self.opened.l1.chain_id,
                inbox: self.opened.contract("Inbox")?,
            },
            chain_id: self.opened.genesis.config.chain_id,
            committers: self
                .opened
                .cast
                .gateways
                .iter()
                .map(|gateway| gateway.committer.address)
                .collect(),
            places: self.nodes.iter().map(|(_, rpc)| rpc.clone()).collect(),
        })
    }
}
