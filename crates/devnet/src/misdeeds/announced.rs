//! What the Slasher announced, read from L1; and users' wallets, which fetch their refunds.

use alloy_primitives::Address;
use alloy_provider::Provider;
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::{SolCall, SolEvent};
use eyre::Result;
use forebond_contracts::bindings::Slasher;
use forebond_evidence::FaultKind;
use forebond_l1::{
    execution::ExecutionClient,
    sender::{Lane, LaneConfig, Outgoing},
};

use super::money::{Announced, Closed, Forfeit, Payout, Recorded};
use crate::opening::Key;

/// So long a wallet waits for its transaction, milliseconds.
const CLAIM_DEADLINE_MS: u64 = 20_000;

/// Everything announced from L1 block `from` on.
pub(crate) async fn announced(
    l1: &ExecutionClient,
    slasher: Address,
    rollup: Address,
    from: u64,
) -> Result<Announced> {
    let filter = Filter::new().address(slasher).from_block(from);
    let mut all = Announced::default();
    for log in l1.provider().get_logs(&filter).await? {
        let block = log.block_hash.unwrap_or_default();
        let log = &log.inner;
        if let Ok(event) = Slasher::FaultRecorded::decode_log(log)
            && event.rollup == rollup
        {
            all.recorded.push(Recorded {
                id: event.id,
                gateway: event.gateway,
                kind: event.kind,
                base: event.base,
                window: event.window,
                taken_wei: event.takenWei,
                watcher: event.watcher,
            });
        } else if let Ok(event) = Slasher::CaseClosed::decode_log(log)
            && event.rollup == rollup
        {
            let case = all
                .closed
                .entry((event.gateway, event.base))
                .or_insert(Closed::default());
            // A case that was opened again pays again.
            case.refunds_wei += event.refundsWei;
            case.cover_wei += event.coverWei;
            case.bounty_wei += event.bountyWei;
            case.burned_wei += event.burnedWei;
        } else if let Ok(event) = Slasher::Paid::decode_log(log) {
            all.paid.push(Payout {
                fault: event.id,
                to: event.to,
                wei: event.amountWei,
                block,
            });
        } else if let Ok(event) = Slasher::OperatorFaultRecorded::decode_log(log)
            && event.rollup == rollup
        {
            all.operators.push(Forfeit {
                operator: event.operator,
                kind: event.kind,
                slot: event.slot,
            });
        } else if let Ok(event) = Slasher::Forfeited::decode_log(log)
            && event.rollup == rollup
        {
            all.forfeited.insert((event.operator, event.period));
        }
    }
    Ok(all)
}

/// Fetches every refund that can be fetched; the contract pays the promise's sender, whoever asks.
pub(crate) async fn fetch_refunds(
    l1: &ExecutionClient,
    slasher: Address,
    wallet: &Key,
    all: &Announced,
) -> Result<()> {
    let config = LaneConfig {
        poll_ms: 100,
        ..LaneConfig::default()
    };
    let mut lane = Lane::new(l1.clone(), wallet.signer()?, config).await?;
    for fault in &all.recorded {
        let is_paid = !all.refunds_of(fault).is_empty();
        let is_closed = all.closed.contains_key(&(fault.gateway, fault.base));
        if fault.kind != FaultKind::Unkept as u8 || is_paid || !is_closed {
            continue;
        }
        let claim = Slasher::claimCall { faultId: fault.id };
        let outgoing = Outgoing {
            to: Some(slasher),
            input: claim.abi_encode().into(),
            ..Outgoing::default()
        };
        // What is not due yet is refused when its gas is estimated, and costs nothing.
        match lane.send(&outgoing, CLAIM_DEADLINE_MS).await {
            Ok(_) => {}
            Err(error) => tracing::debug!(id = %fault.id, %error, "a refund is not to be had yet"),
        }
    }
    Ok(())
}
