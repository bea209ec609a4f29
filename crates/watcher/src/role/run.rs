use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use eyre::{WrapErr, eyre};
use forebond_evidence::docket::Book;
use forebond_exec::StoreOptions;
use forebond_follower::{FollowerService, ServiceConfig, ServiceStanding, Tap, start};
use forebond_l1::{
    beacon::{BeaconClient, BeaconConfig},
    sender::{Lane, LaneConfig},
};
use forebond_ledger::{
    LedgerSettings,
    rpc::{LedgerChain, ledger_methods},
};
use forebond_net::SignedMessage;
use forebond_protocol::BlockClock;
use forebond_rpc::{HeavyWork, eth_module, serve};
use forebond_runtime::{Health, Metrics, MetricsServer, Shutdown};
use forebond_settlement::{RollupFile, Settlement};
use forebond_types::Domain;
use tokio::sync::{Mutex, mpsc, watch};

use super::{
    Observer, WatcherConfig, catching_up::from_store, ingress::NoTransactions, listening::Listener,
    looking::Looker, measuring::Measuring, passing::Observers,
};
use crate::{
    court::{Addresses, Court},
    disputes::{Attesters, Disputer, DisputerParts, Opinions, VoteLog},
    figures::Figures,
    hearing::{Desk, DeskParts, Ear, Journal, committer_sets, operators},
    liability::Shifter,
    now_ms,
    payer::Payer,
    prosecution::{self, Docks, Prosecutor, WantedAnew},
    quality::{Exported, Quality},
    sales::Sales,
    serving::{DelegationDesk, Served, delegation_methods, quality_methods, watcher_methods},
    settled::{Batches, LateWindows, MissedSlots, Presence, Reviewer},
    store::CaseStore,
};

/// Cached accounts and slots.
const CACHE_ENTRIES: usize = 1_000_000;
/// Blocks from one durable write to the next.
const CHECKPOINT_BLOCKS: u64 = 16;
/// Messages that may wait to be heard.
const TAPPED: usize = 16_384;
/// Newest blocks of the store that are heard at a start, beside what was heard before.
const START_BLOCKS: u64 = 1_024;
/// Slots that a transaction may take before it is given up and looked at again.
const PATIENCE_SLOTS: u64 = 6;

/// L1's slot, by its newest block: the view of L1 may still be catching up, and what is heard then is about now.
#[derive(Clone)]
pub(super) struct L1Slot {
    settlement: Settlement,
    newest: Arc<AtomicU64>,
}

impl L1Slot {
    pub(super) fn now(&self) -> u64 {
        let slots = self.settlement.facts().turns.slots;
        let followed = self
            .settlement
            .head()
            .map_or(0, |head| slots.slot_at_s(head.timestamp_s));
        followed.max(self.newest.load(Ordering::Relaxed))
    }

    /// Asks L1 anew. One that does not answer leaves what was known.
    pub(super) async fn ask(&self) {
        if let Some(client) = self.settlement.execution()
            && let Ok(head) = client.head().await
        {
            let slots = self.settlement.facts().turns.slots;
            let slot = slots.slot_at_s(head.timestamp_s);
            self.newest.store(slot, Ordering::Relaxed);
        }
    }
}

/// Runs a watcher until the end is requested; prints `READY <url>` once it answers.
///
/// # Errors
/// What stopped it, with what to do about it.
pub async fn run(config: WatcherConfig, shutdown: Shutdown) -> eyre::Result<()> {
    run_with(config, Vec::new(), shutdown).await
}

