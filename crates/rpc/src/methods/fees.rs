//! What a transaction has to offer: present prices and their history.

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{U64, U128};
use alloy_rpc_types_eth::FeeHistory;
use jsonrpsee::{RpcModule, server::RegisterMethodError};

use super::context::{Answer, Context};
use crate::{
    args::Args,
    block_ref,
    chain::{BlockView, Chain, Family, Snapshot, StateAt},
    refusals::invalid_params,
};

/// Blocks one `eth_feeHistory` covers; a larger number is answered with as many.
const MAX_HISTORY_BLOCKS: u64 = 1_024;
/// Percentiles one `eth_feeHistory` may ask for.
const MAX_PERCENTILES: usize = 100;

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_method("eth_gasPrice", |params, context, _| -> Answer<U128> {
        Args::of(&params)?.finish()?;
        let base_fee_wei = context.chain.snapshot(StateAt::Pending)?.env().base_fee_wei;
        Ok(U128::from(
            context
                .chain
                .quoted_tip_wei()
                .saturating_add(base_fee_wei.into()),
        ))
    })?;
    module.register_method(
        "eth_maxPriorityFeePerGas",
        |params, context, _| -> Answer<U128> {
            Args::of(&params)?.finish()?;
            Ok(U128::from(context.chain.quoted_tip_wei()))
        },
    )?;
    module.register_method("eth_blobBaseFee", |params, context, _| -> Answer<U128> {
        Args::of(&params)?.finish()?;
        let pending = context.chain.snapshot(StateAt::Pending)?.env();
        Ok(U128::from(pending.blob_base_fee_wei))
    })?;
    module.register_async_method("eth_feeHistory", |params, context, _| async move {
        let request = || -> Answer<_> {
            let mut args = Args::of(&params)?;
            let request = (
                args.required::<U64>("block count")?,
                args.required::<BlockNumberOrTag>("newest block")?,
                args.optional::<Vec<f64>>("reward percentiles")?
                    .unwrap_or_default(),
            );
            args.finish()?;
            check_percentiles(&request.2)?;
            Ok(request)
        };
        let (count, newest, percentiles) = request()?;
        context
            .on_blocking_thread(move |context| history(context, count.to(), newest, &percentiles))
            .await
    })?;
    Ok(())
}

fn check_percentiles(percentiles: &[f64]) -> Answer<()> {
    if percentiles.len() > MAX_PERCENTILES {
        let got = percentiles.len();
        return Err(invalid_params(format!(
            "too many reward percentiles: expected at most {MAX_PERCENTILES}, got {got}; ask for fewer"
        )));
    }
    let mut lower = 0.0;
    for &percentile in percentiles {
        if !(lower..=100.0).contains(&percentile) {
            return Err(invalid_params(format!(
                "invalid reward percentile: expected {lower} to 100, got {percentile}; sort them"
            )));
        }
        lower = percentile;
    }
    Ok(())
}

