use std::time::Duration;

use alloy_eips::BlockId;
use alloy_provider::Provider;
use alloy_rpc_types_eth::TransactionReceipt;
use eyre::{Result, ensure};
use forebond_l1::sender::{Lane, LaneConfig, Outgoing};

use super::{Stage, accounts::Role};

/// Sends, waits until the pool has it, and lets exactly one slot pass.
pub(super) async fn in_next_slot(
    stage: &Stage,
    from: Role,
    outgoing: Outgoing,
) -> Result<TransactionReceipt> {
    let client = stage.world.execution().clone();
    let config = LaneConfig {
        poll_ms: 20,
        ..LaneConfig::default()
    };
    let mut lane = Lane::new(client.clone(), from.signer()?, config).await?;
    let account = lane.address();
    let before = client.nonce(account).await?;
    let slot = stage.world.status().await?.slot + 1;
    let sending = tokio::spawn(async move { lane.send(&outgoing, 60_000).await });
    for _ in 0..600 {
        let pending = client
            .provider()
            .get_transaction_count(account)
            .pending()
            .await?;
        if pending > before || sending.is_finished() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.world.advance(1).await?;
    let landed = sending.await??;
    let block = landed.receipt.block_number.unwrap_or_default();
    let at = client
        .block(BlockId::number(block))
        .await?
        .map_or(0, |block| block.timestamp_s);
    let landed_in = (at - stage.constants.genesis_time_s) / stage.constants.seconds_per_slot;
    ensure!(
        landed_in == slot,
        "meant for slot {slot}, landed in slot {landed_in}"
    );
    Ok(landed.receipt)
}
