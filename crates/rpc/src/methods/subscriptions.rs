//! `eth_subscribe` over WebSocket: `newHeads`, `logs`, `newPendingTransactions`.
//!
//! A subscription gets every event from its confirmation on or ends with an error notification: a reader that does not keep
//! up is never skipped. After such an end the client reads what it missed (`eth_getLogs`, `eth_getBlockByNumber`) and
//! subscribes again. `newPendingTransactions` are the promised ones; what waits in the pool is not shown to anybody.

use alloy_rpc_types_eth::{Filter, FilterBlockOption, pubsub::SubscriptionKind};
use jsonrpsee::{
    PendingSubscriptionSink, RpcModule, SubscriptionCloseResponse, core::SubscriptionError,
    server::RegisterMethodError, types::Params,
};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::broadcast::{
    Receiver,
    error::{RecvError, TryRecvError},
};

use super::context::{Answer, Context};
use crate::{
    args::Args,
    chain::{Chain, Family, OwnFeed},
    refusals::{invalid_params, limit_exceeded},
    shape::{HeadJson, matching_logs},
};

/// What to send.
#[derive(Debug)]
enum Wanted {
    Heads,
    Logs(Box<Filter>),
    Promised {
        full: bool,
    },
    /// A kind of the role's own, with its options.
    Own(String, Option<serde_json::Value>),
}

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, context, _| async move {
            let chain = &*context.chain;
            match wanted(&params) {
                Err(refusal) => {
                    pending.reject(refusal).await;
                    SubscriptionCloseResponse::None
                }
                Ok(Wanted::Own(kind, options)) => match chain.subscribe_own(&kind, options) {
                    Some(Ok(feed)) => forward(pending, feed).await,
                    Some(Err(reason)) => {
                        pending.reject(invalid_params(reason)).await;
                        SubscriptionCloseResponse::None
                    }
                    None => {
                        let known = "newHeads, logs or newPendingTransactions";
                        let refusal =
                            format!("unknown subscription: expected {known}, got {kind:?}");
                        pending.reject(invalid_params(refusal)).await;
                        SubscriptionCloseResponse::None
                    }
                },
                Ok(Wanted::Heads) => {
                    pump(pending, chain.subscribe_heads(), |block, out| {
                        push(out, &HeadJson::of(block))
                    })
                    .await
                }
                Ok(Wanted::Logs(filter)) if context.config.latest_shows_preconfirmed => {
                    pump(pending, chain.subscribe_promised(), |batch, out| {
                        batch
                            .iter()
                            .flat_map(|view| matching_logs(view, None, &filter))
                            .for_each(|log| push(out, &log));
                    })
                    .await
                }
                Ok(Wanted::Logs(filter)) => {
                    let mut removed = chain.subscribe_removed();
                    pump(pending, chain.subscribe_heads(), move |block, out| {
                        for gone in taken_away(removed.as_mut()) {
                            let logs = gone
                                .transactions
                                .iter()
                                .flat_map(|view| matching_logs(view, gone.hash, &filter));
                            for mut log in logs {
                                log.removed = true;
                                push(out, &log);
                            }
                        }
                        if filter.matches_bloom(block.header.logs_bloom) {
                            let logs = block
                                .transactions
                                .iter()
                                .flat_map(|view| matching_logs(view, block.hash, &filter));
                            logs.for_each(|log| push(out, &log));
                        }
                    })
                    .await
                }
                Ok(Wanted::Promised { full }) => {
                    pump(pending, chain.subscribe_promised(), |batch, out| {
                        for view in batch.iter() {
                            if full {
                                push(out, &C::Family::transaction_json(view, None))
                            } else {
                                push(out, &view.hash)
                            }
                        }
                    })
                    .await
                }
            }
        },
    )?;
    Ok(())
}