/// `pending` counts as `latest`: an unsealed block's ratio and rewards would still change.
fn history<C: Chain>(
    context: &Context<C>,
    count: u64,
    newest: BlockNumberOrTag,
    percentiles: &[f64],
) -> Answer<FeeHistory> {
    let chain = &*context.chain;
    let latest = chain.heads().latest;
    let newest = block_ref::sealed_number(chain, newest);
    if newest > latest {
        return Err(invalid_params(format!(
            "request beyond head block: requested {newest}, head {latest}; ask for `latest`"
        )));
    }
    let count = count.min(MAX_HISTORY_BLOCKS).min(newest.saturating_add(1));
    if count == 0 {
        return Ok(FeeHistory::default());
    }
    let oldest = newest.saturating_sub(count.saturating_sub(1));

    let mut answer = FeeHistory {
        oldest_block: oldest,
        ..FeeHistory::default()
    };
    let mut rewards = Vec::new();
    let quoted_tip_wei = chain.quoted_tip_wei();
    for number in oldest..=newest {
        let header = if percentiles.is_empty() {
            chain.header(number)?
        } else {
            chain.block(number)?.map(|block| {
                rewards.push(rewards_of(&block, percentiles, quoted_tip_wei));
                block.header.clone()
            })
        };
        let Some(header) = header else {
            return Err(crate::chain::ReadError::UnknownBlock {
                block: number,
                latest,
            }
            .into());
        };
        answer
            .base_fee_per_gas
            .push(header.base_fee_per_gas.unwrap_or_default().into());
        answer
            .gas_used_ratio
            .push(ratio(header.gas_used, header.gas_limit));
        if let Some(params) = chain.blob_params() {
            let excess = header.excess_blob_gas.unwrap_or_default();
            answer
                .base_fee_per_blob_gas
                .push(params.calc_blob_fee(excess));
            answer.blob_gas_used_ratio.push(ratio(
                header.blob_gas_used.unwrap_or_default(),
                params.max_blob_gas_per_block(),
            ));
        }
    }
    // One more: the fee of the block after, which is sealed already or else the one being filled.
    let next = match chain.header(newest.saturating_add(1))? {
        Some(header) => (
            header.base_fee_per_gas.unwrap_or_default(),
            chain.blob_params().map_or(1, |params| {
                params.calc_blob_fee(header.excess_blob_gas.unwrap_or_default())
            }),
        ),
        None => {
            let env = chain.snapshot(StateAt::Pending)?.env();
            (env.base_fee_wei, env.blob_base_fee_wei)
        }
    };
    answer.base_fee_per_gas.push(next.0.into());
    if chain.blob_params().is_some() {
        answer.base_fee_per_blob_gas.push(next.1);
    }
    answer.reward = (!percentiles.is_empty()).then_some(rewards);
    Ok(answer)
}

/// Part of the gas limit that was used, 0 to 1.
#[allow(
    clippy::cast_precision_loss,
    reason = "gas stays far below 2^53, and a ratio needs no more"
)]
fn ratio(used: u64, limit: u64) -> f64 {
    if limit == 0 {
        0.0
    } else {
        used as f64 / limit as f64
    }
}

/// For each percentile of the gas that paid a fee, the tip of the transaction it falls on; transactions sorted by tip.
///
/// A block in which nobody paid reports the tip asked for at present: wallets take their offer from here, and one
/// below the quote would be refused.
#[allow(
    clippy::cast_precision_loss,
    reason = "gas stays far below 2^53, and a percentile needs no more"
)]
fn rewards_of<F: Family>(
    block: &BlockView<F>,
    percentiles: &[f64],
    quoted_tip_wei: u128,
) -> Vec<u128> {
    let base_fee_wei = u128::from(block.header.base_fee_per_gas.unwrap_or_default());
    let mut paid: Vec<(u128, u64)> = block
        .transactions
        .iter()
        .filter(|view| view.effective_gas_price_wei > 0)
        .map(|view| {
            (
                view.effective_gas_price_wei.saturating_sub(base_fee_wei),
                view.gas_used,
            )
        })
        .collect();
    if paid.is_empty() {
        return vec![quoted_tip_wei; percentiles.len()];
    }
    paid.sort_unstable();
    let used = paid.iter().map(|(_, gas)| gas).sum::<u64>() as f64;
    let mut transactions = paid.into_iter().peekable();
    let (mut below, mut tip_wei) = (0_u64, 0_u128);
    percentiles
        .iter()
        .map(|percentile| {
            let threshold = used * percentile / 100.0;
            while tip_wei_needs_more(below, threshold)
                && let Some((tip, gas)) = transactions.next()
            {
                (below, tip_wei) = (below.saturating_add(gas), tip);
            }
            tip_wei
        })
        .collect()
}

/// Whether the percentile lies beyond the transactions counted so far; the first one is always counted.
#[allow(clippy::cast_precision_loss, reason = "as above")]
fn tip_wei_needs_more(below: u64, threshold: f64) -> bool {
    below == 0 || (below as f64) < threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_out_of_range_or_order_are_refused() {
        assert!(check_percentiles(&[0.0, 25.0, 25.0, 100.0]).is_ok());
        for bad in [&[-1.0][..], &[100.1], &[50.0, 10.0], &[f64::NAN]] {
            assert_eq!(
                check_percentiles(bad).unwrap_err().code(),
                -32602,
                "{bad:?}"
            );
        }
        assert!(
            check_percentiles(&[1.0; 101])
                .unwrap_err()
                .message()
                .contains("at most 100, got 101")
        );
    }
}
