//! The L1s that scenarios run on. All are reached over HTTP alone, so a scenario can't tell them apart by more than what they
//! truly lack.

mod anvil;
mod embedded;
mod npm;
mod process;

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use alloy_eips::BlockId;
use alloy_primitives::FixedBytes;
use alloy_provider::Provider;
use eyre::{Result, WrapErr, ensure};
use forebond_l1::{
    beacon::{BeaconClient, BeaconConfig},
    execution::{ExecutionClient, ExecutionConfig},
    sender::SidecarForm,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Which L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ours, in this process.
    Embedded,
    /// Published clients: EthereumJS and Lodestar's state transition.
    Npm,
    /// Foundry's, without a beacon chain.
    Anvil,
}

/// A running L1 whose slots pass when the scenario says so.
pub struct World {
    kind: Kind,
    execution: ExecutionClient,
    beacon: Option<BeaconClient>,
    pace: Pace,
    /// Ends the L1 when dropped.
    #[expect(dead_code, reason = "held until it is dropped")]
    running: Running,
}

#[expect(dead_code, reason = "held until it is dropped")]
enum Running {
    Embedded(embedded::Running),
    Process(process::Running),
    Elsewhere,
}

/// How slots pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// When they are asked to.
    OnRequest,
    /// By the time of day: whoever wants slots to pass waits.
    RealTime,
}

/// What a deployment needs to know of an L1.
#[derive(Clone, Copy, Debug)]
pub struct Constants {
    /// Unix seconds of slot 0.
    pub genesis_time_s: u64,
    /// Seconds a slot takes.
    pub seconds_per_slot: u64,
    /// Slots of an epoch.
    pub slots_per_epoch: u64,
    /// Fork version at genesis.
    pub genesis_fork_version: FixedBytes<4>,
}

/// Where an L1 stands, as its control tells.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The newest slot that is over.
    pub slot: u64,
    /// Newest finalized epoch.
    pub finalized_epoch: u64,
}

