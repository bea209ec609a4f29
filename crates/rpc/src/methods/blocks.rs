//! Whole blocks. They can hold ten thousand transactions, so they are read and written out on blocking threads.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::Index;
use jsonrpsee::{RpcModule, server::RegisterMethodError, types::Params};
use serde::de::DeserializeOwned;

use super::context::{Answer, Context, HeavyAnswer};
use crate::{
    args::Args,
    block_ref,
    chain::{Chain, Family},
    shape::BlockJson,
};

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_async_method("eth_getBlockByNumber", |params, context, _| async move {
        let (block, full) = with_full::<BlockNumberOrTag>(&params)?;
        context
            .on_blocking_thread(move |context| whole(context, block.into(), full))
            .await
    })?;
    module.register_async_method("eth_getBlockByHash", |params, context, _| async move {
        let (hash, full) = with_full::<B256>(&params)?;
        context
            .on_blocking_thread(move |context| whole(context, hash.into(), full))
            .await
    })?;
    module.register_async_method("eth_getBlockReceipts", |params, context, _| async move {
        let block: BlockId = only(&params)?;
        let answer: HeavyAnswer = context
            .on_blocking_thread(
                move |context| -> Answer<Option<Vec<<C::Family as Family>::ReceiptJson>>> {
                    let block = block_ref::block(&*context.chain, block)?;
                    Ok(block.map(|block| {
                        block
                            .transactions
                            .iter()
                            .map(|view| C::Family::receipt_json(view, block.hash))
                            .collect()
                    }))
                },
            )
            .await;
        answer
    })?;
    module.register_async_method(
        "eth_getBlockTransactionCountByNumber",
        |params, context, _| async move {
            let block: BlockNumberOrTag = only(&params)?;
            context
                .on_blocking_thread(move |context| count(context, block.into()))
                .await
        },
    )?;
    module.register_async_method(
        "eth_getBlockTransactionCountByHash",
        |params, context, _| async move {
            let hash: B256 = only(&params)?;
            context
                .on_blocking_thread(move |context| count(context, hash.into()))
                .await
        },
    )?;
    module.register_async_method(
        "eth_getUncleCountByBlockNumber",
        |params, context, _| async move {
            let block: BlockNumberOrTag = only(&params)?;
            context
                .on_blocking_thread(move |context| uncles(context, block.into()))
                .await
        },
    )?;
    module.register_async_method(
        "eth_getUncleCountByBlockHash",
        |params, context, _| async move {
            let hash: B256 = only(&params)?;
            context
                .on_blocking_thread(move |context| uncles(context, hash.into()))
                .await
        },
    )?;
    module.register_method("eth_getUncleByBlockNumberAndIndex", |params, _, _| {
        no_uncle::<BlockNumberOrTag>(&params)
    })?;
    module.register_method("eth_getUncleByBlockHashAndIndex", |params, _, _| {
        no_uncle::<B256>(&params)
    })?;
    Ok(())
}

fn with_full<T: DeserializeOwned>(params: &Params<'_>) -> Answer<(T, bool)> {
    let mut args = Args::of(params)?;
    let request = (
        args.required("block")?,
        args.optional("full transactions")?.unwrap_or(false),
    );
    args.finish()?;
    Ok(request)
}

fn only<T: DeserializeOwned>(params: &Params<'_>) -> Answer<T> {
    let mut args = Args::of(params)?;
    let block = args.required("block")?;
    args.finish()?;
    Ok(block)
}

fn whole<C: Chain>(
    context: &Context<C>,
    id: BlockId,
    full: bool,
) -> Answer<Option<BlockJson<C::Family>>> {
    Ok(block_ref::block(&*context.chain, id)?.map(|block| BlockJson::new(block, full)))
}

fn count<C: Chain>(context: &Context<C>, id: BlockId) -> Answer<Option<U64>> {
    Ok(block_ref::block(&*context.chain, id)?.map(|block| U64::from(block.transactions.len())))
}

/// There are no uncles since the merge, and none on a rollup: none for a block there is, null for one there is not.
fn uncles<C: Chain>(context: &Context<C>, id: BlockId) -> Answer<Option<U64>> {
    Ok(block_ref::block(&*context.chain, id)?.map(|_| U64::ZERO))
}

fn no_uncle<T: DeserializeOwned>(params: &Params<'_>) -> Answer<Option<()>> {
    let mut args = Args::of(params)?;
    let _: (T, Index) = (args.required("block")?, args.required("index")?);
    args.finish()?;
    Ok(None)
}
