//! What stands around the loops: the view of the rollup, the blob guard.

use std::collections::BTreeMap;

use forebond_commit_boost::client::HttpSigner;
use forebond_runtime::Shutdown;
use forebond_settlement::{RollupFile, Settlement};

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
    if places.l1_rpc.is_empty() {
        return Err(StartError::NoEndpoint("l1-rpc"));
    }
    let settlement = Settlement::at_head(
        places.l1_rpc.clone(),
        // The beacon node is compared with more than the rollup, with better words: `refuse_other_chains`.
        Vec::new(),
        RollupFile::load(&places.rollup)?,
        places.poll_ms,
        config.module.own.named(),
        shutdown,
    );
    Ok(settlement.await?)
}
