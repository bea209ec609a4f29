use std::{net::SocketAddr, sync::Arc, time::Duration};

use eyre::Result;
use forebond_commit_boost::{client::HttpSigner, protection::ProtectionDb, safe::SafeSigner};
use forebond_l1::sender::{Lane, LaneConfig, SlotRules};
use forebond_lookahead_keeper::{Keeper, Place};
use forebond_runtime::{Clock, SystemClock};
use forebond_runtime::{Health, HttpServer, Metrics, MetricsServer, Shutdown};
use parking_lot::Mutex;
use tokio::{sync::Mutex as AsyncMutex, task::JoinHandle};

use super::{
    context::{Context, Round},
    handing::Handing,
    lending::{Lending, salt_of},
    registering::Registering,
    start::{StartError, refuse_other_chains},
    surroundings::{follow, guard},
    telling::Telling,
};
use crate::{
    act::{Operator, SlotSigner},
    config::ProposerConfig,
    duties::patience::SignerPatience,
    figures::Figures,
    guard::Guard,
    seen::{Chain, Lookout},
    served::{MessageLog, Relays, serve},
};

/// Slots a transaction of the operator may take.
const DEADLINE_SLOTS: u64 = 6;
/// How long a start may take; a signer or node that stalls is not waited for longer.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// How long an aborted proposer's last write to disk is waited for.
const LOOKS_AT_THE_LOCK: u32 = 500;
const LOOK_AT_THE_LOCK: Duration = Duration::from_millis(20);

/// A proposer at work.
pub struct Running {
    /// What its loops share.
    pub context: Arc<Context<HttpSigner>>,
    /// Where signed slots are served.
    pub http: Option<SocketAddr>,
    /// Where the guard serves the Builder API.
    pub builder_api: Option<SocketAddr>,
    shutdown: Shutdown,
    tasks: Vec<JoinHandle<()>>,
    serving: Option<HttpServer>,
    guard: Option<Guard>,
}

impl Running {
    /// Stops at once, whatever it was doing, as if the process had died; returns when nothing of it is left.
    pub async fn abort(self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shutdown.request("aborted");
        let protection = Arc::downgrade(self.context.safe.protection());
        self.ended().await;
        // Threads that wait for the disk end by themselves, and hold the directory until then.
        for _ in 0..LOOKS_AT_THE_LOCK {
            if protection.strong_count() == 0 {
                return;
            }
            tokio::time::sleep(LOOK_AT_THE_LOCK).await;
        }
    }

    /// Waits until the end is requested and all loops have ended.
    pub async fn ended(self) {
        self.shutdown.requested().await;
        for task in self.tasks {
            // A panic has been reported; the others end by themselves.
            let _ = task.await;
        }
        if let Some(serving) = self.serving
            && let Err(error) = serving.stopped().await
        {
            tracing::warn!(%error, "serving signed slots ended");
        }
        if let Some(guard) = self.guard {
            guard.stopped().await;
        }
    }
}

/// Runs a proposer until the end is requested.
///
/// # Errors
/// What keeps it from starting. What fails later is told and tried again.
pub async fn run(config: ProposerConfig, shutdown: Shutdown) -> Result<()> {
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"))?;
    let figures = Figures::new(metrics.registry())?;
    let readiness = Health::new(&["lending", "signer", "slots"]);
    let server = match config.places.metrics {
        Some(addr) => {
            let health = readiness.clone();
            Some(MetricsServer::start(addr, metrics, health, shutdown.clone()).await?)
        }
        None => None,
    };
    for warning in &config.module.warnings {
        tracing::warn!("{warning}");
    }
    let starting = start(config, (figures, readiness), shutdown.clone());
    let running = tokio::select! {
        () = shutdown.requested() => return Ok(()),
        running = tokio::time::timeout(START_DEADLINE, starting) => {
            running.map_err(|_| StartError::Stalled(START_DEADLINE))??
        }
    };
    running.ended().await;
    if let Some(server) = server {
        server.stopped().await?;
    }
    Ok(())
}

