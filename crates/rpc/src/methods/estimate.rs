//! The least gas limit a transaction succeeds with: a plain transfer at once, everything else by bisection.
//!
//! The answer lies between what a run used and the cap: a run needs more than it pays for when gas is refunded, or when a
//! call inside keeps a 64th back (EIP-150). All runs see one snapshot, so the answer is consistent while the chain moves on.

use alloy_primitives::{TxKind, U256};
use alloy_rpc_types_eth::{TransactionRequest, state::EvmOverrides};

use super::context::Answer;
use crate::{
    chain::{CallEnd, CallOutcome, CallRequest, Snapshot},
    refusals::{halted, reverted, server_error},
};

/// Gas of a transfer to an account without code.
const TRANSFER_GAS: u64 = 21_000;
/// Gas a callee gets for free with a value transfer; needed during the run, returned after it.
const CALL_STIPEND: u64 = 2_300;
/// The search ends when the bounds are this close, in thousandths of the upper one: what remains is too small to pay for
/// another run.
const TOLERANCE_PER_MILLE: u64 = 15;

/// Least gas limit at which `transaction` succeeds on `state`, at most `gas_cap`.
///
/// # Errors
/// Code 3 when it reverts whatever the limit, -32000 when it can't start, halts, or needs more than is allowed.
pub(super) fn estimate_gas<S: Snapshot>(
    state: &S,
    transaction: TransactionRequest,
    overrides: EvmOverrides,
    gas_cap: u64,
) -> Answer<u64> {
    let block_limit = overrides
        .block
        .as_ref()
        .and_then(|block| block.gas_limit)
        .unwrap_or(state.env().gas_limit);
    let asked = transaction
        .gas
        .filter(|&gas| gas >= TRANSFER_GAS)
        .unwrap_or(block_limit);
    let affordable = affordable_gas(state, &transaction, &overrides)?;
    let ceiling = asked.min(gas_cap).min(affordable.unwrap_or(u64::MAX));

    let mut request = CallRequest {
        transaction,
        gas_limit: ceiling,
        overrides,
    };
    if ceiling >= TRANSFER_GAS && is_plain_transfer(state, &request)? {
        request.gas_limit = TRANSFER_GAS;
        // A precompile has no code but costs more: then this run fails and the search goes on.
        if state
            .call(&request)
            .is_ok_and(|outcome| matches!(outcome.end, CallEnd::Success { .. }))
        {
            return Ok(TRANSFER_GAS);
        }
        request.gas_limit = ceiling;
    }

    let outcome = state.call(&request)?;
    match &outcome.end {
        CallEnd::Success { .. } => bisect(state, request, &outcome),
        CallEnd::Revert { output } => Err(reverted(output)),
        CallEnd::Halt {
            out_of_gas: true, ..
        } => {
            let why = if affordable == Some(ceiling) {
                "what the balance pays for"
            } else {
                "the cap of one call"
            };
            Err(server_error(format!(
                "gas required exceeds allowance ({ceiling}), {why}; lower the fee or split the transaction"
            )))
        }
        CallEnd::Halt { reason, .. } => Err(halted(reason)),
    }
}

/// Bisects between "too little" and "enough". `outcome` is the run with `request.gas_limit`, which succeeded.
fn bisect<S: Snapshot>(state: &S, mut request: CallRequest, outcome: &CallOutcome) -> Answer<u64> {
    let mut enough = request.gas_limit;
    let mut too_little = outcome.gas_used.saturating_sub(1);

    // One well-chosen try usually ends the search: what was needed during the run, plus the 64th kept back at each call.
    let peak = outcome
        .gas_used
        .saturating_add(outcome.gas_refunded)
        .saturating_add(CALL_STIPEND);
    let guess = peak.saturating_add(peak / 63).saturating_add(1);
    let mut next = Some(guess).filter(|guess| *guess < enough);

    while too_little.saturating_add(1) < enough {
        let gap = enough.saturating_sub(too_little);
        if u128::from(gap) * 1_000 <= u128::from(enough) * u128::from(TOLERANCE_PER_MILLE) {
            break;
        }
        // Most limits are near the lower bound: never try more than twice it.
        let middle = too_little
            .saturating_add(gap / 2)
            .min(too_little.saturating_mul(2).max(1));
        let tried = next.take().unwrap_or(middle);
        request.gas_limit = tried;
        let succeeded = match state.call(&request) {
            Ok(outcome) => matches!(outcome.end, CallEnd::Success { .. }),
            Err(crate::chain::CallError::IntrinsicGasTooLow { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if succeeded {
            enough = tried;
        } else {
            too_little = tried;
        }
    }
    Ok(enough)
}

/// Gas the sender can pay for at the offered price after the value; `None` when the call is free.
fn affordable_gas<S: Snapshot>(
    state: &S,
    transaction: &TransactionRequest,
    overrides: &EvmOverrides,
) -> Answer<Option<u64>> {
    let price_wei = transaction
        .max_fee_per_gas
        .or(transaction.gas_price)
        .unwrap_or(0);
    let Some(from) = transaction.from.filter(|_| price_wei > 0) else {
        return Ok(None);
    };
    let overridden = overrides
        .state
        .as_ref()
        .and_then(|state| state.get(&from))
        .and_then(|account| account.balance);
    let balance_wei = match overridden {
        Some(balance_wei) => balance_wei,
        None => state.account(from)?.balance_wei,
    };
    let value_wei = transaction.value.unwrap_or_default();
    let Some(left_wei) = balance_wei.checked_sub(value_wei) else {
        return Err(crate::chain::CallError::InsufficientFunds {
            have_wei: balance_wei,
            want_wei: value_wei,
        }
        .into());
    };
    Ok(Some((left_wei / U256::from(price_wei)).saturating_to()))
}

/// No data, no lists, and a recipient without code: EIP-7702 delegations count as code.
fn is_plain_transfer<S: Snapshot>(state: &S, request: &CallRequest) -> Answer<bool> {
    let transaction = &request.transaction;
    let Some(TxKind::Call(to)) = transaction.to else {
        return Ok(false);
    };
    let bare = transaction
        .input
        .input()
        .is_none_or(|input| input.is_empty())
        && transaction
            .access_list
            .as_ref()
            .is_none_or(|list| list.0.is_empty())
        && transaction
            .authorization_list
            .as_ref()
            .is_none_or(Vec::is_empty)
        && request
            .overrides
            .state
            .as_ref()
            .is_none_or(|state| !state.contains_key(&to));
    Ok(bare && state.code(to)?.is_empty())
}
