//! What stands around the loops: the view of the rollup, the blob guard.

use std::collections::BTreeMap;

use forebond_commit_boost::client::HttpSigner;
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_runtime::Shutdown;
use forebond_settlement::{L1Start, RollupFile, Settlement, SettlementConfig};

use super::{context::Context, start::StartError};
use crate::{config::ProposerConfig, guard::Guard};

/// The guard, when one is asked for.
pub(super) async fn guard(
    config: &ProposerConfig,
    context: &Context<HttpSigner>,
    shutdown: Shutdown,
) -> Result<Option<Guard>, StartError> {
    let set_up = |reason: String| StartError::SetUp {
        what: "the blob guard (--builder-api)",
        reason,
    };
    let section = config.module.own.guard.clone();
    let (address, upstream) = match (config.places.builder_api, section.upstream.clone()) {
        (None, None) => return Ok(None),
        (Some(address), Some(upstream)) => (address, upstream),
        (Some(_), None) => {
            let words = "guard.upstream is missing: say where MEV-Boost or a relay is";
            return Err(set_up(words.to_owned()));
        }
        (None, Some(_)) => {
            let words = "guard.upstream is set, but no address to serve on is given";
            return Err(set_up(words.to_owned()));
        }
    };
    let gateways = config.module.own.gateways.iter();
    let sources: BTreeMap<_, _> = gateways
        .filter_map(|gateway| Some((gateway.id, gateway.batches.clone()?)))
        .collect();
    let guard = Guard::start(
        address,
        (section, upstream),
        sources,
        context.handed.clone(),
        context.figures.guard.clone(),
        shutdown,
    );
    let guard = guard.await.map_err(|error| set_up(error.to_string()))?;
    Ok(Some(guard))
}

/// Starts the view of the rollup at L1's head; its events are read and dropped, the books are all that is needed.
pub(super) async fn follow(
    config: &ProposerConfig,
    shutdown: Shutdown,
) -> Result<Settlement, StartError> {
    let places = &config.places;
    let endpoint = places.l1_rpc.first();
    let endpoint = endpoint.ok_or(StartError::NoEndpoint("l1-rpc"))?;
    let head = ExecutionClient::new(&ExecutionConfig::new(endpoint))?
        .head()
        .await?;
    let (settlement, mut events) = Settlement::start(SettlementConfig {
        l1_rpc: places.l1_rpc.clone(),
        // The beacon node is compared with more than the rollup, with better words: `refuse_other_chains`.
        l1_beacon: Vec::new(),
        rollup: RollupFile::load(&places.rollup)?,
        poll_ms: places.poll_ms,
        from: L1Start {
            // One back: windows are read once a block is applied.
            number: head.number.saturating_sub(1),
            hash: if head.number == 0 {
                head.hash
            } else {
                head.parent_hash
            },
        },
    })
    .await?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                event = events.recv() => if event.is_none() {
                    // A reorg deeper than remembered: begin again from L1's head.
                    shutdown.request("the view of L1 ended; start again");
                    return;
                },
            }
        }
    });
    Ok(settlement)
}
