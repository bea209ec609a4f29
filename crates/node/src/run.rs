use crate::ingress::NodeIngress;
use eyre::WrapErr;
use forebond_exec::StoreOptions;
use forebond_follower::{Forwarder, NetOptions, ServiceConfig, ServiceStanding, start};
use forebond_ledger::{
    LedgerSettings,
    rpc::{LedgerChain, ledger_methods},
};
use forebond_rpc::{HeavyWork, RpcConfig, eth_module, serve};
use forebond_runtime::Shutdown;
use forebond_settlement::RollupFile;
use forebond_types::Domain;
use std::{io::Write, net::SocketAddr, path::PathBuf, sync::Arc};

/// Cached accounts and slots.
const CACHE_ENTRIES: usize = 1_000_000;
/// Blocks from one durable write to the next.
const CHECKPOINT_BLOCKS: u64 = 16;

/// What a node needs.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// The rollup file.
    pub rollup: PathBuf,
    /// L1 execution endpoints.
    pub l1_rpc: Vec<String>,
    /// L1 beacon endpoints.
    pub l1_beacon: Vec<String>,
    /// Streams to follow besides the endpoints gateways announce.
    pub peers: Vec<String>,
    /// State and blocks.
    pub data_dir: PathBuf,
    /// Where it serves, HTTP and WebSocket on one port.
    pub http: SocketAddr,
    /// Limits of the RPC.
    pub rpc: RpcConfig,
    /// Time between looks at L1, milliseconds.
    pub poll_ms: u64,
    /// Gossip; none = streams only.
    pub net: Option<NetOptions>,
}

/// Runs a node until the end is requested; prints `READY <url>` once it answers.
///
/// # Errors
/// What stopped it, with what to do about it.
pub async fn run(config: NodeConfig, shutdown: Shutdown) -> eyre::Result<()> {
    std::fs::create_dir_all(&config.data_dir)
        .wrap_err_with(|| format!("cannot create {}", config.data_dir.display()))?;
    let file = RollupFile::load(&config.rollup)?;
    let service = ServiceConfig {
        ledger: LedgerSettings {
            state_dir: config.data_dir.join("state"),
            genesis: file.genesis(),
            genesis_origin: file.genesis.origin,
            domain: Domain {
                l1_chain_id: file.l1.chain_id,
                inbox: file.contracts.inbox,
            },
            store: StoreOptions::default(),
            cache_entries: CACHE_ENTRIES,
            checkpoint_blocks: CHECKPOINT_BLOCKS,
        },
        rollup: file,
        l1_rpc: config.l1_rpc,
        l1_beacon: config.l1_beacon,
        data_dir: config.data_dir,
        peers: config.peers,
        own_address: Some(config.http.to_string()),
        poll_ms: config.poll_ms,
        net: config.net,
        publish_as: None,
        tap: None,
    };
    let follower = start(service, None, shutdown.clone()).await?;
    let forwarder = Forwarder::new(follower.settlement.clone())?;
    let quotes = tokio::spawn(forwarder.clone().watch_quote());
    let ingress = NodeIngress {
        reader: follower.reader.clone(),
        forwarder,
    };
    let chain = Arc::new(LedgerChain::new(follower.reader.clone(), ingress));
    let standing = Arc::new(ServiceStanding::of_follower("node", &follower));
    let heavy = HeavyWork::new(
        config.rpc.max_heavy_requests,
        config.rpc.max_waiting_heavy_requests,
    );
    let version = concat!("forebond-node/v", env!("CARGO_PKG_VERSION")).to_owned();
    let mut module = eth_module(chain.clone(), &config.rpc, heavy, version)?;
    module.merge(ledger_methods(chain.clone(), standing)?)?;
    let server = serve(&config.rpc, config.http, module).await?;
    let feed = tokio::spawn(chain.feed());
    let mut out = std::io::stdout();
    writeln!(out, "READY http://{}", server.local_addr())
        .and_then(|()| out.flush())
        .wrap_err("cannot write to standard output")?;
    shutdown.requested().await;
    let ended = follower.stop().await;
    server.stop().await;
    feed.abort();
    quotes.abort();
    ended
}