/// As [`run`], with observers of what passes by.
///
/// # Errors
/// As [`run`].
pub async fn run_with(
    config: WatcherConfig,
    observers: Vec<Box<dyn Observer>>,
    shutdown: Shutdown,
) -> eyre::Result<()> {
    std::fs::create_dir_all(&config.data_dir)
        .wrap_err_with(|| format!("cannot create {}", config.data_dir.display()))?;
    let file = RollupFile::load(&config.rollup)?;
    let addresses = Addresses::of(&file.deployment)?;
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"))?;
    let figures = Figures::new(metrics.registry())?;
    let health = Health::new(&["watcher"]);
    let quality = Arc::new(parking_lot::Mutex::new(Quality::new(
        BlockClock::new(file.chain.genesis_s, file.chain.block_time_s)?,
        now_ms(),
    )));
    Exported::register(quality.clone(), metrics.registry())?;
    let metrics_server = match config.metrics {
        Some(addr) => {
            Some(MetricsServer::start(addr, metrics, health.clone(), shutdown.clone()).await?)
        }
        None => None,
    };
    let (tap, tapped) = Tap::new(TAPPED);
    let domain = Domain {
        l1_chain_id: file.l1.chain_id,
        inbox: file.contracts.inbox,
    };
    // Cases before anything is followed: two watchers on one directory are told apart here.
    let cases = Arc::new(CaseStore::open(&config.data_dir, config.most_cases)?);
    let from_block = file.l1.start.number;
    let service = service(&config, file, domain, tap.clone());
    let follower = start(service, None, shutdown.clone()).await?;
    let around = Around {
        config: &config,
        addresses,
        domain,
        cases,
        figures,
        from_block,
        observers,
        quality,
    };
    let ran = watch(around, &follower, (tap, tapped), &health, shutdown.clone()).await;
    let ended = follower.stop().await;
    if ran.is_err() {
        shutdown.request("the watcher cannot go on");
    }
    if let Some(server) = metrics_server {
        server.stopped().await?;
    }
    ran.and(ended)
}

struct Around<'a> {
    config: &'a WatcherConfig,
    addresses: Addresses,
    domain: Domain,
    cases: Arc<CaseStore>,
    figures: Figures,
    from_block: u64,
    observers: Vec<Box<dyn Observer>>,
    quality: Arc<parking_lot::Mutex<Quality>>,
}

fn service(config: &WatcherConfig, file: RollupFile, domain: Domain, tap: Tap) -> ServiceConfig {
    ServiceConfig {
        ledger: LedgerSettings {
            state_dir: config.data_dir.join("state"),
            genesis: file.genesis(),
            genesis_origin: file.genesis.origin,
            domain,
            store: StoreOptions::default(),
            cache_entries: CACHE_ENTRIES,
            checkpoint_blocks: CHECKPOINT_BLOCKS,
        },
        rollup: file,
        l1_rpc: config.l1_rpc.clone(),
        l1_beacon: config.l1_beacon.clone(),
        data_dir: config.data_dir.clone(),
        peers: config.peers.clone(),
        own_address: Some(config.http.to_string()),
        poll_ms: config.poll_ms,
        net: config.net.clone(),
        publish_as: None,
        tap: Some(tap),
    }
}

