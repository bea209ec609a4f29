//! The node as a service: clock, JSON-RPC, Beacon API.

use std::{net::SocketAddr, sync::Arc};

use forebond_beacon::preset::{Mainnet, Minimal, Preset};
use forebond_rpc::{HeavyWork, RpcConfig, ServerHandle, eth_module, serve};

use super::{
    config::{Clock, NodeConfig},
    error::StartError,
    ledger::Ledger,
    real_time::{LaterClock, SlotClock, now},
    shared::Node,
};
use crate::{
    beacon_api::{BeaconApi, BeaconApiOptions, BeaconView},
    execution::load_trusted_setup,
    rpc::{L1Chain, admin_module},
    script::Control,
};

/// The sizes of the beacon chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PresetName {
    /// Epochs of 8 slots.
    #[default]
    Minimal,
    /// Epochs of 32 slots, as on mainnet.
    Mainnet,
}

/// A chain with its servers.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// The chain.
    pub node: NodeConfig,
    /// Its sizes.
    pub preset: PresetName,
    /// Where Ethereum's JSON-RPC and the `l1_` methods are served, HTTP and WebSocket; a loopback address, port 0 = any
    /// free one.
    pub rpc_addr: SocketAddr,
    /// Where the Beacon API is served on 127.0.0.1; 0 = any free port.
    pub beacon_port: u16,
    /// Limits of the JSON-RPC.
    pub rpc: RpcConfig,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            node: NodeConfig::default(),
            preset: PresetName::default(),
            rpc_addr: anywhere,
            beacon_port: 0,
            rpc: RpcConfig {
                // Six blobs in hex with their cell proofs, and room for a batch of contracts.
                max_request_bytes: 4 << 20,
                ..RpcConfig::default()
            },
        }
    }
}

/// A running L1. Dropping it stops everything without waiting for requests in progress.
#[derive(Debug)]
pub struct EmbeddedL1 {
    control: Control,
    ledger: Arc<Ledger>,
    rpc: ServerHandle,
    beacon: BeaconApi,
    genesis_time_s: u64,
    clock: Option<SlotClock>,
    later_clock: Option<LaterClock>,
}

impl EmbeddedL1 {
    /// Starts a chain and its servers. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub async fn start(config: ServiceConfig) -> Result<Self, StartError> {
        match config.preset {
            PresetName::Minimal => start::<Minimal>(config).await,
            PresetName::Mainnet => start::<Mainnet>(config).await,
        }
    }

    /// A handle that scripts the chain.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// The execution half.
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Where Ethereum's JSON-RPC and the `l1_` methods answer.
    pub const fn rpc_addr(&self) -> SocketAddr {
        self.rpc.local_addr()
    }

    /// The same as an HTTP URL; with `ws://` it is the WebSocket's.
    pub fn rpc_url(&self) -> String {
        format!("http://{}", self.rpc_addr())
    }

    /// Where the Beacon API answers.
    pub fn beacon_url(&self) -> String {
        self.beacon.url()
    }

    /// Unix seconds of slot 0.
    pub const fn genesis_time_s(&self) -> u64 {
        self.genesis_time_s
    }

    /// From now on the time of day moves a chain that has been in virtual time; nothing happens to one in real time.
    ///
    /// What it is behind the time of day it makes up for at once: blocks for the newest 16 of those slots, none for the older
    /// ones. So give it a genesis time in the past and let slots pass on request until it is about there.
    ///
    /// # Errors
    /// [`StartError::Thread`].
    pub fn go_live(&mut self) -> Result<(), StartError> {
        if let Some(later) = self.later_clock.take() {
            self.clock = Some(later.start()?);
        }
        Ok(())
    }

    /// Stops the clock, lets requests in progress end, and closes everything.
    pub async fn stop(mut self) {
        if let Some(clock) = self.clock.take() {
            // The thread ends after the slot it is at.
            let _ = tokio::task::spawn_blocking(move || drop(clock)).await;
        }
        self.beacon.stop().await;
        self.rpc.stop().await;
    }
}

async fn start<P: Preset>(config: ServiceConfig) -> Result<EmbeddedL1, StartError> {
    let addr = config.rpc_addr;
    if !addr.ip().is_loopback() {
        return Err(StartError::NotLoopback { addr });
    }
    // Off the path of any slot: the first blob transaction finds it loaded.
    std::thread::Builder::new()
        .name("kzg-setup".into())
        .spawn(|| {
            load_trusted_setup();
        })
        .map_err(StartError::Thread)?;
    let real_time = config.node.clock == Clock::Real;
    let node = Node::<P>::new(config.node, now().as_secs())?;
    let rpc = serve_rpc(&config.rpc, addr, &node).await?;
    let options = BeaconApiOptions {
        port: config.beacon_port,
        ..BeaconApiOptions::default()
    };
    let view = Arc::clone(&node) as Arc<dyn BeaconView<P>>;
    let beacon = BeaconApi::serve(view, options).await?;
    let clock = real_time
        .then(|| SlotClock::start(Arc::clone(&node)))
        .transpose()?;
    let later_clock = (!real_time).then(|| LaterClock::new(Arc::clone(&node)));
    Ok(EmbeddedL1 {
        control: node.control(),
        ledger: Arc::clone(node.ledger()),
        rpc,
        beacon,
        genesis_time_s: node.genesis_time_s(),
        clock,
        later_clock,
    })
}

async fn serve_rpc<P: Preset>(
    config: &RpcConfig,
    addr: SocketAddr,
    node: &Arc<Node<P>>,
) -> Result<ServerHandle, StartError> {
    let heavy = HeavyWork::new(config.max_heavy_requests, config.max_waiting_heavy_requests);
    let chain = Arc::new(L1Chain::new(Arc::clone(node.ledger())));
    let version = concat!("forebond-embedded-l1/v", env!("CARGO_PKG_VERSION")).to_owned();
    let methods = |error: &dyn std::fmt::Display| StartError::Methods(error.to_string());
    let mut module = eth_module(chain, config, heavy, version).map_err(|error| methods(&error))?;
    let admin = admin_module(node.control()).map_err(|error| methods(&error))?;
    module
        .merge(admin.remove_context())
        .map_err(|error| methods(&error))?;
    Ok(serve(config, addr, module).await?)
}
