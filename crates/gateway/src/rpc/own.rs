//! The gateway's own methods: the object a user holds, the request that returns it, the status.

use super::{GatewayChain, json::preconfirmation_json};
use crate::{board::Event, promise::PublishedFrag, sequencer::PoolQuestion};
use alloy_eips::eip2718::Typed2718;
use alloy_primitives::{B256, Bytes, U128};
use forebond_rpc::{
    Chain, SERVER_CODE, SubmitError, TIMEOUT_CODE, invalid_params,
    jsonrpsee::{
        RpcModule,
        core::SubscriptionError,
        server::{PendingSubscriptionSink, RegisterMethodError, SubscriptionSink},
        types::{ErrorObjectOwned, Params},
    },
    server_error,
};
use serde_json::{json, value::RawValue};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// Longest silence on the `preconfirmations` subscription.
const HEARTBEAT: Duration = Duration::from_millis(1000);
/// Largest number of blocks a resumed subscription catches up with.
const MAX_RESUME_BLOCKS: u64 = 3600;

/// Registers `eth_getPreconfirmation`, `eth_requestPreconf`, `eth_getGatewayStatus` and the
/// `preconfirmations` subscription.
pub fn own_methods(chain: Arc<GatewayChain>) -> Result<RpcModule<Arc<GatewayChain>>, RegisterMethodError> {
    let mut module = RpcModule::new(chain);
    module.register_method("eth_getPreconfirmation", |params, chain, _| get_preconfirmation(&params, chain))?;
    module.register_async_method("eth_requestPreconf", |params, chain, _| async move {
        request_preconf(&params, &chain).await
    })?;
    module.register_async_method("eth_getGatewayStatus", |_, chain, _| async move { status(&chain).await })?;
    module.register_subscription(
        "forebond_subscribePreconfirmations",
        "preconfirmations",
        "forebond_unsubscribePreconfirmations",
        |params, pending, chain, _| async move { preconfirmations(&params, pending, &chain).await },
    )?;
    Ok(module)
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

fn get_preconfirmation(params: &Params<'_>, chain: &GatewayChain) -> Result<Box<RawValue>, ErrorObjectOwned> {
    let (hash,): (B256,) =
        params.parse().map_err(|e| invalid_params(format!("expected [transaction hash]: {e}")))?;
    let promise = chain.find_promise(hash).map_err(|e| server_error(e.to_string()))?;
    Ok(promise.and_then(|promise| preconfirmation_json(&promise)).unwrap_or_else(null))
}

async fn request_preconf(params: &Params<'_>, chain: &GatewayChain) -> Result<Box<RawValue>, ErrorObjectOwned> {
    let (raw, max_fee): (Bytes, U128) = params
        .parse()
        .map_err(|e| invalid_params(format!("expected [raw transaction, highest tip in wei per gas]: {e}")))?;
    let quote = chain.quoted_tip_wei();
    if quote > max_fee.to::<u128>() {
        return Err(ErrorObjectOwned::owned(
            SERVER_CODE,
            format!("the preconfirmation fee is {quote} wei per gas at present, above maxFee {max_fee}; ask again with a higher maxFee or later"),
            Some(json!({ "quote": U128::from(quote), "maxFee": max_fee })),
        ));
    }
    let entry = chain.prepare(raw).map_err(refusal)?;
    let hash = entry.tx.hash();
    match chain.promised(entry, chain.parts.preconf_wait).await {
        Ok(Some(promise)) => {
            preconfirmation_json(&promise).ok_or_else(|| server_error("the promise cannot be rendered"))
        }
        Ok(None) => Err(ErrorObjectOwned::owned(
            TIMEOUT_CODE,
            "the transaction was taken and is not promised yet; ask eth_getPreconfirmation for it later",
            Some(json!(hash)),
        )),
        Err(SubmitError::NonceTooLow { .. }) if matches!(chain.find_promise(hash), Ok(Some(_))) => {
            let promise = chain.find_promise(hash).ok().flatten();
            Ok(promise.and_then(|promise| preconfirmation_json(&promise)).unwrap_or_else(null))
        }
        Err(error) => Err(refusal(error)),
    }
}

fn refusal(error: SubmitError) -> ErrorObjectOwned {
    ErrorObjectOwned::from(error)
}

async fn status(chain: &GatewayChain) -> Result<serde_json::Value, ErrorObjectOwned> {
    let view = chain.parts.board.view();
    let newest = view.unsealed.iter().rev().find_map(|block| block.frags.last()).or(view.latest.frags.last());
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

/// Streams frags. The optional parameter is the first sequence wanted: what was published before
/// the call is sent first, then everything new, without a gap. A reader that cannot keep up is
/// disconnected, never skipped.
async fn preconfirmations(
    params: &Params<'_>,
    pending: PendingSubscriptionSink,
    chain: &GatewayChain,
) -> Result<(), SubscriptionError> {
    let mut sequence = params.sequence();
    let from: Option<U128> = match sequence.optional_next() {
        Ok(from) => from,
        Err(error) => {
            pending.reject(invalid_params(format!("expected [first sequence] or []: {error}"))).await;
            return Ok(());
        }
    };
    // The feed exists before the past is read: nothing falls between the two.
    let mut events = chain.parts.board.subscribe();
    let from = from.map(|from| u32::try_from(from.to::<u128>()).unwrap_or(u32::MAX));
    let past = match from.map(|from| past_frags(chain, from)).transpose() {
        Ok(past) => past.unwrap_or_default(),
        Err(reason) => {
            pending.reject(server_error(reason)).await;
            return Ok(());
        }
    };
    let sink = pending.accept().await?;
    let mut next: Option<u32> = None;
    for frag in past {
        if !send(&sink, frag_json(&frag)).await {
            return Ok(());
        }
        next = frag.frag.sequence.checked_add(1);
    }
    loop {
        let event = tokio::select! {
            () = sink.closed() => return Ok(()),
            event = tokio::time::timeout(HEARTBEAT, events.recv()) => event,
        };
        match event {
            Err(_) => {
                let view = chain.parts.board.view();
                let beat = json!({
                    "type": "heartbeat",
                    "latestBlock": format!("{:#x}", view.latest.number()),
                    "pendingBlock": format!("{:#x}", view.pending_number()),
                    "nextSequence": next.map(|n| format!("{n:#x}")),
                });
                if !send(&sink, serde_json::value::to_raw_value(&beat).ok()).await {
                    return Ok(());
                }
            }
            Ok(Ok(Event::Frag(frag))) => {
                if next.is_some_and(|next| frag.frag.sequence < next) {
                    continue;
                }
                next = frag.frag.sequence.checked_add(1);
                if !send(&sink, frag_json(&frag)).await {
                    return Ok(());
                }
            }
            Ok(Ok(Event::Sealed(block))) => {
                let sealed = block.seal.as_ref().map(|(seal, signature)| {
                    json!({ "type": "seal", "seal": forebond_types::SealWire::from(seal), "signature": signature })
                });
                if !send(&sink, sealed.and_then(|s| serde_json::value::to_raw_value(&s).ok())).await {
                    return Ok(());
                }
            }
            Ok(Err(broadcast::error::RecvError::Lagged(missed))) => {
                let resume = next.map_or_else(|| "none".into(), |n| format!("{n:#x}"));
                return Err(format!("{missed} events behind: subscribe again from sequence {resume}").into());
            }
            Ok(Err(broadcast::error::RecvError::Closed)) => return Ok(()),
        }
    }
}

async fn send(sink: &SubscriptionSink, message: Option<Box<RawValue>>) -> bool {
    match message {
        Some(message) => sink.send(message).await.is_ok(),
        None => true,
    }
}

fn past_frags(chain: &GatewayChain, from: u32) -> Result<Vec<Arc<PublishedFrag>>, String> {
    let view = chain.parts.board.view();
    let mut newest_first: Vec<Arc<PublishedFrag>> = Vec::new();
    for block in view.unsealed.iter().rev() {
        let frags: Vec<_> = block.frags.iter().cloned().collect();
        newest_first.extend(frags.into_iter().rev());
    }
    let latest = view.latest.number();
    let lowest = latest.saturating_sub(MAX_RESUME_BLOCKS);
    let mut number = latest;
    while newest_first.last().is_none_or(|frag| frag.frag.sequence > from) && number > lowest {
        let Some(block) = chain.sealed(number).map_err(|e| e.to_string())? else { break };
        newest_first.extend(block.frags.iter().rev().cloned());
        number = number.saturating_sub(1);
    }
    if number == lowest && lowest > 0 && newest_first.last().is_some_and(|f| f.frag.sequence > from) {
        return Err(format!("sequence {from:#x} is more than {MAX_RESUME_BLOCKS} blocks ago; read old blocks instead"));
    }
    newest_first.retain(|frag| frag.frag.sequence >= from);
    newest_first.reverse();
    Ok(newest_first)
}

/// One frag of the stream: everything needed to verify every promise in it.
fn frag_json(frag: &PublishedFrag) -> Option<Box<RawValue>> {
    let transactions: Vec<_> = frag
        .transactions
        .iter()
        .map(|tx| {
            json!({
                "leaf": forebond_types::LeafWire::from(&tx.leaf),
                "type": format!("{:#x}", tx.tx.envelope().ty()),
                "transaction": tx.tx.raw(),
                "receipt": tx.receipt_bytes,
                "writes": tx.writes,
            })
        })
        .collect();
    let mut text = frag.shared_json().to_owned();
    text.push_str(",\"type\":\"frag\",\"transactions\":");
    text.push_str(&serde_json::to_string(&transactions).ok()?);
    text.push('}');
    RawValue::from_string(text).ok()
}
