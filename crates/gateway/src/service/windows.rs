//! A gateway of a rollup with windows: a follower that sequences in its turns.

use super::{
    serving::{announce, start_rpc},
    settings,
};
use crate::{
    GatewayConfig, RollupOptions, RunOptions,
    door::{Doorway, Forward},
    log::DirLock,
    metrics::StageMetrics,
    rpc::{GatewayChain, GatewayIngress},
    turns::{RestartSettings, TurnPilot, TurnSettings, own_number, restart},
};
use alloy_primitives::Bytes;
use eyre::WrapErr;
use forebond_follower::{Forwarder, MakePilot, Pilot, ServiceConfig, ServiceStanding, start};
use forebond_ledger::{LedgerSettings, board::Board, promise::PublishedFrag};
use forebond_rpc::SubmitError;
use forebond_runtime::{CommitterKey, Health, Metrics, MetricsServer, Shutdown};
use forebond_settlement::{RollupFile, Settlement};
use forebond_types::Domain;
use std::{future::Future, pin::Pin, sync::Arc};
use tokio::sync::mpsc;

const ANSWERS: usize = 1_024;
/// Rows of left transactions that wait to be passed on.
const LEFT: usize = 16;

#[derive(Debug)]
struct Forwarding {
    forwarder: Forwarder,
    committer: alloy_primitives::Address,
    settlement: Settlement,
}

impl Forward for Forwarding {
    fn is_elsewhere(&self) -> bool {
        let me = own_number(&self.settlement, self.committer);
        self.forwarder
            .target()
            .is_some_and(|(gateway, _)| Some(gateway) != me)
    }

    fn send(
        &self,
        raw: Bytes,
    ) -> Pin<Box<dyn Future<Output = Result<(), SubmitError>> + Send + '_>> {
        Box::pin(self.forwarder.send(raw))
    }

    fn quoted_tip_wei(&self) -> u128 {
        self.forwarder.quoted_tip_wei()
    }
}

/// Runs the gateway until the end is requested.
pub(super) async fn run(
    config: GatewayConfig,
    options: RunOptions,
    rollup: RollupOptions,
    shutdown: Shutdown,
) -> eyre::Result<()> {
    let health = Health::new(&["l1", "rpc"]);
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"))?;
    let stages = Arc::new(StageMetrics::register(metrics.registry())?);
    let metrics_server = match config.metrics.addr.addr() {
        Some(addr) => {
            Some(MetricsServer::start(addr, metrics, health.clone(), shutdown.clone()).await?)
        }
        None => None,
    };
    let key = Arc::new(settings::committer_key(&config, &options)?);
    std::fs::create_dir_all(&options.data_dir)
        .wrap_err_with(|| format!("cannot create {}", options.data_dir.display()))?;
    let lock = DirLock::acquire(&options.data_dir)?;
    let file = RollupFile::load(&rollup.file)?;
    let domain = Domain {
        l1_chain_id: file.l1.chain_id,
        inbox: file.contracts.inbox,
    };

    let doorway = Arc::new(Doorway::default());
    let (answers, answers_end) = mpsc::channel(ANSWERS);
    let (left, left_end) = mpsc::channel(LEFT);
    let service = ServiceConfig {
        ledger: LedgerSettings {
            state_dir: options.data_dir.join("state"),
            genesis: file.genesis(),
            genesis_origin: file.genesis.origin,
            domain,
            store: settings::store(&config),
            cache_entries: settings::size(config.sequencer.cache_entries),
            checkpoint_blocks: config.store.checkpoint_blocks,
        },
        rollup: file,
        l1_rpc: rollup.l1_rpc.clone(),
        l1_beacon: rollup.l1_beacon.clone(),
        data_dir: options.data_dir.clone(),
        peers: rollup.peers.clone(),
        own_address: Some(config.http.addr.to_string()),
        poll_ms: rollup.poll_ms,
        net: rollup.net.clone(),
        publish_as: Some(key.address()),
        tap: None,
    };
    let pilot = pilot(
        &config,
        &options,
        &rollup,
        &key,
        (doorway.clone(), answers, left),
        stages.clone(),
        domain,
    )?;
    let follower = start(service, Some(pilot), shutdown.clone()).await?;
    health.set_ready("l1");
    tokio::spawn(answer(answers_end, follower.reader.board.clone()));
    let forwarder = Forwarder::new(follower.settlement.clone())?;
    let ingress = GatewayIngress {
        reader: follower.reader.clone(),
        doorway: doorway.clone(),
        forward: Some(Arc::new(Forwarding {
            forwarder: forwarder.clone(),
            committer: key.address(),
            settlement: follower.settlement.clone(),
        })),
        fees: config.fees.schedule(),
        pool_capacity: config.pool.max_transactions as usize,
        max_transaction_bytes: config.pool.max_transaction_bytes as usize,
        metrics: stages,
    };
    let chain = Arc::new(GatewayChain::new(follower.reader.clone(), ingress));
    let (own_settlement, committer) = (follower.settlement.clone(), key.address());
    let standing = Arc::new(ServiceStanding {
        role: "gateway",
        gateway: Box::new(move || own_number(&own_settlement, committer)),
        board: follower.standing.clone(),
        settlement: follower.settlement.clone(),
        links: follower.links.clone(),
        sequencing: Box::new(move || doorway.open().is_some()),
    });
    let server = start_rpc(&config, &chain, &key, standing).await?;
    let feed = tokio::spawn(chain.clone().feed());
    let quotes = tokio::spawn(forwarder.clone().watch_quote());
    let passing = tokio::spawn(pass_on(left_end, forwarder));
    health.set_ready("rpc");
    announce(server.local_addr())?;
    shutdown.requested().await;
    health.set_not_ready("rpc", "shutting down");
    let ended = follower.stop().await;
    server.stop().await;
    feed.abort();
    passing.abort();
    quotes.abort();
    drop(lock);
    if let Some(server) = metrics_server {
        server.stopped().await?;
    }
    ended
}

