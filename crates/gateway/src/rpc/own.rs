//! What a gateway tells of itself.

use super::{GatewayChain, Terms};
use crate::sequencer::PoolQuestion;
use alloy_primitives::Address;
use forebond_follower::ACCEPT_METHOD;
use forebond_ledger::{
    promise::SignedBase,
    rpc::{BrokenPromise, ChainReader, Standing},
};
use forebond_rpc::{
    invalid_params,
    jsonrpsee::{RpcModule, server::RegisterMethodError, types::ErrorObjectOwned},
    server_error,
};
use serde_json::json;
use std::sync::Arc;

/// Who this gateway is.
#[derive(Debug)]
pub struct Identity {
    /// Address of the committer key.
    pub committer: Address,
    /// Coverage the reserve allows in all, wei.
    pub reserve_wei: u128,
    /// What it asks for and gives, whatever the rollup.
    pub terms: Terms,
}

/// What the methods share.
#[derive(Debug)]
pub struct Own {
    chain: Arc<GatewayChain>,
    identity: Arc<Identity>,
}

/// Registers `eth_getGatewayStatus` and `forebond_acceptTransaction`.
pub fn own_methods(
    chain: Arc<GatewayChain>,
    identity: Arc<Identity>,
) -> Result<RpcModule<Own>, RegisterMethodError> {
    let mut module = RpcModule::new(Own { chain, identity });
    module.register_async_method(ACCEPT_METHOD, |params, own, _| async move {
        let (raw,) = params
            .parse()
            .map_err(|e| invalid_params(format!("expected [raw transaction]: {e}")))?;
        let accepted = own.chain.ingress.accept(raw).await;
        accepted.map_err(ErrorObjectOwned::from)
    })?;
    module.register_async_method("eth_getGatewayStatus", |_, own, _| async move {
        status(&own).await
    })?;
    Ok(module)
}

async fn status(own: &Own) -> Result<serde_json::Value, ErrorObjectOwned> {
    let reader = &own.chain.reader;
    let view = reader.board.view();
    let newest = reader.newest_frag();
    let newest = newest.as_deref();
    let ingress = &own.chain.ingress;
    let sequencing = ingress.doorway.open().is_some();
    let (pool, quote) = match ingress.ask(PoolQuestion::Status).await {
        Some(known) => known,
        None if sequencing => {
            return Err(server_error(
                "the sequencer does not answer; ask again in a moment",
            ));
        }
        None => Default::default(),
    };
    let covered = newest.map_or(0, |frag| frag.frag.windowCoverage);
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "sequencing": sequencing,
        "committer": own.identity.committer,
        "chainId": format!("{:#x}", reader.config.chain_id),
        "domain": reader.domain,
        "base": newest.map(|frag| forebond_types::BaseWire::from(&frag.base.base)),
        "baseHash": newest.map(|frag| frag.base.hash),
        "grade": newest.map(|frag| frag.base.grade),
        "latestBlock": format!("{:#x}", view.latest.number()),
        "latestBlockHash": view.latest.hash,
        "pendingBlock": format!("{:#x}", view.pending_number()),
        "sequence": newest.map(|frag| format!("{:#x}", frag.frag.sequence)),
        "issuedAtMs": newest.map(|frag| format!("{:#x}", frag.frag.issuedAtMs)),
        "orderingRule": newest.map(|frag| format!("{:#x}", frag.frag.orderingRule)),
        "pool": { "ready": pool.ready, "held": pool.held, "bytes": pool.bytes },
        "quoteWeiPerGas": format!("{quote:#x}"),
        "terms": own.identity.terms,
        "coverage": {
            "reserveWei": format!("{:#x}", own.identity.reserve_wei),
            "windowCoverageWei": format!("{covered:#x}"),
        },
    }))
}

/// What a gateway of a development chain tells besides: nothing settles, so nothing breaks.
#[derive(Debug)]
pub struct DevStanding {
    /// What is published.
    pub reader: Arc<ChainReader>,
}

impl Standing for DevStanding {
    fn status(&self) -> serde_json::Value {
        json!({ "role": "gateway", "sequencing": true })
    }

    fn base(&self, window: u64) -> Option<Arc<SignedBase>> {
        let newest = self.reader.newest_frag()?;
        (newest.base.base.window == window).then(|| newest.base.clone())
    }

    fn broken(&self, _from: usize) -> Vec<BrokenPromise> {
        Vec::new()
    }
}