/// Everything beside the follower, until the end is requested.
async fn watch(
    around: Around<'_>,
    follower: &FollowerService,
    (tap, tapped): (Tap, mpsc::Receiver<SignedMessage>),
    health: &Health,
    shutdown: Shutdown,
) -> eyre::Result<()> {
    let config = around.config;
    let settlement = follower.settlement.clone();
    let facts = settlement.facts().clone();
    let slots = facts.turns.slots;
    let measuring = Measuring::new(around.quality.clone(), settlement.clone());
    let mut observers = around.observers;
    observers.push(Box::new(measuring.clone()));
    let observers = Observers(Arc::new(observers));
    let client = settlement
        .execution()
        .cloned()
        .ok_or_else(|| eyre!("no L1 endpoint is given: --l1-rpc"))?;
    let slot = L1Slot {
        settlement: settlement.clone(),
        newest: Arc::default(),
    };
    slot.ask().await;
    let me = config.payer.address();
    let court = Court::new(client.clone(), around.addresses, slots, me);

    let head = client.head().await?;
    let desk = desk(
        &around.cases,
        &around.figures,
        &court,
        config,
        around.domain,
    )
    .await?;
    let registry = facts.contracts.gateway_registry;
    // All of them: what lies in the journal of a gateway that is not known is not heard again.
    let mut from = around.from_block;
    while from <= head.number {
        let (sets, next) = committer_sets(&client, registry, (from, head.number)).await?;
        desk.note_sets(sets);
        from = next.max(from.saturating_add(1));
    }
    let sales = Sales::open(
        &config.data_dir,
        desk.clone(),
        court.clone(),
        around.domain.l1_chain_id,
    )?;
    let sales = Arc::new(sales);
    let registry = court.addresses().validator_registry;
    let mut from = around.from_block;
    while from <= head.number {
        let (found, next) = operators(&client, registry, (from, head.number)).await?;
        sales.note_operators(found).await;
        from = next.max(from.saturating_add(1));
    }
    let reader = follower.reader.clone();
    let (told, of_store) = (desk.clone(), reader.clone());
    let now = slots.slot_at_s(head.timestamp_s);
    let events = reader.board.subscribe();
    tokio::task::spawn_blocking(move || -> eyre::Result<()> {
        let (rows, left_out) = told.recall(now)?;
        let blocks = from_store(&told, now, &of_store, START_BLOCKS)?;
        tracing::info!(
            rows,
            left_out,
            blocks,
            "what was heard before is known again"
        );
        Ok(())
    })
    .await??;

    let slot_ms = slots.seconds_per_slot.saturating_mul(1_000).max(1);
    let lane = LaneConfig {
        fees: config.fees,
        poll_ms: config.poll_ms,
        bump_after_ms: slot_ms.saturating_mul(2),
        ..LaneConfig::default()
    };
    let lane = Lane::new(client.clone(), config.payer.clone(), lane).await?;
    let deadline_ms = slot_ms.saturating_mul(PATIENCE_SLOTS);
    let payer = Arc::new(Mutex::new(Payer::new(client.clone(), lane, deadline_ms)));
    let (standings, seen) = watch::channel(BTreeMap::new());
    let docks = Docks {
        store: around.cases.clone(),
        prosecutor: Prosecutor::new(court.clone(), payer.clone(), config.pace),
        anew: desk.anew().clone(),
        standings,
        poll_ms: config.poll_ms,
    };
    let beacon = config
        .l1_beacon
        .first()
        .map(|url| BeaconClient::new(&BeaconConfig::new(url)))
        .transpose()?;
    let presence = Presence::new(beacon, slots);
    let disputer = Disputer::new(DisputerParts {
        court: court.clone(),
        payer: payer.clone(),
        me,
        attesters: Attesters::new(config.attesters.clone()),
        votes: VoteLog::open(&config.data_dir)?,
        clock: slots,
        claim_window_s: facts.claim_window_s,
        l1_chain_id: around.domain.l1_chain_id,
        figures: around.figures.clone(),
    });
    let looker = Looker {
        reviewer: Reviewer::new(desk.clone(), court.clone(), reader.clone()),
        late: LateWindows::new(
            desk.clone(),
            court.clone(),
            presence.clone(),
            facts.turns.handover_slots,
        ),
        missed: MissedSlots::new(desk.clone(), court.clone(), presence),
        shifter: Shifter::new(court.clone(), payer, desk.clone()),
        opinions: Opinions::open(&config.data_dir)?,
        disputer,
        batches: Batches::kept(desk.batches()?),
        settlement: settlement.clone(),
        standing: follower.standing.clone(),
        observers: observers.clone(),
        court: court.clone(),
        sales: sales.clone(),
        searched_until: head.number,
        reviewed: None,
        slot: slot.clone(),
        poll_ms: config.poll_ms,
        desk: desk.clone(),
    };
    let measuring = measuring.run(follower.standing.clone(), reader.clone());
    let listener = Listener {
        desk: desk.clone(),
        slot: slot.clone(),
        reader,
        observers,
        shutdown: shutdown.clone(),
    };
    let prosecuting = {
        let shutdown = shutdown.clone();
        async move {
            let ended = prosecution::run(docks, shutdown.clone()).await;
            if ended.is_err() {
                shutdown.request("cases cannot be kept");
            }
            ended
        }
    };
    let prosecuting = tokio::spawn(prosecuting);
    let tasks = [
        tokio::spawn(listener.clone().hear_messages(tap, tapped)),
        tokio::spawn(listener.hear_executed(events)),
        tokio::spawn(looker.run(shutdown.clone())),
        tokio::spawn(measuring),
    ];

    let of_delegations = slot.clone();
    let delegations = DelegationDesk::new(sales, around.figures, move || of_delegations.now());
    let served = Served::new(desk.clone(), around.domain, seen, move || slot.now());
    let quality = around.quality;
    let server = serving(config, follower, (served, delegations), quality).await;
    let served = async {
        let (server, feed) = server?;
        let mut out = std::io::stdout();
        writeln!(out, "READY http://{}", server.local_addr())
            .and_then(|()| out.flush())
            .wrap_err("cannot write to standard output")?;
        health.set_ready("watcher");
        shutdown.requested().await;
        server.stop().await;
        feed.abort();
        Ok(())
    };
    let served: eyre::Result<()> = served.await;
    if served.is_err() {
        shutdown.request("the watcher cannot serve");
    }
    let prosecuted = prosecuting.await?;
    for task in tasks {
        task.abort();
    }
    tokio::task::spawn_blocking(move || desk.sync()).await??;
    prosecuted?;
    served
}

