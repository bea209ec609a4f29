//! The gateway's own methods: the object a user holds, the request that returns it, the status.

use super::{GatewayChain, json::PreconfirmationJson};
use crate::sequencer::PoolQuestion;
use alloy_primitives::{B256, Bytes, U128};
use forebond_rpc::{
    Chain, SERVER_CODE, TIMEOUT_CODE, invalid_params,
    jsonrpsee::{
        RpcModule,
        server::RegisterMethodError,
        types::{ErrorObjectOwned, Params},
    },
    server_error,
};
use serde_json::json;
use std::sync::Arc;

/// Registers `eth_getPreconfirmation`, `eth_requestPreconf` and `eth_getGatewayStatus`.
pub fn own_methods(
    chain: Arc<GatewayChain>,
) -> Result<RpcModule<Arc<GatewayChain>>, RegisterMethodError> {
    let mut module = RpcModule::new(chain);
    module.register_method("eth_getPreconfirmation", |params, chain, _| {
        get_preconfirmation(&params, chain)
    })?;
    module.register_async_method("eth_requestPreconf", |params, chain, _| async move {
        request_preconf(&params, &chain).await
    })?;
    module.register_async_method("eth_getGatewayStatus", |_, chain, _| async move {
        status(&chain).await
    })?;
    Ok(module)
}

fn get_preconfirmation(
    params: &Params<'_>,
    chain: &GatewayChain,
) -> Result<Option<PreconfirmationJson>, ErrorObjectOwned> {
    let (hash,): (B256,) = params
        .parse()
        .map_err(|e| invalid_params(format!("expected [transaction hash]: {e}")))?;
    let promise = chain
        .find_promise(hash)
        .map_err(|e| server_error(e.to_string()))?;
    Ok(promise.map(PreconfirmationJson))
}

async fn request_preconf(
    params: &Params<'_>,
    chain: &GatewayChain,
) -> Result<PreconfirmationJson, ErrorObjectOwned> {
    let (raw, max_fee): (Bytes, U128) = params.parse().map_err(|e| {
        invalid_params(format!(
            "expected [raw transaction, highest tip in wei per gas]: {e}"
        ))
    })?;
    let quote = chain.quoted_tip_wei();
    if quote > max_fee.to::<u128>() {
        return Err(ErrorObjectOwned::owned(
            SERVER_CODE,
            format!(
                "the preconfirmation fee is {quote} wei per gas at present, above maxFee {max_fee}; ask again with a higher \
                 maxFee or later"
            ),
            Some(json!({ "quote": U128::from(quote), "maxFee": max_fee })),
        ));
    }
    let entry = chain.prepare(raw)?;
    let hash = entry.tx.hash();
    match chain.promised(entry, chain.parts.preconf_wait).await? {
        Some(promise) => Ok(PreconfirmationJson(promise)),
        None => Err(ErrorObjectOwned::owned(
            TIMEOUT_CODE,
            "the transaction was taken and is not promised yet; ask eth_getPreconfirmation for it later",
            Some(json!(hash)),
        )),
    }
}

async fn status(chain: &GatewayChain) -> Result<serde_json::Value, ErrorObjectOwned> {
    let view = chain.parts.board.view();
    let newest = chain.newest_frag();
    let newest = newest.as_deref();
    let (pool, quote) = chain
        .ask(PoolQuestion::Status)
        .await
        .ok_or_else(|| server_error("the sequencer does not answer; ask again in a moment"))?;
    let covered = newest.map_or(0, |frag| frag.frag.windowCoverage);
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "committer": chain.parts.committer,
        "chainId": format!("{:#x}", chain.parts.config.chain_id),
        "domain": chain.parts.domain,
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
        "coverage": {
            "reserveWei": format!("{:#x}", chain.parts.reserve_wei),
            "windowCoverageWei": format!("{covered:#x}"),
        },
    }))
}
