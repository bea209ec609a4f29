use std::{collections::BTreeSet, sync::Arc};

use eyre::{Result, WrapErr, eyre};
use forebond_l1::{
    beacon::{BeaconClient, BeaconConfig},
    execution::{ExecutionClient, ExecutionConfig},
    sender::{Lane, LaneConfig, SlotRules},
};
use forebond_lookahead_keeper::{Keeper, Place};
use forebond_rewards::rollup::Manager;
use forebond_runtime::{Health, Metrics, MetricsServer, Shutdown};
use forebond_settlement::{RollupFile, Settlement};

use super::{Batcher, BatcherConfig, Clock, Parts, SystemClock, serving::serve};
use crate::{
    inbox::InboxReader,
    pack::Prover,
    plan::Policy,
    post::{Poster, PosterConfig, WaitingBatch},
    report::{Figures, Report},
    rewards::{Errands, RevenueFigures, Steward, StewardParts},
    sign::SignedLog,
    source::GatewayRpc,
};

/// Runs a batcher until the end is requested.
///
/// # Errors
/// What keeps it from starting. What fails later is reported and tried again.
pub async fn run(config: BatcherConfig, shutdown: Shutdown) -> Result<()> {
    std::fs::create_dir_all(&config.data_dir)
        .wrap_err_with(|| format!("cannot create {}", config.data_dir.display()))?;
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"))?;
    let figures = Figures::new(metrics.registry())?;
    let revenue = RevenueFigures::new(metrics.registry())?;
    let health = Health::new(&["batcher"]);
    let server = match config.metrics {
        Some(addr) => {
            Some(MetricsServer::start(addr, metrics, health.clone(), shutdown.clone()).await?)
        }
        None => None,
    };
    let waiting = WaitingBatch::default();
    let serving = match config.http {
        Some(address) => Some(serve(address, waiting.clone(), shutdown.clone()).await?),
        None => None,
    };
    let source = GatewayRpc::new(&config.gateway_url)?;
    let batcher = tokio::select! {
        () = shutdown.requested() => return Ok(()),
        batcher = build(config, source, (figures, revenue, waiting), shutdown.clone()) => batcher?,
    };
    health.set_ready("batcher");
    batcher.run(shutdown).await;
    if let Some(serving) = serving
        && let Err(error) = serving.stopped().await
    {
        tracing::warn!(%error, "serving expected batches ended");
    }
    if let Some(server) = server {
        server.stopped().await?;
    }
    Ok(())
}

async fn build(
    config: BatcherConfig,
    source: GatewayRpc,
    (figures, revenue, waiting): (Figures, RevenueFigures, WaitingBatch),
    shutdown: Shutdown,
) -> Result<Batcher<GatewayRpc>> {
    let rollup = RollupFile::load(&config.rollup)?;
    let settlement = Settlement::at_head(
        config.l1_rpc.clone(),
        config.l1_beacon.clone(),
        rollup,
        config.timing.poll_ms,
        BTreeSet::new(),
        shutdown.clone(),
    )
    .await?;
    let facts = Arc::clone(settlement.facts());
    let client = settlement
        .execution()
        .cloned()
        .ok_or_else(|| eyre!("no L1 endpoint is given: --l1-rpc"))?;
    let slots = facts.turns.slots;
    let slot_ms = slots.seconds_per_slot.saturating_mul(1000);
    let policy = config
        .policy
        .unwrap_or(Policy::for_slots_of(slots.seconds_per_slot));
    let rules = SlotRules {
        clock: slots,
        first_slot: 0,
        last_slot: 0,
        // The proofs are done when a version is sent; what is left is the way to pools.
        lead_ms: policy.lead_ms / 2,
        grace_ms: config.timing.grace_ms.unwrap_or(slot_ms / 3),
    };
    let reader = InboxReader::new(client.clone(), facts.contracts.inbox);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let lane = LaneConfig {
        fees: config.fees,
        poll_ms: config.timing.poll_ms,
        ..LaneConfig::default()
    };
    let lane = Lane::new(client, config.payer.clone(), lane).await?;
    let log = SignedLog::open(&config.data_dir.join("signed.log"))?;
    let mut poster = Poster::new(
        PosterConfig {
            slots,
            lead_ms: rules.lead_ms,
            grace_ms: rules.grace_ms,
            form: config.sidecar_form,
            versions: figures.versions.clone(),
            waiting,
        },
        lane,
        Prover::start()?,
        (log, config.committer.clone()),
        reader.clone(),
        settlement.clone(),
        Arc::clone(&clock),
    );
    poster.warm_up().await?;
    let beacon = config
        .l1_beacon
        .first()
        .map(|url| BeaconClient::new(&BeaconConfig::new(url)))
        .transpose()?;
    let parts = Parts {
        source,
        reader: reader.clone(),
        poster,
        keeper: None,
        committer: config.committer,
        clock: Arc::clone(&clock),
        policy,
        report: Report::open(&config.data_dir.join("batcher.json")),
        figures,
        poll_ms: config.timing.poll_ms,
        settlement,
    };
    let mut batcher = Batcher::new(parts).await?;
    if let Some(beacon) = beacon.filter(|_| config.keeps_lookahead) {
        let place = Place::Gateway(batcher.gateway());
        let client = reader.client().clone();
        let facts = Arc::clone(&facts);
        batcher.keep(Keeper::new(beacon, client, facts, place, clock, rules));
    }
    let messenger = facts.contracts.rewards_messenger;
    if let Some(messenger) = messenger.filter(|_| config.keeps_rewards) {
        let (errands, way) = Errands::channel(rules, revenue.errands.clone());
        batcher.run_errands(way);
        let parts = StewardParts {
            me: batcher.gateway(),
            manager: Manager::new(ExecutionClient::new(&ExecutionConfig::new(
                &config.gateway_url,
            ))?),
            payer: config.payer,
            errands,
            figures: revenue,
        };
        let contracts = &facts.contracts;
        let steward = Steward::new(
            parts,
            reader,
            (messenger, contracts.slasher),
            (contracts.gateway_registry, facts.l1.start.number),
        );
        tokio::spawn(steward.run(shutdown));
    }
    Ok(batcher)
}