/// The desk with an empty book.
async fn desk(
    cases: &Arc<CaseStore>,
    figures: &Figures,
    court: &Court,
    config: &WatcherConfig,
    domain: Domain,
) -> eyre::Result<Arc<Desk>> {
    let clock = court.clock();
    let now_s = court.client().head().await?.timestamp_s;
    let heard = court.heard(clock.epoch_of(clock.slot_at_s(now_s))).await?;
    // As long as anything can be brought: a verdict may come when other evidence is not heard any more.
    let horizon_slots = heard
        .behind_a_verdict_s
        .checked_div(clock.seconds_per_slot)
        .unwrap_or(0);
    let book = Book::new(domain, clock, horizon_slots, config.limits);
    Ok(Arc::new(Desk::new(DeskParts {
        ear: Ear::new(book),
        journal: Journal::open(&config.data_dir, config.journal_bytes)?,
        cases: cases.clone(),
        anew: WantedAnew::default(),
        figures: figures.clone(),
        domain,
        clock,
        horizon_slots,
    })))
}

/// The RPC: the ledger's methods, and the watcher's own.
async fn serving(
    config: &WatcherConfig,
    follower: &FollowerService,
    (served, delegations): (Served, DelegationDesk),
    quality: Arc<parking_lot::Mutex<Quality>>,
) -> eyre::Result<(forebond_rpc::ServerHandle, tokio::task::JoinHandle<()>)> {
    let chain = Arc::new(LedgerChain::new(follower.reader.clone(), NoTransactions));
    let standing = Arc::new(ServiceStanding::of_follower("watcher", follower));
    let heavy = HeavyWork::new(
        config.rpc.max_heavy_requests,
        config.rpc.max_waiting_heavy_requests,
    );
    let version = concat!("forebond-watcher/v", env!("CARGO_PKG_VERSION")).to_owned();
    let mut module = eth_module(chain.clone(), &config.rpc, heavy, version)?;
    module.merge(ledger_methods(chain.clone(), standing)?)?;
    module.merge(watcher_methods(served)?)?;
    module.merge(delegation_methods(delegations)?)?;
    module.merge(quality_methods(quality)?)?;
    let server = serve(&config.rpc, config.http, module).await?;
    Ok((server, tokio::spawn(chain.feed())))
}
