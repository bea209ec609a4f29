//! What a gateway serves, whether its windows end or not.

use crate::{
    GatewayConfig,
    rpc::{GatewayChain, Identity, Terms, fabric_methods, own_methods},
};
use eyre::WrapErr;
use forebond_ledger::rpc::{Standing, ledger_methods};
use forebond_rpc::{HeavyWork, ServerHandle, eth_module, serve};
use forebond_runtime::CommitterKey;
use std::{io::Write, sync::Arc, time::Duration};

/// How long Fabric's requests wait for a promise.
const PRECONF_WAIT: Duration = Duration::from_secs(10);

/// Says on standard output that the process answers.
pub(super) fn announce(addr: std::net::SocketAddr) -> eyre::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "READY http://{addr}")
        .and_then(|()| out.flush())
        .wrap_err("cannot write to standard output")
}

/// Starts the RPC.
pub(super) async fn start_rpc(
    config: &GatewayConfig,
    chain: &Arc<GatewayChain>,
    key: &Arc<CommitterKey>,
    standing: Arc<dyn Standing>,
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
    let identity = Arc::new(Identity {
        committer: key.address(),
        reserve_wei: config.coverage.reserve_wei,
        terms: Terms::of(config),
    });
    module.merge(ledger_methods(chain.clone(), standing)?)?;
    module.merge(own_methods(chain.clone(), identity)?)?;
    module.merge(fabric_methods(chain.clone(), key.clone(), PRECONF_WAIT)?)?;
    Ok(serve(&config.rpc, config.http.addr, module).await?)
}
