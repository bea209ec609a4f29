//! One transaction: by hash, by place, its receipt.

use alloy_eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718};
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::Index;
use jsonrpsee::{RpcModule, server::RegisterMethodError};

use super::context::{Answer, Context};
use crate::{
    args::Args,
    block_ref,
    chain::{Chain, Family, Located},
};

type TransactionJson<C> = <<C as Chain>::Family as Family>::TransactionJson;
type ReceiptJson<C> = <<C as Chain>::Family as Family>::ReceiptJson;

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_method(
        "eth_getTransactionByHash",
        |params, context, _| -> Answer<Option<TransactionJson<C>>> {
            let mut args = Args::of(&params)?;
            let hash: B256 = args.required("hash")?;
            args.finish()?;
            Ok(context
                .chain
                .transaction(hash)?
                .map(|located| match located {
                    Located::Placed(placed)
                        if placed.block_hash.is_none() && !context.config.receipts_before_seal =>
                    {
                        // For readers that take a block number to mean a sealed block: shaped like a pooled one.
                        let view = &placed.transaction;
                        C::Family::unplaced_json(&view.envelope, view.sender, view.hash)
                    }
                    Located::Placed(placed) => {
                        C::Family::transaction_json(&placed.transaction, placed.block_hash)
                    }
                    Located::Pooled(pooled) => {
                        C::Family::unplaced_json(&pooled.envelope, pooled.sender, pooled.hash)
                    }
                }))
        },
    )?;
    module.register_method(
        "eth_getTransactionReceipt",
        |params, context, _| -> Answer<Option<ReceiptJson<C>>> {
            let mut args = Args::of(&params)?;
            let hash: B256 = args.required("hash")?;
            args.finish()?;
            Ok(match context.chain.transaction(hash)? {
                Some(Located::Placed(placed))
                    if placed.block_hash.is_some() || context.config.receipts_before_seal =>
                {
                    Some(C::Family::receipt_json(
                        &placed.transaction,
                        placed.block_hash,
                    ))
                }
                _ => None,
            })
        },
    )?;
    module.register_method(
        "eth_getRawTransactionByHash",
        |params, context, _| -> Answer<Option<Bytes>> {
            let mut args = Args::of(&params)?;
            let hash: B256 = args.required("hash")?;
            args.finish()?;
            Ok(context
                .chain
                .transaction(hash)?
                .map(|located| match located {
                    Located::Placed(placed) => placed.transaction.raw.clone(),
                    Located::Pooled(pooled) => pooled.envelope.encoded_2718().into(),
                }))
        },
    )?;
    module.register_async_method(
        "eth_getTransactionByBlockNumberAndIndex",
        |params, context, _| async move {
            let request = || -> Answer<_> {
                let mut args = Args::of(&params)?;
                let request = (
                    args.required::<BlockNumberOrTag>("block")?,
                    args.required::<Index>("index")?,
                );
                args.finish()?;
                Ok(request)
            };
            let (block, index) = request()?;
            context
                .on_blocking_thread(move |context| at(context, block.into(), index))
                .await
        },
    )?;
    module.register_async_method(
        "eth_getTransactionByBlockHashAndIndex",
        |params, context, _| async move {
            let request = || -> Answer<_> {
                let mut args = Args::of(&params)?;
                let request = (
                    args.required::<B256>("block hash")?,
                    args.required::<Index>("index")?,
                );
                args.finish()?;
                Ok(request)
            };
            let (hash, index) = request()?;
            context
                .on_blocking_thread(move |context| at(context, hash.into(), index))
                .await
        },
    )?;
    Ok(())
}

fn at<C: Chain>(
    context: &Context<C>,
    block: BlockId,
    index: Index,
) -> Answer<Option<TransactionJson<C>>> {
    let block = block_ref::block(&*context.chain, block)?;
    Ok(block.and_then(|block| {
        block
            .transactions
            .get(usize::from(index))
            .map(|view| C::Family::transaction_json(view, block.hash))
    }))
}
