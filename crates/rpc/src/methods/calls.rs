//! `eth_call` and `eth_estimateGas`.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Bytes, U64};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    state::{EvmOverrides, StateOverride},
};
use jsonrpsee::{RpcModule, server::RegisterMethodError, types::Params};

use super::{
    context::{Answer, Context},
    estimate::estimate_gas,
};
use crate::{
    args::Args,
    chain::{CallEnd, CallRequest, Chain, Snapshot},
    refusals::{halted, invalid_params, reverted},
};

/// The parameters both methods share.
fn request(params: &Params<'_>) -> Answer<(TransactionRequest, Option<BlockId>, EvmOverrides)> {
    let mut args = Args::of(params)?;
    let transaction: TransactionRequest = args.required("transaction")?;
    let block = args.optional("block")?;
    let state: Option<StateOverride> = args.optional("state overrides")?;
    let env: Option<Box<BlockOverrides>> = args.optional("block overrides")?;
    args.finish()?;
    if let (Some(input), Some(data)) = (&transaction.input.input, &transaction.input.data)
        && input != data
    {
        return Err(invalid_params(
            "both \"data\" and \"input\" are set and not equal; pass \"input\" only",
        ));
    }
    Ok((transaction, block, EvmOverrides::new(state, env)))
}

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_async_method("eth_call", |params, context, _| async move {
        let (transaction, block, overrides) = request(&params)?;
        context
            .on_blocking_thread(move |context| -> Answer<Bytes> {
                let cap = context.config.call_gas_limit;
                let gas_limit = transaction.gas.map_or(cap, |asked| asked.min(cap));
                let outcome = context.state(block)?.call(&CallRequest {
                    transaction,
                    gas_limit,
                    overrides,
                })?;
                match outcome.end {
                    CallEnd::Success { output } => Ok(output),
                    CallEnd::Revert { output } => Err(reverted(&output)),
                    CallEnd::Halt { reason, .. } => Err(halted(&reason)),
                }
            })
            .await
    })?;
    module.register_async_method("eth_estimateGas", |params, context, _| async move {
        let (transaction, block, overrides) = request(&params)?;
        context
            .on_blocking_thread(move |context| -> Answer<U64> {
                // Without a block the question is about the next transaction, which runs on promised state.
                let block = block.unwrap_or(BlockId::Number(BlockNumberOrTag::Pending));
                let state = context.state(Some(block))?;
                estimate_gas(
                    &state,
                    transaction,
                    overrides,
                    context.config.call_gas_limit,
                )
                .map(U64::from)
            })
            .await
    })?;
    Ok(())
}
