//! Filters for clients that poll over HTTP: `eth_newFilter` and its kin.
//!
//! A poll reports sealed blocks up to the newest, at most `max_logs_block_range` of them: what is left comes with the next
//! poll, nothing is skipped. A poll that fails reports the same blocks again next time.

use std::time::Instant;

use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::{Filter, Log};
use jsonrpsee::{RpcModule, server::RegisterMethodError, types::ErrorObjectOwned};
use serde::Serialize;
use tokio::sync::broadcast::error::TryRecvError;

use super::{
    context::{Answer, Context},
    filter_table::FilterKind,
    logs,
};
use crate::{
    args::Args,
    chain::{Chain, Family},
    refusals::{limit_exceeded, server_error},
};

/// What a filter has to report.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Changes<F: Family> {
    Hashes(Vec<B256>),
    Transactions(Vec<F::TransactionJson>),
    Logs(Vec<Log>),
}

/// A poll's share of the work, decided while the table is locked and done after.
enum Task<F: Family> {
    Done(Changes<F>),
    Blocks {
        from: u64,
        to: u64,
    },
    Logs {
        filter: Box<Filter>,
        from: u64,
        to: u64,
    },
}

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_method("eth_newFilter", |params, context, _| {
        let mut args = Args::of(&params)?;
        let filter = Box::new(args.required::<Filter>("filter")?);
        args.finish()?;
        create(
            context,
            FilterKind::Logs {
                filter,
                next: context.chain.heads().latest.saturating_add(1),
                mark: context.chain.replaced_since(u64::MAX).mark,
            },
        )
    })?;
    module.register_method("eth_newBlockFilter", |params, context, _| {
        Args::of(&params)?.finish()?;
        create(
            context,
            FilterKind::Blocks {
                next: context.chain.heads().latest.saturating_add(1),
                mark: context.chain.replaced_since(u64::MAX).mark,
            },
        )
    })?;
    module.register_method("eth_newPendingTransactionFilter", |params, context, _| {
        let mut args = Args::of(&params)?;
        let full = args.optional("full transactions")?.unwrap_or(false);
        args.finish()?;
        create(
            context,
            FilterKind::Promised {
                feed: context.chain.subscribe_promised(),
                full,
            },
        )
    })?;
    module.register_method(
        "eth_uninstallFilter",
        |params, context, _| -> Answer<bool> {
            let mut args = Args::of(&params)?;
            let id: U64 = args.required("filter id")?;
            args.finish()?;
            Ok(context.filters().remove(id.to()))
        },
    )?;
    module.register_async_method("eth_getFilterChanges", |params, context, _| async move {
        let id = id_only(&params)?;
        context
            .on_blocking_thread(move |context| changes(context, id))
            .await
    })?;
    module.register_async_method("eth_getFilterLogs", |params, context, _| async move {
        let id = id_only(&params)?;
        context
            .on_blocking_thread(move |context| {
                let filter = match context.filters().poll(Instant::now(), id) {
                    Some(FilterKind::Logs { filter, .. }) => filter.clone(),
                    Some(_) => {
                        return Err(server_error(
                            "filter has no logs; poll it with eth_getFilterChanges",
                        ));
                    }
                    None => return Err(not_found()),
                };
                logs::find(context, &filter)
            })
            .await
    })?;
    Ok(())
}

fn id_only(params: &jsonrpsee::types::Params<'_>) -> Answer<u64> {
    let mut args = Args::of(params)?;
    let id: U64 = args.required("filter id")?;
    args.finish()?;
    Ok(id.to())
}

fn not_found() -> ErrorObjectOwned {
    server_error("filter not found: it expired, was removed or never was; create it again")
}

fn create<C: Chain>(context: &Context<C>, kind: FilterKind<C::Family>) -> Answer<U64> {
    let id = context.filters().insert(Instant::now(), kind);
    id.map(U64::from).ok_or_else(|| {
        let (max, ttl_ms) = (context.config.max_filters, context.config.filter_ttl_ms);
        limit_exceeded(
            format!("too many filters: {max} exist already; use eth_subscribe or eth_getLogs"),
            Some(ttl_ms),
        )
    })
}

