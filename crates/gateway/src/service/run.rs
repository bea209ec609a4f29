use super::settings;
use crate::{
    GatewayConfig, RunOptions,
    archive::Archive,
    clock::SystemClock,
    l1::DepositDesk,
    log::DirLock,
    metrics::StageMetrics,
    pool::Pool,
    recovery::{self, Recovered},
    rpc::{GatewayChain, GatewayParts, admin_module, fabric_methods, own_methods},
    scribe::{Scribe, ScribeInput},
    sequencer::{Sequencer, SequencerInput, SequencerParts},
};
use crossbeam_channel::bounded;
use eyre::{WrapErr, bail};
use forebond_protocol::CoverageBook;
use forebond_rpc::{HeavyWork, ServerHandle, eth_module, serve};
use forebond_runtime::{
    CommitterKey, Health, Metrics, MetricsServer, Progress, Shutdown, Threads, run_in_background,
};
use std::{io::Write, sync::Arc, time::Duration};

const SUBMISSIONS: usize = 16_384;
const CONTROL: usize = 1_024;
const CUTS: usize = 256;
const CLOSED_BLOCKS: usize = 4;
const BLOCKS: usize = 16;
const SNAPSHOTS: usize = 8;
const ANSWERS: usize = 1_024;

/// How long the threads may take to write what they hold when the gateway stops.
const END_DEADLINE: Duration = Duration::from_secs(20);
/// How long `eth_requestPreconf` waits for a promise.
const PRECONF_WAIT: Duration = Duration::from_secs(10);

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
    if !options.dev {
        bail!(
            "a gateway without --dev needs an L1, which this version does not connect to yet; start it with --dev"
        );
    }
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

    let (control, control_end) = bounded(CONTROL);
    let ((chain, desk), threads) = start_threads(
        &config,
        recovered,
        &key,
        (control.clone(), control_end),
        &stages,
        &shutdown,
    )?;
    health.set_ready("sequencer");
    let served = serve_until_requested(&config, &chain, desk, &key, &health, &shutdown).await;

    // Whatever happened above, the threads end in order and write what they hold.
    health.set_not_ready("sequencer", "shutting down");
    let _ = control.send(SequencerInput::Stop);
    drop(control);
    let ended = tokio::task::spawn_blocking(move || threads.join()).await;
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
    let server = start_rpc(config, chain, key).await?;
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

fn announce(addr: std::net::SocketAddr) -> eyre::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "READY http://{addr}")
        .and_then(|()| out.flush())
        .wrap_err("cannot write to standard output")
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

type Control = (
    crossbeam_channel::Sender<SequencerInput>,
    crossbeam_channel::Receiver<SequencerInput>,
);

fn start_threads(
    config: &GatewayConfig,
    recovered: Recovered,
    key: &CommitterKey,
    (control, control_end): Control,
    stages: &Arc<StageMetrics>,
    shutdown: &Shutdown,
) -> eyre::Result<((Arc<GatewayChain>, DepositDesk), Threads)> {
    let threads = Threads::new(shutdown.clone(), END_DEADLINE);
    let (submissions, submissions_end) = bounded(SUBMISSIONS);
    let (cuts, cuts_end) = bounded(CUTS);
    let (closed, closed_end) = bounded(CLOSED_BLOCKS);
    let (blocks, blocks_end) = bounded(BLOCKS);
    let (snapshots, snapshots_end) = bounded(SNAPSHOTS);
    let (answers, mut answers_end) = tokio::sync::mpsc::channel(ANSWERS);
    let answering = recovered.publisher.board().clone();
    tokio::spawn(async move {
        while let Some(frag) = answers_end.recv().await {
            answering.answer(&frag);
        }
    });
    let clock = Arc::new(SystemClock);
    let board = recovered.publisher.board().clone();
    let desk = recovered.l1.desk();
    let rule = config.sequencer.ordering_rule;

    let chain = Arc::new(GatewayChain::new(GatewayParts {
        config: recovered.config.clone(),
        domain: recovered.signer.domain(),
        committer: key.address(),
        genesis: recovered.genesis,
        board: board.clone(),
        submissions,
        control: control.clone(),
        fees: config.fees.schedule(),
        pool_capacity: config.pool.max_transactions as usize,
        max_transaction_bytes: config.pool.max_transaction_bytes as usize,
        reserve_wei: config.coverage.reserve_wei,
        preconf_wait: PRECONF_WAIT,
        metrics: stages.clone(),
    }));

    let coverage = &config.coverage;
    let parts = SequencerParts {
        config: recovered.config,
        block_clock: recovered.block_clock,
        clock: clock.clone(),
        frag_limits: settings::frag_limits(config),
        admission: settings::admission(config),
        fees: config.fees.schedule(),
        pool_capacity: config.pool.max_transactions as usize,
        pool: Pool::new(settings::pool_limits(config), settings::turn_order(rule)),
        book: CoverageBook::new(
            coverage.reserve_wei,
            coverage.fee_multiple,
            recovered.turn.window_coverage_wei(),
        ),
        board,
        scribe: cuts.clone(),
        sealer: closed,
        control: control_end,
        submissions: submissions_end,
        metrics: stages.clone(),
    };
    let (l1, open) = (Box::new(recovered.l1), recovered.open);
    let scribe = Scribe {
        turn: recovered.turn,
        base: recovered.base,
        log: recovered.log,
        signer: recovered.signer,
        publisher: recovered.publisher,
        clock,
        newest_block: recovered.newest_block,
        first_records: recovered.first_records,
        sequencer: control.clone(),
        answers,
        archive: blocks,
        stored: snapshots_end,
        metrics: stages.clone(),
    };
    let archive = Archive {
        store: recovered.store,
        checkpoint_blocks: config.store.checkpoint_blocks,
        stored: snapshots,
        sequencer: control.clone(),
        metrics: stages.clone(),
    };
    // Blocks that were closed before the last end and whose seal the log does not hold yet.
    for sealed in recovered.unsealed {
        cuts.try_send(ScribeInput::Sealed(Box::new(sealed)))
            .wrap_err("too many unsealed blocks")?;
    }
    let (sealer, sealer_metrics, sealer_control) = (recovered.sealer, stages.clone(), control);
    threads.spawn("archive", move || {
        run_in_background();
        Ok(archive.run(&blocks_end)?)
    })?;
    threads.spawn("scribe", move || Ok(scribe.run(&cuts_end)?))?;
    threads.spawn("sealer", move || {
        run_in_background();
        sealer.run(&closed_end, &cuts, &sealer_control, &sealer_metrics);
        Ok(())
    })?;
    // The EVM stays on the thread it was made on, so the sequencer is made here.
    threads.spawn("sequencer", move || {
        Ok(Sequencer::new(parts, l1, open.resume()).run()?)
    })?;
    Ok(((chain, desk), threads))
}

async fn start_rpc(
    config: &GatewayConfig,
    chain: &Arc<GatewayChain>,
    key: &Arc<CommitterKey>,
) -> eyre::Result<ServerHandle> {
    let version = format!(
        "forebond/v{}/{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS
    );
    let heavy = HeavyWork::new(
        config.rpc.max_heavy_requests,
        config.rpc.max_waiting_heavy_requests,
    );
    let mut module = eth_module(chain.clone(), &config.rpc, heavy, version)?;
    module.merge(own_methods(chain.clone())?)?;
    module.merge(fabric_methods(chain.clone(), key.clone())?)?;
    Ok(serve(&config.rpc, config.http.addr, module).await?)
}
