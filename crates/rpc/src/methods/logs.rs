//! `eth_getLogs`: a bounded walk over blocks that skips those whose bloom can't match.

use alloy_eips::BlockNumberOrTag;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use jsonrpsee::{RpcModule, server::RegisterMethodError};

use super::context::{Answer, Context};
use crate::{
    args::Args,
    block_ref,
    chain::{BlockView, Chain, Family},
    refusals::{invalid_params, limit_exceeded, server_error},
    shape::matching_logs,
};

/// What a walk found.
#[derive(Debug)]
pub(super) struct Walked {
    /// Matching logs, in order.
    pub(super) logs: Vec<Log>,
    /// The first block not looked at because there were enough logs already.
    pub(super) stopped_at: Option<u64>,
}

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_async_method("eth_getLogs", |params, context, _| async move {
        let request = || -> Answer<Filter> {
            let mut args = Args::of(&params)?;
            let filter = args.required("filter")?;
            args.finish()?;
            Ok(filter)
        };
        let filter = request()?;
        context
            .on_blocking_thread(move |context| find(context, &filter))
            .await
    })?;
    Ok(())
}

/// Every log `filter` asks for, in order.
pub(super) fn find<C: Chain>(context: &Context<C>, filter: &Filter) -> Answer<Vec<Log>> {
    let chain = &*context.chain;
    let (from, to) = match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let number = chain.block_number(hash)?;
            let number = number.ok_or_else(|| {
                server_error(format!(
                    "unknown block: no sealed block has the hash {hash}; check it"
                ))
            })?;
            (
                BlockNumberOrTag::Number(number),
                BlockNumberOrTag::Number(number),
            )
        }
        FilterBlockOption::Range {
            from_block,
            to_block,
        } => (
            from_block.unwrap_or(BlockNumberOrTag::Latest),
            to_block.unwrap_or(BlockNumberOrTag::Latest),
        ),
    };
    if let (BlockNumberOrTag::Number(from), BlockNumberOrTag::Number(to)) = (from, to)
        && from > to
    {
        return Err(invalid_params(format!(
            "invalid block range: from {from} is above to {to}; swap them"
        )));
    }

    // The unsealed blocks are read before the heads: a block sealed in between is then in both, and taken from one.
    let with_unsealed =
        to.is_pending() || (to.is_latest() && context.config.latest_shows_preconfirmed);
    let unsealed = if with_unsealed {
        chain.unsealed()
    } else {
        Vec::new()
    };
    let latest = chain.heads().latest;
    let mut logs = if from.is_pending() {
        Vec::new()
    } else {
        let last = block_ref::sealed_number(chain, to).min(latest);
        sealed(context, filter, block_ref::sealed_number(chain, from), last)?
    };
    for block in &unsealed {
        if block.header.number > latest || from.is_pending() {
            collect(block, filter, &mut logs);
        }
    }
    if logs.len() > context.config.max_logs_per_response as usize {
        return Err(too_many(context));
    }
    Ok(logs)
}

fn sealed<C: Chain>(context: &Context<C>, filter: &Filter, from: u64, to: u64) -> Answer<Vec<Log>> {
    if from > to {
        return Ok(Vec::new());
    }
    let span = to.saturating_sub(from).saturating_add(1);
    let max = context.config.max_logs_block_range;
    if span > max {
        return Err(limit_exceeded(
            format!("query exceeds max block range {max}: got {span} blocks; ask in pieces"),
            None,
        ));
    }
    let walked = walk(context, filter, from, to)?;
    if walked.stopped_at.is_some() {
        Err(too_many(context))
    } else {
        Ok(walked.logs)
    }
}

fn too_many<C: Chain>(context: &Context<C>) -> jsonrpsee::types::ErrorObjectOwned {
    let max = context.config.max_logs_per_response;
    limit_exceeded(
        format!(
            "query returned more than {max} results; ask for fewer blocks, an address or topics"
        ),
        None,
    )
}

/// Matching logs of the sealed blocks `from..=to`. Stops after the block in which the limit of results is passed, so that
/// a walk that goes on from there always gets further.
pub(super) fn walk<C: Chain>(
    context: &Context<C>,
    filter: &Filter,
    from: u64,
    to: u64,
) -> Answer<Walked> {
    let chain = &*context.chain;
    let mut logs = Vec::new();
    for number in from..=to {
        let Some(header) = chain.header(number)? else {
            break;
        };
        if header.logs_bloom.is_zero() || !filter.matches_bloom(header.logs_bloom) {
            continue;
        }
        if let Some(block) = chain.block(number)? {
            collect(&block, filter, &mut logs);
        }
        if logs.len() > context.config.max_logs_per_response as usize {
            return Ok(Walked {
                logs,
                stopped_at: Some(number.saturating_add(1)),
            });
        }
    }
    Ok(Walked {
        logs,
        stopped_at: None,
    })
}

/// Adds the matching logs of one block.
fn collect<F: Family>(block: &BlockView<F>, filter: &Filter, logs: &mut Vec<Log>) {
    for view in &block.transactions {
        logs.extend(matching_logs(view, block.hash, filter));
    }
}