fn changes<C: Chain>(context: &Context<C>, id: u64) -> Answer<Changes<C::Family>> {
    match claim(context, id)? {
        Task::Done(changes) => Ok(changes),
        Task::Blocks { from, to } => {
            let hashes = (from..=to)
                .map(|number| Ok(context.chain.block(number)?.and_then(|block| block.hash)));
            let hashes: Answer<Vec<Option<B256>>> = hashes.collect();
            hashes
                .map(|hashes| Changes::Hashes(hashes.into_iter().flatten().collect()))
                .inspect_err(|_| go_back(context, id, to, from))
        }
        Task::Logs { filter, from, to } => {
            let walked = logs::walk(context, &filter, from, to)
                .inspect_err(|_| go_back(context, id, to, from))?;
            if let Some(stopped_at) = walked.stopped_at {
                go_back(context, id, to, stopped_at);
            }
            let mut found = walked.logs;
            found.retain(|log| {
                log.block_number
                    .is_some_and(|number| filter.matches_block_range(number))
            });
            Ok(Changes::Logs(found))
        }
    }
}

/// Takes the next blocks for this poll, so that two polls at once report no block twice.
fn claim<C: Chain>(context: &Context<C>, id: u64) -> Answer<Task<C::Family>> {
    let last = |from: u64| {
        let latest = context.chain.heads().latest;
        latest.min(from.saturating_add(context.config.max_logs_block_range.saturating_sub(1)))
    };
    let mut filters = context.filters();
    match filters.poll(Instant::now(), id).ok_or_else(not_found)? {
        FilterKind::Blocks { next, mark } => {
            go_back_to_replaced(&*context.chain, next, mark);
            let (from, to) = (*next, last(*next));
            *next = to.saturating_add(1).max(from);
            Ok(Task::Blocks { from, to })
        }
        FilterKind::Logs { filter, next, mark } => {
            go_back_to_replaced(&*context.chain, next, mark);
            let (from, to) = (*next, last(*next));
            *next = to.saturating_add(1).max(from);
            Ok(Task::Logs {
                filter: filter.clone(),
                from,
                to,
            })
        }
        FilterKind::Promised { feed, full } => {
            let full = *full;
            let mut views = Vec::new();
            loop {
                match feed.try_recv() {
                    Ok(batch) => views.extend(batch.iter().cloned()),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                    Err(TryRecvError::Lagged(missed)) => {
                        filters.remove(id);
                        return Err(server_error(format!(
                            "filter was polled too slowly and missed {missed} batches of transactions; create it again, poll \
                             more often or use eth_subscribe"
                        )));
                    }
                }
            }
            drop(filters);
            Ok(Task::Done(if full {
                Changes::Transactions(
                    views
                        .iter()
                        .map(|view| C::Family::transaction_json(view, None))
                        .collect(),
                )
            } else {
                Changes::Hashes(views.iter().map(|view| view.hash).collect())
            }))
        }
    }
}

/// After a reorg the blocks that took the place of reported ones are new.
fn go_back_to_replaced<C: Chain>(chain: &C, next: &mut u64, mark: &mut u64) {
    let replaced = chain.replaced_since(*mark);
    *mark = replaced.mark;
    if let Some(lowest) = replaced.lowest {
        *next = lowest.min(*next);
    }
}

/// Gives blocks from `from` on back, unless another poll has gone on from `claimed_to`.
fn go_back<C: Chain>(context: &Context<C>, id: u64, claimed_to: u64, from: u64) {
    if let Some(FilterKind::Blocks { next, .. } | FilterKind::Logs { next, .. }) =
        context.filters().poll(Instant::now(), id)
        && *next == claimed_to.saturating_add(1)
    {
        *next = from;
    }
}
