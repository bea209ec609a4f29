use eyre::Result;
use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};

use super::{OPERATORS, SLOT_TIME_S, VALIDATORS};

/// A chain in this process; it ends with this value.
pub(super) struct Running(#[expect(dead_code, reason = "held until it is dropped")] EmbeddedL1);

pub(super) async fn start() -> Result<(Running, String, String)> {
    let config = ServiceConfig {
        node: NodeConfig {
            validators: VALIDATORS,
            withdrawal_accounts: usize::try_from(OPERATORS)?,
            slot_duration_ms: SLOT_TIME_S * 1_000,
            ..NodeConfig::default()
        },
        ..ServiceConfig::default()
    };
    let l1 = EmbeddedL1::start(config).await?;
    let (rpc, beacon) = (l1.rpc_url(), l1.beacon_url());
    Ok((Running(l1), rpc, beacon))
}
