//! The L1 under everything.

mod embedded;
mod npm;
mod ports;

use eyre::{Result, bail};
use forebond_harness::world::{Kind, Pace, World};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use ports::require_free;

use crate::{
    config::{ConfigError, DevnetConfig, L1Kind},
    rpc::Rpc,
};

/// A running L1; it ends with this value.
pub(crate) struct L1 {
    running: Running,
    rpc: Rpc,
    beacon_url: String,
}

enum Running {
    Embedded(Box<embedded::Running>),
    Npm(npm::Running),
}

/// Where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct L1Status {
    /// The newest slot that is over or has its block.
    pub(crate) slot: u64,
    /// Slot of the newest block.
    pub(crate) head_slot: u64,
    /// Newest finalized epoch.
    pub(crate) finalized_epoch: u64,
}

impl L1 {
    /// Starts the L1 asked for. The embedded one is in virtual time until [`Self::go_live`].
    pub(crate) async fn start(config: &DevnetConfig, now_s: u64, seed: u64) -> Result<Self> {
        let (running, rpc, beacon_url) = match config.l1 {
            L1Kind::Embedded => {
                let (running, rpc, beacon) = embedded::start(config, now_s).await?;
                (Running::Embedded(Box::new(running)), rpc, beacon)
            }
            L1Kind::Npm => {
                let (running, rpc, beacon) = npm::start(config, seed).await?;
                (Running::Npm(running), rpc, beacon)
            }
            L1Kind::Anvil => bail!(ConfigError::Anvil),
        };
        Ok(Self {
            running,
            rpc: Rpc::new(&rpc)?,
            beacon_url,
        })
    }

    /// The same as the scenarios' world.
    pub(crate) fn world(&self) -> Result<World> {
        let (kind, pace) = match self.running {
            Running::Embedded(_) => (Kind::Embedded, Pace::OnRequest),
            Running::Npm(_) => (Kind::Npm, Pace::RealTime),
        };
        World::over(kind, pace, self.rpc.url(), Some(&self.beacon_url))
    }

    /// Its JSON-RPC.
    pub(crate) const fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// Its Beacon API.
    pub(crate) fn beacon_url(&self) -> &str {
        &self.beacon_url
    }

    /// From now on its clock is the time of day.
    pub(crate) fn go_live(&mut self) -> Result<()> {
        match &mut self.running {
            Running::Embedded(running) => running.go_live(),
            Running::Npm(_) => Ok(()),
        }
    }

    /// Why it cannot go on, if it can't.
    pub(crate) fn died(&mut self) -> Option<String> {
        match &mut self.running {
            Running::Embedded(_) => None,
            Running::Npm(running) => running.died(),
        }
    }

    /// Ends it.
    pub(crate) async fn stop(self) {
        match self.running {
            Running::Embedded(running) => running.stop().await,
            Running::Npm(running) => running.stop().await,
        }
    }
}

/// Where an L1 stands.
pub(crate) async fn status(rpc: &Rpc) -> Result<L1Status> {
    rpc.ask("l1_status", json!([])).await
}

/// Orders something of an L1.
pub(crate) async fn order(rpc: &Rpc, method: &'static str, params: Value) -> Result<()> {
    rpc.ask::<Value>(method, params).await.map(drop)
}
