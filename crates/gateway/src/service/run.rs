use super::{
    pipeline::{Begin, Pipeline, PipelineParts},
    serving::{announce, start_rpc},
    settings, windows,
};
use crate::{
    GatewayConfig, RunOptions,
    door::Doorway,
    l1::DepositDesk,
    log::DirLock,
    metrics::StageMetrics,
    recovery::{self, Recovered},
    rpc::{DevStanding, GatewayChain, GatewayIngress, admin_module},
};
use eyre::{WrapErr, bail};
use forebond_ledger::rpc::ChainReader;
use forebond_protocol::{BlockRange, CoverageBook};
use forebond_rpc::serve;
use forebond_runtime::{CommitterKey, Health, Metrics, MetricsServer, Progress, Shutdown};
use std::sync::Arc;

const ANSWERS: usize = 1_024;

/// Runs a gateway until `shutdown` is requested: brings it back from its data directory, serves,
/// prints `READY <url>` on standard output once it answers, and ends with everything on disk.
///
/// # Errors
/// What stopped it, with what to do about it.
pub async fn run(
    config: GatewayConfig,
    options: RunOptions,
    shutdown: Shutdown,
) -> eyre::Result<()> {
    let Some(rollup) = options.rollup.clone() else {
        if options.dev {
            return run_dev(config, options, shutdown).await;
        }
        bail!(
            "a gateway needs a rollup: name its file with --rollup and L1 with --l1-rpc and --l1-beacon, or use --dev for a \
             development chain"
        );
    };
    windows::run(config, options, rollup, shutdown).await
}

async fn run_dev(
    config: GatewayConfig,
    options: RunOptions,
    shutdown: Shutdown,
) -> eyre::Result<()> {
    let health = Health::new(&["recovery", "sequencer", "rpc"]);
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"))?;
    let stages = Arc::new(StageMetrics::register(metrics.registry())?);
    let metrics_server = match config.metrics.addr.addr() {
        Some(addr) => {
            Some(MetricsServer::start(addr, metrics, health.clone(), shutdown.clone()).await?)
        }
        None => None,
    };

    let key = Arc::new(settings::committer_key(&config, &options)?);
    std::fs::create_dir_all(&options.data_dir).wrap_err_with(|| {
        format!(
            "cannot create the data directory {}",
            options.data_dir.display()
        )
    })?;
    let lock = DirLock::acquire(&options.data_dir)?;
    let recovered = recover(&config, &options, &key).await?;
    health.set_ready("recovery");

    let ((chain, desk), (pipeline, doorway)) =
        start_threads(&config, recovered, &stages, &shutdown)?;
    health.set_ready("sequencer");
    let served = serve_until_requested(&config, &chain, desk, &key, &health, &shutdown).await;

    // Whatever happened above, the threads end in order and write what they hold.
    health.set_not_ready("sequencer", "shutting down");
    doorway.set(None);
    let ended = tokio::task::spawn_blocking(move || pipeline.stop()).await;
    drop(lock);
    if let Some(server) = metrics_server {
        shutdown.request("done");
        server.stopped().await?;
    }
    ended.wrap_err("the threads cannot be waited for")??;
    served
}

/// Serves the RPC and, if configured, the administrative port, until the end is requested.
async fn serve_until_requested(
    config: &GatewayConfig,
    chain: &Arc<GatewayChain>,
    desk: DepositDesk,
    key: &Arc<CommitterKey>,
    health: &Health,
    shutdown: &Shutdown,
) -> eyre::Result<()> {
    let standing = Arc::new(DevStanding {
        reader: chain.reader.clone(),
    });
    let server = start_rpc(config, chain, key, standing).await?;
    let admin = match config.admin.addr.addr() {
        Some(addr) => Some(serve(&config.rpc, addr, admin_module(desk)?).await?),
        None => None,
    };
    let feed = tokio::spawn(chain.clone().feed());
    health.set_ready("rpc");
    announce(server.local_addr())?;
    shutdown.requested().await;
    health.set_not_ready("rpc", "shutting down");
    server.stop().await;
    if let Some(admin) = admin {
        admin.stop().await;
    }
    feed.abort();
    Ok(())
}

