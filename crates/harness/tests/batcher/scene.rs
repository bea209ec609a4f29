//! What the tests do with the world.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use alloy_eips::{BlockId, eip4844::kzg_to_versioned_hash};
use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use eyre::{Result, bail, ensure, eyre};
use forebond_batcher::{
    inbox::InboxReader,
    pack::Prover,
    plan::Policy,
    post::{Poster, PosterConfig, WaitingBatch},
    report::{Figures, Report},
    role::{Batcher, Clock, Parts, SystemClock, serve},
    sign::{Signatory, SignedLog},
};
use forebond_contracts::{bindings::Inbox, explain};
use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};
use forebond_harness::{
    scenario::{
        Stage,
        accounts::Role,
        bonds::Gateway,
        opening::{Opening, open},
        rollup_file::rollup_file,
        validators,
    },
    world::{Kind, OPERATORS, Pace, SLOT_TIME_S, VALIDATORS, World},
};
use forebond_l1::{
    beacon::BlockId as BeaconBlockId,
    blobs,
    sender::{Lane, LaneConfig, Outgoing, SidecarForm, SlotOutcome, SlotRules, SlotWork},
};
use forebond_lookahead_keeper::{Keeper, Place};
use forebond_proposer::guard::{bids::Commitment, source::expected};
use forebond_protocol::{BlockRange, Window};
use forebond_rollup::op::channel;
use forebond_runtime::{HttpServer, LoggingConfig, Metrics, Shutdown, init_logging};
use forebond_settlement::Settlement;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::chain::{Chain, SceneClock, Source, hash};

/// No test waits longer for one thing, in wall time.
const PATIENCE: Duration = Duration::from_secs(30);
/// How far into a slot the scene's clock stands, milliseconds.
const INTO_SLOT_MS: u64 = 500;
/// Pay for batches, one for each gateway: accounts that send nothing else in these tests.
const PAYERS: [Role; 3] = [Role::Watcher, Role::AttesterA, Role::AttesterB];

/// How a batcher is started.
#[derive(Clone, Copy)]
pub struct Habits {
    pub max_age_ms: u64,
    pub keeps_lookahead: bool,
    pub proof_ms: u64,
    pub patience_slots: u64,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            max_age_ms: 1_000_000_000,
            keeps_lookahead: false,
            proof_ms: 0,
            patience_slots: 1,
        }
    }
}

/// A batcher at work.
pub struct Working {
    shutdown: Shutdown,
    task: JoinHandle<()>,
    figures: Figures,
    serving: HttpServer,
    /// Versions the test has waited for.
    seen: u64,
}

impl Working {
    /// What a proposer's guard learns of a slot: hashes of the blobs that its block should hold.
    pub async fn expected(&self, slot: u64) -> Result<Vec<B256>> {
        let source = format!("http://{}", self.serving.local_addr()).parse()?;
        let expected = expected(&reqwest::Client::new(), &source, slot).await?;
        let hash = |commitment: &Commitment| kzg_to_versioned_hash(commitment.as_slice());
        Ok(expected.iter().map(hash).collect())
    }

    /// Waits until a pool has another version of a batch.
    pub async fn sends(&mut self) -> Result<()> {
        let seen = self.seen;
        self.seen = until("a transaction of the batcher", || async {
            let sent = self.figures.versions.get();
            Ok((sent > seen).then_some(sent))
        })
        .await?;
        Ok(())
    }

    /// Waits until it has looked at the present situation. Whether it sent something.
    pub async fn looks(&mut self) -> Result<bool> {
        let figures = &self.figures;
        let sent = || figures.versions.get() + figures.chores.get();
        let (looked, seen) = (figures.looks.get(), self.seen);
        until("a look", || async {
            // Two: the first one may have begun before.
            Ok((figures.looks.get() > looked + 1 || sent() > seen).then_some(()))
        })
        .await?;
        let has_sent = sent() > seen;
        self.seen = sent();
        Ok(has_sent)
    }

    /// Waits until it has given a batch up, and taken it out of the pool.
    pub async fn gives_up(&self) -> Result<()> {
        until("a batch given up", || async {
            Ok((self.figures.not_taken.get() > 0).then_some(()))
        })
        .await
    }

    pub async fn stop(self) -> Result<()> {
        self.shutdown.request("the test is over");
        tokio::time::timeout(PATIENCE, self.task).await??;
        Ok(())
    }

    /// As `kill -9`: whatever it was doing is not finished.
    pub fn kill(self) {
        self.task.abort();
    }
}

pub struct Scene {
    pub stage: Stage,
    pub opening: Opening,
    settlement: Settlement,
    clock: Arc<SceneClock>,
    chain: Arc<Chain>,
    data: TempDir,
    l1: EmbeddedL1,
}

