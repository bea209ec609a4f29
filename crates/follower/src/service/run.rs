use super::{
    INPUTS, Input, Links, NetOptions, Tap, WANTS, catching_up, evidence::EvidenceFile, fetching,
    gossip, judge::KnownSigners, now_ms, peers::Peers, put,
};
use crate::core::{Checkpoint, Follower, StandingBoard, Want};
use alloy_primitives::Address;
use crossbeam_channel::{Receiver, Sender, bounded};
use eyre::{WrapErr, eyre};
use forebond_ledger::{Ledger, LedgerSettings, rpc::ChainReader};
use forebond_net::Offence;
use forebond_rollup::op::derive::DeriveRules;
use forebond_runtime::Shutdown;
use forebond_settlement::{Facts, RollupFile, Settlement, SettlementConfig};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Longest sleep of the thread when nothing comes.
const IDLE: Duration = Duration::from_millis(50);
/// How often wants that are still open are told again.
const WANT_AGAIN: Duration = Duration::from_millis(500);
/// File of the checkpoint in the data directory.
const CHECKPOINT: &str = "derived.json";

/// What a follower service needs.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// The rollup.
    pub rollup: RollupFile,
    /// L1 execution endpoints.
    pub l1_rpc: Vec<String>,
    /// L1 beacon endpoints.
    pub l1_beacon: Vec<String>,
    /// Where `derived.json` lies.
    pub data_dir: PathBuf,
    /// The ledger.
    pub ledger: LedgerSettings,
    /// Streams to follow besides the endpoints gateways announce.
    pub peers: Vec<String>,
    /// `host:port` this process serves at: no peer of its own.
    pub own_address: Option<String>,
    /// Time between looks at L1, milliseconds.
    pub poll_ms: u64,
    /// Gossip; none = streams only.
    pub net: Option<NetOptions>,
    /// Committer whose messages this process publishes; none for a follower.
    pub publish_as: Option<Address>,
    /// Is told of every signed message that comes in.
    pub tap: Option<Tap>,
}

/// What steers a follower beyond following: a gateway's turns. It runs on the follower's thread.
pub trait Pilot {
    /// Who signs this process's turns.
    fn committer(&self) -> Address;

    /// Looks at what is due; `now_ms` is Unix time. Returns how long it may be left alone.
    ///
    /// # Errors
    /// What ends the process.
    fn tick(&mut self, follower: &mut Follower, now_ms: u64) -> eyre::Result<Duration>;

    /// The process ends: everything the pilot holds is written and given back.
    ///
    /// # Errors
    /// What could not be written.
    fn stop(&mut self, follower: &mut Follower) -> eyre::Result<()>;
}

/// Makes a pilot on the follower's thread, from the ledger before anything is followed. The links tell which peers there are.
pub type MakePilot =
    Box<dyn FnOnce(&mut Ledger, &Settlement, &Arc<Links>) -> eyre::Result<Box<dyn Pilot>> + Send>;

/// A running follower.
pub struct FollowerService {
    /// What blocks and transactions are read from.
    pub reader: Arc<ChainReader>,
    /// Where it stands.
    pub standing: Arc<StandingBoard>,
    /// The rollup on L1.
    pub settlement: Settlement,
    /// How it is linked to others.
    pub links: Arc<Links>,
    inputs: Sender<Input>,
    thread: Option<std::thread::JoinHandle<eyre::Result<()>>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl FollowerService {
    /// Ends the follower; everything it holds is on disk then.
    ///
    /// # Errors
    /// What it ended with.
    pub async fn stop(mut self) -> eyre::Result<()> {
        put(&self.inputs, Input::Stop).await;
        let thread = self.thread.take();
        let ended = tokio::task::spawn_blocking(move || {
            thread.map_or(Ok(()), |thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(eyre!("the follower panicked")))
            })
        })
        .await?;
        for task in &self.tasks {
            task.abort();
        }
        ended
    }
}