async fn recover(
    config: &GatewayConfig,
    options: &RunOptions,
    key: &CommitterKey,
) -> eyre::Result<Recovered> {
    let settings = settings::recovery(config, options, key)?;
    let recovered = tokio::task::spawn_blocking(move || {
        let mut shown: Option<(&'static str, Progress)> = None;
        recovery::recover(settings, &mut |what, done, total| {
            if shown.as_ref().is_none_or(|(name, _)| *name != what) {
                if let Some((_, finished)) = shown.take() {
                    finished.finish();
                }
                shown = Some((what, Progress::new(what, "units", Some(total))));
            }
            if let Some((_, progress)) = &shown {
                progress.set(done);
            }
        })
    })
    .await
    .wrap_err("recovery panicked")??;
    let view = recovered.publisher.board().view();
    tracing::info!(
        chain_id = recovered.config.chain_id,
        committer = %recovered.signer.committer(),
        latest = view.latest.number(),
        open = recovered.open.number(),
        replayed_frags = recovered.replayed_records,
        cut_bytes = recovered.cut_bytes,
        "recovered"
    );
    Ok(recovered)
}

#[allow(clippy::type_complexity, reason = "what serves, and what sequences")]
fn start_threads(
    config: &GatewayConfig,
    recovered: Recovered,
    stages: &Arc<StageMetrics>,
    shutdown: &Shutdown,
) -> eyre::Result<((Arc<GatewayChain>, DepositDesk), (Pipeline, Arc<Doorway>))> {
    let (answers, mut answers_end) = tokio::sync::mpsc::channel(ANSWERS);
    let board = recovered.publisher.board().clone();
    let answering = board.clone();
    tokio::spawn(async move {
        while let Some(frag) = answers_end.recv().await {
            answering.answer(&frag);
        }
    });
    let desk = recovered.l1.desk();
    let reader = Arc::new(ChainReader::new(
        recovered.config.clone(),
        recovered.signer.domain(),
        recovered.genesis,
        board,
    ));
    let doorway = Arc::new(Doorway::default());
    let ingress = GatewayIngress {
        reader: reader.clone(),
        doorway: doorway.clone(),
        forward: None,
        fees: config.fees.schedule(),
        pool_capacity: config.pool.max_transactions as usize,
        max_transaction_bytes: config.pool.max_transaction_bytes as usize,
        metrics: stages.clone(),
    };
    let chain = Arc::new(GatewayChain::new(reader, ingress));
    let coverage = &config.coverage;
    let parts = PipelineParts {
        chain: recovered.config,
        block_clock: recovered.block_clock,
        // One endless window.
        blocks: BlockRange {
            first: 1,
            last: u64::MAX,
        },
        // Nothing is posted.
        max_block_data_bytes: usize::MAX,
        coverage: CoverageBook::new(
            coverage.reserve_wei,
            coverage.fee_multiple,
            recovered.turn.window_coverage_wei(),
        ),
        turn: recovered.turn,
        base: recovered.base,
        ordering_rule: config.sequencer.ordering_rule,
        log: recovered.log,
        replay_from: None,
        first_records: recovered.first_records,
        newest_block: recovered.newest_block,
        signer: recovered.signer,
        publisher: recovered.publisher,
        sealer: recovered.sealer,
        store: recovered.store,
        unsealed: recovered.unsealed,
        begin: Begin::Paused(recovered.open),
        l1: Box::new(recovered.l1),
    };
    let (pipeline, door) = Pipeline::start(config, parts, answers, stages, shutdown)?;
    doorway.set(Some(door));
    Ok(((chain, desk), (pipeline, doorway)))
}