/// Starts a proposer; its loops end when the end is requested.
///
/// # Errors
/// [`StartError`].
pub async fn start(
    config: ProposerConfig,
    (figures, readiness): (Figures, Health),
    shutdown: Shutdown,
) -> Result<Running, StartError> {
    // First of all: who has the directory is the only one that signs.
    let places = config.places.clone();
    let protection = ProtectionDb::open(&places.data_dir, config.module.chain.chain)?;
    let log = MessageLog::open(&places.data_dir)?;
    let signer = HttpSigner::new(config.client_settings())?;
    let safe = Arc::new(SafeSigner::new(signer, Arc::new(protection))?);

    let settlement = follow(&config, shutdown.clone()).await?;
    let execution = settlement.execution().cloned();
    let execution = execution.ok_or(StartError::NoEndpoint("l1-rpc"))?;
    let facts = Arc::clone(settlement.facts());
    let (beacon, spec) = refuse_other_chains(&config, &execution, &facts).await?;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let slots = facts.turns.slots;
    let slot_ms = slots.seconds_per_slot.saturating_mul(1_000);
    let lane = LaneConfig {
        poll_ms: places.poll_ms.max(20),
        bump_after_ms: slot_ms.saturating_mul(2),
        ..LaneConfig::default()
    };
    let lane = Lane::new(execution.clone(), config.operator.clone(), lane).await?;
    let operator = Operator::new(
        lane,
        execution.clone(),
        facts.contracts,
        slot_ms.saturating_mul(DEADLINE_SLOTS),
    );
    let rules = SlotRules {
        clock: slots,
        first_slot: 0,
        last_slot: 0,
        lead_ms: slot_ms / 8,
        grace_ms: slot_ms / 3,
    };
    let keeper = (!config.module.own.no_lookahead).then(|| {
        let place = Place::Bystander(salt_of(operator.address()));
        Keeper::new(
            beacon.clone(),
            execution.clone(),
            Arc::clone(&facts),
            place,
            Arc::clone(&clock),
            rules,
        )
    });
    let own = config.module.own.clone();
    let context = Arc::new(Context {
        chain: Chain {
            execution,
            beacon,
            spec,
            facts,
            operator: operator.address(),
        },
        settlement,
        own: own.clone(),
        clock,
        figures,
        readiness,
        book: Default::default(),
        handed: Default::default(),
        safe: Arc::clone(&safe),
        patience: Mutex::new(SignerPatience::new(
            slot_ms / 2,
            own.signer.longest_pause_ms,
        )),
        operator: AsyncMutex::new(operator),
        keys: Mutex::default(),
        health: Mutex::default(),
        poll_ms: places.poll_ms,
    });
    let client = |error: reqwest::Error| StartError::SetUp {
        what: "an HTTP client",
        reason: error.to_string(),
    };
    let relays = Relays::new(own.relays.clone(), config.module.chain.chain).map_err(client)?;
    let lookout = Lookout::new(own.policy.health).map_err(client)?;
    let serving = match places.http {
        Some(address) => Some(
            serve(address, context.book.clone(), shutdown.clone())
                .await
                .map_err(|reason| StartError::SetUp {
                    what: "serving signed slots (--http)",
                    reason: reason.to_string(),
                })?,
        ),
        None => None,
    };
    let guard = guard(&config, &context, shutdown.clone()).await?;

    let lending = Lending::new(Arc::clone(&context), keeper);
    let asked = places.bring_back.iter().copied().collect();
    let registering = Registering::new(Arc::clone(&context), asked);
    let handing = Handing::new(
        Arc::clone(&context),
        SlotSigner::new(safe, log),
        relays.clone(),
    );
    let telling = Telling::new(Arc::clone(&context), lookout, relays);
    let tasks = vec![
        spawn("lending", &context, &shutdown, lending),
        spawn("registering", &context, &shutdown, registering),
        spawn("handing", &context, &shutdown, handing),
        spawn("telling", &context, &shutdown, telling),
    ];
    Ok(Running {
        http: serving.as_ref().map(HttpServer::local_addr),
        builder_api: guard.as_ref().map(Guard::address),
        context,
        shutdown,
        tasks,
        serving,
        guard,
    })
}

fn spawn(
    duty: &'static str,
    context: &Arc<Context<HttpSigner>>,
    shutdown: &Shutdown,
    work: impl Round + 'static,
) -> JoinHandle<()> {
    let (context, shutdown) = (Arc::clone(context), shutdown.clone());
    tokio::spawn(async move { context.each_head(duty, &shutdown, work).await })
}