#[allow(
    clippy::too_many_arguments,
    reason = "everything a pilot takes along to its thread"
)]
fn pilot(
    config: &GatewayConfig,
    options: &RunOptions,
    rollup: &RollupOptions,
    key: &CommitterKey,
    (doorway, answers, left): (
        Arc<Doorway>,
        mpsc::Sender<Arc<PublishedFrag>>,
        mpsc::Sender<Vec<Bytes>>,
    ),
    stages: Arc<StageMetrics>,
    domain: Domain,
) -> eyre::Result<MakePilot> {
    let guard_dir = config.guard.resolve().wrap_err("the guard's directory")?;
    let (config, data_dir) = (config.clone(), options.data_dir.clone());
    let (secret, committer) = (*key.expose_secret(), key.address());
    let patience_ms = rollup.patience_ms;
    Ok(Box::new(move |ledger, settlement, links| {
        let restarted = restart(
            ledger,
            &RestartSettings {
                data_dir: &data_dir,
                guard_dir: &guard_dir,
                segment_bytes: config.log.segment_bytes,
                key: secret,
                committer,
                domain,
            },
        )?;
        Ok(Box::new(TurnPilot::new(
            TurnSettings {
                config,
                committer,
                settlement: settlement.clone(),
                doorway,
                answers,
                left,
                stages,
                patience_ms,
                links: links.clone(),
            },
            restarted,
        )) as Box<dyn Pilot>)
    }))
}

async fn answer(mut frags: mpsc::Receiver<Arc<PublishedFrag>>, board: Arc<Board>) {
    while let Some(frag) = frags.recv().await {
        board.answer(&frag);
    }
}

/// Transactions that a turn left go to the next gateway.
async fn pass_on(mut left: mpsc::Receiver<Vec<Bytes>>, forwarder: Forwarder) {
    while let Some(row) = left.recv().await {
        let (mut passed, mut refused) = (0u32, 0u32);
        for raw in row {
            match forwarder.send(raw).await {
                Ok(()) => passed = passed.saturating_add(1),
                Err(_) => refused = refused.saturating_add(1),
            }
        }
        tracing::info!(passed, refused, "transactions left by a turn are passed on");
    }
}