/// Validators of every world, and the accounts they withdraw to: account `index % OPERATORS`.
pub const VALIDATORS: u64 = 16;
/// Operators: the first accounts of the development mnemonic.
pub const OPERATORS: u64 = 2;
/// Seconds of chain time a slot takes.
pub const SLOT_TIME_S: u64 = 1;
/// Pause between two looks at a clock that nobody here moves.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl World {
    /// The L1 in this process: minimal preset, slots on request.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn embedded() -> Result<Self> {
        let (running, rpc, beacon) = embedded::start().await?;
        Self::new(
            Kind::Embedded,
            Running::Embedded(running),
            &rpc,
            Some(&beacon),
        )
    }

    /// The L1 of published clients, minimal preset, slots on request.
    ///
    /// # Errors
    /// When it is not installed (`make tools`) or does not start.
    pub async fn npm() -> Result<Self> {
        let (running, rpc, beacon) = npm::start().await?;
        Self::new(Kind::Npm, Running::Process(running), &rpc, Some(&beacon))
    }

    /// Anvil.
    ///
    /// # Errors
    /// When it is not installed (`make tools`) or does not start.
    pub async fn anvil() -> Result<Self> {
        let (running, rpc) = anvil::start().await?;
        let world = Self::new(Kind::Anvil, Running::Process(running), &rpc, None)?;
        // Else its blocks follow this machine's clock.
        world
            .request("anvil_setBlockTimestampInterval", json!([SLOT_TIME_S]))
            .await?;
        Ok(world)
    }

    /// An L1 that somebody else has started and will end.
    ///
    /// # Errors
    /// When an address is none.
    pub fn over(kind: Kind, pace: Pace, rpc: &str, beacon: Option<&str>) -> Result<Self> {
        let mut world = Self::new(kind, Running::Elsewhere, rpc, beacon)?;
        world.pace = pace;
        Ok(world)
    }

    fn new(kind: Kind, running: Running, rpc: &str, beacon: Option<&str>) -> Result<Self> {
        let beacon = beacon
            .map(|url| BeaconClient::new(&BeaconConfig::new(url)))
            .transpose()?;
        Ok(Self {
            kind,
            execution: ExecutionClient::new(&ExecutionConfig::new(rpc))?,
            beacon,
            pace: Pace::OnRequest,
            running,
        })
    }

    /// Which one it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its execution node.
    pub const fn execution(&self) -> &ExecutionClient {
        &self.execution
    }

    /// Its beacon node.
    ///
    /// # Errors
    /// On anvil.
    pub fn beacon(&self) -> Result<&BeaconClient> {
        self.beacon
            .as_ref()
            .ok_or_else(|| eyre::eyre!("{:?} has no beacon chain", self.kind))
    }

    /// When its chain began and how long slots are. Anvil has no slots of its own: its newest block begins slot 1 of a chain that
    /// is thought up around it.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn constants(&self) -> Result<Constants> {
        let Some(beacon) = &self.beacon else {
            let first = self.execution.block(BlockId::number(0)).await?;
            let first = first.ok_or_else(|| eyre::eyre!("anvil has no first block"))?;
            return Ok(Constants {
                genesis_time_s: first.timestamp_s,
                seconds_per_slot: SLOT_TIME_S,
                slots_per_epoch: 8,
                genesis_fork_version: FixedBytes::ZERO,
            });
        };
        let (genesis, spec) = (beacon.genesis().await?, beacon.spec().await?);
        Ok(Constants {
            genesis_time_s: genesis.genesis_time,
            seconds_per_slot: spec.seconds_per_slot,
            slots_per_epoch: spec.slots_per_epoch,
            genesis_fork_version: genesis.genesis_fork_version,
        })
    }

    /// Which proofs its pool wants beside blobs.
    pub const fn sidecar_form(&self) -> SidecarForm {
        match self.kind {
            // The engine API of the published execution client ends before cell proofs.
            Kind::Npm => SidecarForm::Eip4844,
            Kind::Embedded | Kind::Anvil => SidecarForm::Eip7594,
        }
    }

    async fn request(&self, method: &'static str, params: Value) -> Result<Value> {
        self.execution
            .provider()
            .raw_request(method.into(), params)
            .await
            .wrap_err(method)
    }

    /// Lets slots pass, or waits until they have.
    ///
    /// # Errors
    /// When the L1 refuses.
    pub async fn advance(&self, slots: u64) -> Result<()> {
        if self.pace == Pace::RealTime {
            let wanted = self.status().await?.slot.saturating_add(slots);
            while self.status().await?.slot < wanted {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            return Ok(());
        }
        // In parts, so that no request outlasts its deadline.
        let mut left = slots;
        while left > 0 {
            let now = left.min(8);
            match self.kind {
                Kind::Embedded | Kind::Npm => {
                    self.request("l1_advanceSlots", json!([now])).await?;
                }
                Kind::Anvil => {
                    self.request("anvil_mine", json!([now])).await?;
                }
            }
            left -= now;
        }
        Ok(())
    }

    /// Leaves the next slot without a block, and lets it pass.
    ///
    /// # Errors
    /// When the L1 refuses.
    pub async fn miss_a_slot(&self) -> Result<u64> {
        let slot = self.status().await?.slot + 1;
        self.request("l1_skipSlot", json!([slot])).await?;
        self.advance(1).await?;
        Ok(slot)
    }

    /// Replaces the newest `depth` slots by other blocks; the first of them stays without one if `miss_first`. Transactions of
    /// the replaced blocks wait again.
    ///
    /// # Errors
    /// Beyond what is finalized, and on anvil.
    pub async fn reorg(&self, depth: u64, miss_first: bool) -> Result<()> {
        let wanted = json!({ "depth": depth, "missFirst": miss_first });
        self.request("l1_reorg", json!([wanted])).await.map(drop)
    }

    /// Where it stands.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn status(&self) -> Result<Status> {
        if self.kind == Kind::Anvil {
            let constants = self.constants().await?;
            let age_s = self.execution.head().await?.timestamp_s - constants.genesis_time_s;
            return Ok(Status {
                slot: age_s / constants.seconds_per_slot,
                finalized_epoch: 0,
            });
        }
        Ok(serde_json::from_value(
            self.request("l1_status", json!([])).await?,
        )?)
    }

    /// Lets slots pass until `slot` is the newest one.
    ///
    /// # Errors
    /// When it is over already, or the L1 refuses.
    pub async fn advance_to(&self, slot: u64) -> Result<()> {
        let now = self.status().await?.slot;
        ensure!(
            now <= slot,
            "slot {slot} is over: the chain is in slot {now}"
        );
        self.advance(slot - now).await
    }

    /// Lets slots pass while `work` waits for blocks. A slot that has begun to pass has passed when this returns.
    ///
    /// # Errors
    /// When the L1 refuses, and what `work` says.
    pub async fn while_time_passes<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let done = AtomicBool::new(false);
        let passing = async {
            while !done.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if !done.load(Ordering::Relaxed) {
                    self.advance(1).await?;
                }
            }
            Ok::<_, eyre::Report>(())
        };
        let working = async {
            let outcome = work.await;
            done.store(true, Ordering::Relaxed);
            outcome
        };
        let (passed, outcome) = tokio::join!(passing, working);
        passed?;
        outcome
    }
}