/// Starts a follower. It asks for the end itself, through `shutdown`, when it cannot go on.
///
/// # Errors
/// When L1 does not answer, contradicts the rollup file, or the data directory cannot be used.
pub async fn start(
    config: ServiceConfig,
    pilot: Option<MakePilot>,
    shutdown: Shutdown,
) -> eyre::Result<FollowerService> {
    let checkpoint = read_checkpoint(&config.data_dir)?;
    let domain = config.ledger.domain;
    let links = Arc::new(Links::new(
        EvidenceFile::open(&config.data_dir, domain)?,
        config.tap.clone(),
    ));
    let from = checkpoint
        .as_ref()
        .map_or(config.rollup.l1.start, |kept| kept.from);
    let (settlement, mut events) = Settlement::start(SettlementConfig {
        l1_rpc: config.l1_rpc.clone(),
        l1_beacon: config.l1_beacon.clone(),
        rollup: config.rollup.clone(),
        poll_ms: config.poll_ms,
        from,
        gateways: BTreeSet::new(),
    })
    .await
    .wrap_err("following L1")?;
    let (inputs, inputs_end) = bounded(INPUTS);
    let (wants, wants_end) = mpsc::channel(WANTS);
    let (opened, opened_end) = oneshot::channel();
    let (facts, windows) = (settlement.facts().clone(), settlement.clone());
    let (ledger, data_dir) = (config.ledger.clone(), config.data_dir.clone());
    let (ended, told_links) = (shutdown.clone(), links.clone());
    let thread = std::thread::Builder::new()
        .name("follower".into())
        .spawn(move || {
            let result = run(
                Started {
                    facts,
                    settlement: windows,
                    ledger,
                    data_dir,
                    checkpoint,
                    wants,
                    inputs: inputs_end,
                    links: told_links,
                },
                pilot,
                opened,
            );
            if let Err(error) = &result {
                tracing::error!(%error, "the follower ends");
            }
            ended.request("the follower ended");
            result
        })
        .wrap_err("the follower's thread")?;
    let Ok((reader, standing)) = opened_end.await else {
        let failed = tokio::task::spawn_blocking(move || thread.join()).await?;
        return Err(match failed {
            Ok(Err(error)) => error,
            _ => eyre!("the follower ended before it began"),
        });
    };
    let own = config.own_address.clone();
    let judge = Arc::new(KnownSigners {
        settlement: settlement.clone(),
    });
    let peers = Arc::new(Peers::new(
        judge,
        settlement.facts().separator,
        inputs.clone(),
        own,
        links.clone(),
        reader.clone(),
    ));
    let mut gossiping = Vec::new();
    if let Some(options) = &config.net {
        let around = gossip::Around {
            settlement: &settlement,
            reader: &reader,
            standing: &standing,
            inputs: &inputs,
            links: &links,
            data_dir: &config.data_dir,
            publish_as: config.publish_as,
        };
        match gossip::join(options, around).await {
            Ok(tasks) => gossiping = tasks,
            Err(error) => {
                put(&inputs, Input::Stop).await;
                let _ = tokio::task::spawn_blocking(move || thread.join()).await;
                return Err(error);
            }
        }
    }
    let streams = config.net.as_ref().is_none_or(|net| net.streams);
    let events_to = inputs.clone();
    let mut tasks = gossiping;
    if streams {
        let named = config.peers.clone();
        tasks.push(tokio::spawn(catching_up::then_listen(
            peers.clone(),
            named,
            settlement.clone(),
            standing.clone(),
        )));
    }
    tasks.extend([
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if !put(&events_to, Input::L1(Box::new(event))).await {
                    return;
                }
            }
        }),
        tokio::spawn(fetching::fetch(
            wants_end,
            settlement.clone(),
            peers,
            inputs.clone(),
        )),
    ]);
    Ok(FollowerService {
        reader,
        standing,
        settlement,
        links,
        inputs,
        thread: Some(thread),
        tasks,
    })
}

struct Started {
    facts: Arc<Facts>,
    settlement: Settlement,
    ledger: LedgerSettings,
    data_dir: PathBuf,
    checkpoint: Option<Checkpoint>,
    wants: mpsc::Sender<Want>,
    inputs: Receiver<Input>,
    links: Arc<Links>,
}

type Opened = (Arc<ChainReader>, Arc<StandingBoard>);

