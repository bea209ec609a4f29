//! Everything that runs beside the L1.

use std::{collections::BTreeMap, path::PathBuf};

use eyre::{Result, WrapErr};
use forebond_protocol::{BlockClock, TurnClock};
use forebond_types::Domain;

use super::memory::resident;
use crate::{
    children::{Children, Setting, launches},
    config::DevnetConfig,
    files::{DevnetFile, Folder, Place, rollup_file},
    judge::Witnesses,
    l1::{L1, status},
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
}

/// Opens the rollup, starts every role, and writes down where everything is.
pub(super) async fn start(
    config: &DevnetConfig,
    folder: &Folder,
    l1: &mut L1,
    program: PathBuf,
    seed: u64,
) -> Result<Devnet> {
    let opened = open(config, l1, seed)
        .await
        .wrap_err("opening the rollup")?;
    let places = |role: &str, count: u32, first: u16| -> Vec<Place> {
        (0..count)
            .map(|n| Place {
                name: format!("{role}-{}", n + 1),
                port: u16::try_from(u32::from(first) + n).unwrap_or(u16::MAX),
            })
            .collect()
    };
    let gateways = places("gateway", config.gateways, config.ports.gateways);
    let followers = places("follower", config.followers, config.ports.followers);
    rollup_file(&opened)?.save(&folder.path().join("rollup.json"))?;
    let setting = Setting {
        folder: folder.path(),
        l1_rpc: l1.rpc().url(),
        l1_beacon: l1.beacon_url(),
        gateways: &gateways,
        followers: &followers,
        gossip: config.gossip,
        gossip_port: config.ports.gossip,
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
        &gateways,
        &followers,
    )?;
    // Followers first: they have nothing but what they derive.
    let nodes = followers
        .iter()
        .chain(&gateways)
        .map(|place| Ok((place.name.clone(), Rpc::new(&place.http())?)))
        .collect::<Result<Vec<_>>>()?;
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
    })
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
    pub(super) fn spam_plan(&self, config: &DevnetConfig) -> Result<SpamPlan> {
        Ok(SpamPlan {
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