impl Scene {
    pub async fn open() -> Result<Self> {
        Self::open_at(SLOT_TIME_S, None).await
    }

    /// With slots of another length, and slot 0 at a time of day.
    pub async fn open_at(slot_time_s: u64, genesis_time_s: Option<u64>) -> Result<Self> {
        // Silent unless RUST_LOG asks for more; another test of this process may have been first.
        let _ = init_logging(&LoggingConfig {
            filter: "off".to_owned(),
            ..LoggingConfig::default()
        });
        let config = ServiceConfig {
            node: NodeConfig {
                validators: VALIDATORS,
                withdrawal_accounts: usize::try_from(OPERATORS)?,
                slot_duration_ms: slot_time_s * 1_000,
                genesis_time_s,
                ..NodeConfig::default()
            },
            ..ServiceConfig::default()
        };
        let l1 = EmbeddedL1::start(config).await?;
        let (rpc, beacon) = (l1.rpc_url(), l1.beacon_url());
        let world = World::over(Kind::Embedded, Pace::OnRequest, &rpc, Some(&beacon))?;
        let (stage, opening) = open(world).await?;
        let settlement = Settlement::at_head(
            vec![rpc],
            vec![beacon],
            rollup_file(&stage).await?,
            20,
            Default::default(),
            Shutdown::new(),
        )
        .await?;
        let clock = Arc::new(SceneClock::default());
        let chain = Arc::new(Chain {
            settlement: settlement.clone(),
            clock: Arc::clone(&clock),
            gateways: opening.gateways().into_iter().cloned().collect(),
            origins: Mutex::new(BTreeMap::new()),
            void: Mutex::default(),
        });
        let mut scene = Self {
            stage,
            opening,
            settlement,
            clock,
            chain,
            data: TempDir::new()?,
            l1,
        };
        scene.settled().await?;
        Ok(scene)
    }

