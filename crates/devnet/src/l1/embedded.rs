use std::net::SocketAddr;

use eyre::{Result, WrapErr};
use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};

use crate::{config::DevnetConfig, opening::l1_genesis_s};

/// The L1 in this process.
pub(super) struct Running(EmbeddedL1);

pub(super) async fn start(config: &DevnetConfig, now_s: u64) -> Result<(Running, String, String)> {
    let service = ServiceConfig {
        node: NodeConfig {
            validators: config.validators,
            withdrawal_accounts: usize::try_from(config.gateways)?,
            slot_duration_ms: config.slot_time_s.saturating_mul(1_000),
            genesis_time_s: Some(l1_genesis_s(config, now_s)),
            ..NodeConfig::default()
        },
        preset: config.preset,
        rpc_addr: SocketAddr::from(([127, 0, 0, 1], config.ports.l1_rpc)),
        beacon_port: config.ports.l1_beacon,
        ..ServiceConfig::default()
    };
    let l1 = EmbeddedL1::start(service)
        .await
        .wrap_err("cannot start the L1")?;
    let (rpc, beacon) = (l1.rpc_url(), l1.beacon_url());
    Ok((Running(l1), rpc, beacon))
}

impl Running {
    pub(super) fn go_live(&mut self) -> Result<()> {
        Ok(self.0.go_live()?)
    }

    pub(super) async fn stop(self) {
        self.0.stop().await;
    }
}