fn wanted(params: &Params<'_>) -> Answer<Wanted> {
    let mut args = Args::of(params)?;
    let kind: String = args.required("subscription")?;
    let wanted = match kind.parse() {
        Ok(SubscriptionKind::NewHeads) => Wanted::Heads,
        Ok(SubscriptionKind::Logs) => {
            let filter = args.optional::<Filter>("filter")?.unwrap_or_default();
            let names_a_block = match filter.block_option {
                FilterBlockOption::AtBlockHash(_) => true,
                FilterBlockOption::Range { .. } => {
                    filter.get_from_block().or(filter.get_to_block()).is_some()
                }
            };
            if names_a_block {
                return Err(invalid_params(
                    "a subscription takes no block range; read past logs with eth_getLogs",
                ));
            }
            Wanted::Logs(Box::new(filter))
        }
        Ok(SubscriptionKind::NewPendingTransactions) => Wanted::Promised {
            full: args.optional("full transactions")?.unwrap_or(false),
        },
        _ => {
            let options = args.optional("options")?;
            args.finish()?;
            return Ok(Wanted::Own(kind, options));
        }
    };
    args.finish()?;
    Ok(wanted)
}

/// The blocks a reorg has taken away since the last call. A reader so late that some are lost has lost heads as well, and
/// is told so by their feed.
fn taken_away<B: Clone>(feed: Option<&mut Receiver<B>>) -> Vec<B> {
    let mut gone = Vec::new();
    if let Some(feed) = feed {
        loop {
            match feed.try_recv() {
                Ok(block) => gone.push(block),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
    }
    gone
}

/// Adds one notification. What can't be written as JSON is not sent; none of our types can fail.
fn push<T: Serialize>(out: &mut Vec<Box<RawValue>>, value: &T) {
    match serde_json::value::to_raw_value(value) {
        Ok(json) => out.push(json),
        Err(error) => tracing::error!(%error, "cannot write a notification"),
    }
}

/// Confirms the subscription and forwards `feed` until either side ends it. `feed` exists before the confirmation, so
/// nothing that happens after it is missed.
async fn pump<E: Clone, W>(
    pending: PendingSubscriptionSink,
    mut feed: Receiver<E>,
    mut write: W,
) -> SubscriptionCloseResponse
where
    W: FnMut(&E, &mut Vec<Box<RawValue>>),
{
    let Ok(sink) = pending.accept().await else {
        return SubscriptionCloseResponse::None;
    };
    let mut out = Vec::new();
    loop {
        let event = tokio::select! {
            () = sink.closed() => return SubscriptionCloseResponse::None,
            event = feed.recv() => event,
        };
        match event {
            Ok(event) => write(&event, &mut out),
            Err(RecvError::Lagged(missed)) => {
                return closed(format!(
                    "subscription closed: the reader is too slow and missed {missed} events; read them and subscribe again"
                ));
            }
            Err(RecvError::Closed) => {
                return closed(
                    "subscription closed: the server is stopping; connect to another".to_owned(),
                );
            }
        }
        for message in out.drain(..) {
            // Waits while the connection's queue is full; the feed meanwhile fills up and then ends the subscription.
            if sink.send(message).await.is_err() {
                return SubscriptionCloseResponse::None;
            }
        }
    }
}

/// Forwards a feed of the role's own until either side ends it.
async fn forward(pending: PendingSubscriptionSink, mut feed: OwnFeed) -> SubscriptionCloseResponse {
    let Ok(sink) = pending.accept().await else {
        return SubscriptionCloseResponse::None;
    };
    loop {
        let message = tokio::select! {
            () = sink.closed() => return SubscriptionCloseResponse::None,
            message = feed.recv() => message,
        };
        match message {
            Some(Ok(message)) => {
                if sink.send(message).await.is_err() {
                    return SubscriptionCloseResponse::None;
                }
            }
            Some(Err(why)) => return closed(format!("subscription closed: {why}")),
            None => return closed("subscription closed: the server is stopping".to_owned()),
        }
    }
}

fn closed(why: String) -> SubscriptionCloseResponse {
    let error = limit_exceeded(why, None);
    SubscriptionCloseResponse::NotifErr(match serde_json::value::to_raw_value(&error) {
        Ok(json) => SubscriptionError::from_json(json),
        Err(_) => SubscriptionError::from(error.message()),
    })
}