/// The thread: takes inputs, lets the pilot look, tells what is wanted.
fn run(
    started: Started,
    pilot: Option<MakePilot>,
    opened: oneshot::Sender<Opened>,
) -> eyre::Result<()> {
    let Started {
        facts,
        settlement,
        ledger,
        data_dir,
        checkpoint,
        wants,
        inputs,
        links,
    } = started;
    let rules = DeriveRules {
        chain: ledger.genesis.config.clone(),
        max_origin_lag: facts.origins.most_lag,
    };
    let mut ledger = Ledger::open(ledger, &mut |_, _, _| {})?;
    if ledger.genesis().hash != facts.genesis_hash {
        eyre::bail!(
            "block 0 made here has the hash {}, the Inbox was deployed for {}; use the rollup file of this rollup",
            ledger.genesis().hash,
            facts.genesis_hash
        );
    }
    let checkpoint = checkpoint.filter(|kept| {
        // A ledger older than its checkpoint: derived again from the start.
        matches!(ledger.hash_of(kept.head.number), Ok(Some(hash)) if hash == kept.head.hash)
    });
    let mut pilot = pilot
        .map(|make| make(&mut ledger, &settlement, &links))
        .transpose()?;
    let mut follower = Follower::new(facts, rules, ledger, settlement.empty_origins(), checkpoint);
    if let Some(pilot) = &pilot {
        follower.signs_as(pilot.committer());
    }
    if opened
        .send((follower.reader().clone(), follower.standing().clone()))
        .is_err()
    {
        return Ok(());
    }
    let mut kept = None;
    let mut told = Instant::now();
    let mut book = settlement.windows();
    let mut wait = Duration::ZERO;
    loop {
        let mut input = inputs.recv_timeout(wait.min(IDLE)).ok();
        // A full queue is emptied before anything else is looked at, up to a bound.
        for _ in 0..256 {
            match input.take() {
                Some(Input::Stop) => {
                    if let Some(pilot) = &mut pilot {
                        pilot.stop(&mut follower)?;
                    }
                    follower.sync()?;
                    return Ok(());
                }
                Some(Input::L1(event)) => follower.l1(*event)?,
                Some(Input::Blobs(batch, blobs)) => follower.blobs(&batch, blobs)?,
                Some(Input::Heard(heard)) => follower.heard(*heard, &settlement.windows())?,
                None => break,
            }
            input = inputs.try_recv().ok();
        }
        let newest = settlement.windows();
        if !Arc::ptr_eq(&newest, &book) {
            book = newest;
            follower.windows_moved(&book)?;
        }
        wait = match &mut pilot {
            Some(pilot) => pilot.tick(&mut follower, now_ms())?,
            None => IDLE,
        };
        for (from, envelope) in follower.take_untrue() {
            if let Some(net) = links.gossip() {
                net.blame(&from, envelope, Offence::FalseContents);
            }
        }
        follower.look_for_markers(&book, now_ms());
        for want in follower.take_wants() {
            // A full queue is told again later.
            let _ = wants.try_send(want);
        }
        if told.elapsed() >= WANT_AGAIN {
            told = Instant::now();
            follower.ask_again();
        }
        if follower.checkpoint() != kept.as_ref() {
            kept = follower.checkpoint().cloned();
            if let (Some(kept), Some(ledger)) = (kept.clone(), follower.ledger()) {
                let dir = data_dir.clone();
                ledger.sync_then(move || write_checkpoint(&dir, &kept))?;
            }
        }
    }
}

fn read_checkpoint(dir: &Path) -> eyre::Result<Option<Checkpoint>> {
    let path = dir.join(CHECKPOINT);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).wrap_err_with(|| {
            format!(
                "{} is not a checkpoint; remove it to derive from L1 again",
                path.display()
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).wrap_err_with(|| path.display().to_string()),
    }
}

fn write_checkpoint(dir: &Path, checkpoint: &Checkpoint) -> std::io::Result<()> {
    let (path, unfinished) = (dir.join(CHECKPOINT), dir.join("derived.json.new"));
    std::fs::write(&unfinished, serde_json::to_vec_pretty(checkpoint)?)?;
    std::fs::rename(&unfinished, &path)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