    /// From now on the time of day moves everything; blocks are sealed a tenth of a second after their time.
    pub async fn go_live(&mut self) -> Result<()> {
        let slots = self.settlement.facts().turns.slots;
        let now = slots.slot_at_ms(SystemClock.now_ms());
        self.stage.world.advance_to(now).await?;
        self.l1.go_live()?;
        self.stage.world = World::over(
            Kind::Embedded,
            Pace::RealTime,
            &self.l1.rpc_url(),
            Some(&self.l1.beacon_url()),
        )?;
        let (chain, clock) = (Arc::clone(&self.chain), Arc::clone(&self.clock));
        let execution = self.stage.world.execution().clone();
        clock.go_live();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let Ok(head) = execution.head().await else {
                    continue;
                };
                let origin = BlockId::number(head.number.saturating_sub(2));
                if let Ok(Some(origin)) = execution.block(origin).await {
                    chain.seal((origin.number, origin.hash));
                }
            }
        });
        Ok(())
    }

    /// The next slot has its block.
    pub async fn pass(&mut self) -> Result<()> {
        self.stage.world.advance(1).await?;
        self.settled().await
    }

    /// The next slot stays empty.
    pub async fn miss(&mut self) -> Result<()> {
        self.stage.world.miss_a_slot().await?;
        self.settled().await
    }

    /// The newest slot loses its block.
    pub async fn reorg(&mut self) -> Result<()> {
        self.stage.world.reorg(1, true).await?;
        self.settled().await
    }

    /// The clock shows the newest slot, blocks are sealed, the view of L1 has caught up.
    pub async fn settled(&mut self) -> Result<()> {
        let slot = self.stage.world.status().await?.slot;
        let head = self.stage.world.execution().head().await?;
        let constants = self.stage.constants;
        let start_s = constants.genesis_time_s + slot * constants.seconds_per_slot;
        let origin = head.number.saturating_sub(2);
        let origin = self
            .stage
            .world
            .execution()
            .block(BlockId::number(origin))
            .await?;
        let origin = origin.ok_or_else(|| eyre!("no origin"))?;
        until("the view of L1", || async {
            let read = self.settlement.windows().at.is_some();
            // After a reorg to a shorter chain the view waits for what replaces its newest block.
            let stands = self
                .settlement
                .head()
                .is_some_and(|at| at.hash == head.hash || at.number > head.number);
            Ok((read && stands).then_some(()))
        })
        .await?;
        self.clock.set(start_s * 1_000 + INTO_SLOT_MS);
        self.chain.seal((origin.number, origin.hash));
        Ok(())
    }

    /// The present and the next epoch are proven.
    pub async fn prove(&mut self) -> Result<()> {
        let epoch = validators::prove_two_epochs(&mut self.stage).await?;
        self.settled().await?;
        let next = (epoch + 1) * self.stage.constants.slots_per_epoch;
        until("the windows", || async {
            Ok(self.settlement.windows().schedule.at(next).map(drop))
        })
        .await
    }

    /// The next window of a gateway of at least `slots` slots, and of somebody else's behind it of at least `then` slots; all of
    /// it still to come.
    pub async fn window_of(&mut self, gateway: &Gateway, slots: u64, then: u64) -> Result<Window> {
        for _ in 0..40 {
            self.prove().await?;
            let now = self.stage.world.status().await?.slot;
            let windows = self.settlement.windows();
            let length = |window: &Window| window.last_slot + 1 - window.first_slot;
            let found = windows.schedule.iter().find(|window| {
                let behind = windows.schedule.at(window.last_slot + 1);
                window.gateway == gateway.id
                    && window.first_slot > now + 1
                    && length(window) >= slots
                    && (then == 0
                        || behind.is_some_and(|behind| {
                            behind.gateway != gateway.id && length(&behind) >= then
                        }))
            });
            if let Some(window) = found {
                return Ok(*window);
            }
            let epoch = self.stage.epoch().await? + 1;
            self.stage.until_epoch(epoch).await?;
        }
        bail!("gateway {} has no such window in forty epochs", gateway.id)
    }

    /// From now on derivation holds the batch void.
    pub fn hold_void(&self, batch: u32) {
        self.chain.void.lock().unwrap().push(batch);
    }

    /// Windows that are known now.
    pub fn windows(&self) -> Vec<Window> {
        self.settlement.windows().schedule.iter().copied().collect()
    }

    pub fn turn_of(&self, window: &Window) -> BlockRange {
        self.settlement.facts().turns.blocks_of(window)
    }

    /// Lets slots pass until the next one is `slot`.
    pub async fn until_next_slot_is(&mut self, slot: u64) -> Result<()> {
        self.stage.world.advance_to(slot - 1).await?;
        self.settled().await
    }

    pub async fn count(&self) -> Result<u32> {
        self.stage.read("Inbox", &Inbox::batchCountCall {}).await
    }

    /// Last block in the Inbox.
    pub async fn last_posted(&self) -> Result<u64> {
        let newest = self.stage.read("Inbox", &Inbox::newestCall {}).await?;
        if newest == 0 {
            return Ok(0);
        }
        let call = Inbox::recordCall { batchId: newest };
        Ok(self.stage.read("Inbox", &call).await?.lastBlock)
    }

    /// The newest batch, which is this one.
    pub async fn newest_is(&self, id: u32) -> Result<Inbox::BatchRecord> {
        let count = self.count().await?;
        ensure!(
            count == id,
            "{count} batches in the Inbox, expected {id}; {:?}",
            self.read_report()
        );
        self.stage
            .read("Inbox", &Inbox::recordCall { batchId: id })
            .await
    }

    pub fn report_of(&self, gateway: u32) -> Report {
        Report::open(&self.file(gateway, "batcher.json"))
    }

    /// That of the tests' usual gateways: only one of them posts.
    fn read_report(&self) -> Report {
        let (a, b) = (self.opening.a.id, self.opening.b.id);
        let is_a = self.file(a, "batcher.json").exists();
        self.report_of(if is_a { a } else { b })
    }

    /// The operator's file, once it shows what is expected.
    pub async fn report(&self, shows: impl Fn(&Report) -> bool) -> Result<Report> {
        let outcome = until("the operator's file", || async {
            let report = self.read_report();
            Ok(shows(&report).then_some(report))
        })
        .await;
        outcome.map_err(|error| error.wrap_err(format!("{:?}", self.read_report())))
    }

    /// Whoever derives the rollup finds exactly the window's blocks in the newest batch's blobs.
    pub async fn blobs_hold_the_blocks(&self, window: &Window) -> Result<Vec<B256>> {
        let head = self.stage.world.execution().head().await?;
        let logs = self
            .stage
            .world
            .execution()
            .logs_of(head.hash, &[self.stage.contract("Inbox")?])
            .await?;
        let posted = logs
            .iter()
            .find_map(|log| log.log_decode::<Inbox::BatchPosted>().ok())
            .ok_or_else(|| eyre!("no batch in the newest block"))?;
        let batch = posted.inner.data.batch;
        let beacon = self.stage.world.beacon()?;
        let found = blobs::fetch(beacon, BeaconBlockId::Head, &batch.blobHashes).await?;
        let blocks = channel::decode(&found)?;
        ensure!(
            blocks.len() as u64 == batch.lastBlock,
            "{} blocks",
            blocks.len()
        );
        for (number, block) in (1..).zip(&blocks) {
            ensure!(block.parent_hash == hash(number - 1), "block {number}");
        }
        ensure!(batch.lastBlockHash == hash(self.turn_of(window).last));
        Ok(batch.blobHashes)
    }

    fn file(&self, gateway: u32, name: &str) -> PathBuf {
        self.data.path().join(format!("{gateway}-{name}"))
    }

    /// The Inbox refuses what is sent to it with a blob; what the lane tells of that.
    pub async fn refusal<C: SolCall>(&self, call: &C) -> Result<String> {
        struct Once(Outgoing);
        impl SlotWork for Once {
            async fn for_slot(&mut self, _: u64) -> Option<Outgoing> {
                Some(self.0.clone())
            }
        }
        let config = LaneConfig {
            poll_ms: 10,
            ..LaneConfig::default()
        };
        let client = self.stage.world.execution().clone();
        let mut lane = Lane::new(client, PAYERS[0].signer()?, config).await?;
        let empty = Prover::start()?.empty(SidecarForm::Eip7594).await?;
        let mut work = Once(Outgoing {
            to: Some(self.stage.contract("Inbox")?),
            input: call.abi_encode().into(),
            gas_limit: Some(200_000),
            sidecar: Some(empty),
            ..Outgoing::default()
        });
        let slot = self.stage.world.status().await?.slot + 1;
        let rules = SlotRules {
            clock: self.settlement.facts().turns.slots,
            first_slot: slot,
            last_slot: slot + 1,
            lead_ms: 50,
            grace_ms: 300,
        };
        let now_ms = self.clock.now_ms();
        let sending = async {
            Ok(lane
                .send_in_slots(&mut work, &rules, None, &move || now_ms)
                .await?)
        };
        match self.stage.world.while_time_passes(sending).await? {
            SlotOutcome::Landed {
                reverted: Some(data),
                ..
            } => Ok(explain(&data)),
            outcome => bail!("expected a refusal, got {outcome:?}"),
        }
    }

    /// Starts a batcher for a gateway.
    pub async fn batcher(&self, gateway: &Gateway, habits: Habits) -> Result<Working> {
        let facts = Arc::clone(self.settlement.facts());
        let payer = usize::try_from(gateway.id - 1)
            .ok()
            .and_then(|place| PAYERS.get(place))
            .ok_or_else(|| eyre!("no payer"))?;
        let figures = Figures::new(Metrics::new("test")?.registry())?;
        let client = self.stage.world.execution().clone();
        let reader = InboxReader::new(client.clone(), facts.contracts.inbox);
        let lane = LaneConfig {
            poll_ms: 10,
            ..LaneConfig::default()
        };
        let committer = gateway.committer.clone();
        let signatory = Signatory::new(committer.address, move |digest| committer.sign(digest));
        let rules = SlotRules {
            clock: facts.turns.slots,
            first_slot: 0,
            last_slot: 0,
            lead_ms: 50,
            grace_ms: 300 * facts.turns.slots.seconds_per_slot,
        };
        let waiting = WaitingBatch::default();
        let mut poster = Poster::new(
            PosterConfig {
                slots: facts.turns.slots,
                lead_ms: rules.lead_ms,
                grace_ms: rules.grace_ms,
                form: SidecarForm::Eip7594,
                versions: figures.versions.clone(),
                waiting: waiting.clone(),
            },
            Lane::new(client.clone(), payer.signer()?, lane).await?,
            Prover::start()?,
            (
                SignedLog::open(&self.file(gateway.id, "signed.log"))?,
                signatory.clone(),
            ),
            reader.clone(),
            self.settlement.clone(),
            self.clock.clone(),
        );
        poster.warm_up().await?;
        let keeper = habits.keeps_lookahead.then(|| {
            let beacon = self.stage.world.beacon().unwrap().clone();
            let (facts, clock) = (Arc::clone(&facts), self.clock.clone());
            let place = Place::Gateway(gateway.id);
            Keeper::new(beacon, client, facts, place, clock, rules)
        });
        let batcher = Batcher::new(Parts {
            source: Source {
                chain: Arc::clone(&self.chain),
                gateway: gateway.id,
            },
            settlement: self.settlement.clone(),
            reader,
            poster,
            keeper,
            committer: signatory,
            clock: self.clock.clone(),
            policy: Policy {
                max_age_ms: habits.max_age_ms,
                full_blobs: 6,
                lead_ms: 100,
                proof_ms: habits.proof_ms,
                patience_slots: habits.patience_slots,
            },
            report: Report::open(&self.file(gateway.id, "batcher.json")),
            figures: figures.clone(),
            poll_ms: 10,
        })
        .await?;
        ensure!(batcher.gateway() == gateway.id);
        let shutdown = Shutdown::new();
        let address = "127.0.0.1:0".parse()?;
        let serving = serve(address, waiting, shutdown.clone()).await?;
        Ok(Working {
            serving,
            task: tokio::spawn(batcher.run(shutdown.clone())),
            shutdown,
            figures,
            seen: 0,
        })
    }
}

/// Waits until `look` finds something.
async fn until<T, F>(what: &str, look: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bail!("waited {PATIENCE:?} for {what}")
}
