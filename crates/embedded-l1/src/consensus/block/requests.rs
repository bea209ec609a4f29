//! Requests of the execution layer (EIP-6110, EIP-7002, EIP-7251). Anybody can make them, so one that does not fit is
//! ignored, never an error.

use alloy_primitives::Address;
use forebond_beacon::{
    bls::INFINITY_SIGNATURE,
    containers::{
        BeaconState, ConsolidationRequest, DepositRequest, FAR_FUTURE_EPOCH, PendingConsolidation,
        PendingDeposit, PendingPartialWithdrawal, Validator, WithdrawalRequest,
    },
    preset::Preset,
};
use typenum::Unsigned;

use super::{
    super::{
        access::{
            at, balance, has_compounding_credentials, has_eth1_credentials,
            has_execution_credentials, pending_balance_to_withdraw, validator, validator_mut,
        },
        churn::{consolidation_churn_limit, consolidation_epoch, exit_epoch, initiate_exit},
        config::constants::{COMPOUNDING_WITHDRAWAL_PREFIX, MIN_ACTIVATION_BALANCE},
        error::Result,
        rules::Rules,
    },
    BlockContext,
};

pub(super) fn process_deposit_request<P: Preset>(
    state: &mut BeaconState<P>,
    request: &DepositRequest,
) -> Result<()> {
    state.pending_deposits.push(PendingDeposit {
        pubkey: request.pubkey,
        withdrawal_credentials: request.withdrawal_credentials,
        amount: request.amount,
        signature: request.signature,
        slot: state.slot,
    })?;
    Ok(())
}

/// Active, not leaving.
fn stays(validator: &Validator, epoch: u64) -> bool {
    validator.is_active_at(epoch) && validator.exit_epoch == FAR_FUTURE_EPOCH
}

/// Stays, has served its time, and `source` is its withdrawal address.
fn may_be_moved_by(rules: Rules<'_>, validator: &Validator, source: Address, epoch: u64) -> bool {
    has_execution_credentials(validator)
        && Address::from_word(validator.withdrawal_credentials) == source
        && stays(validator, epoch)
        && epoch
            >= validator
                .activation_epoch
                .saturating_add(rules.config.shard_committee_period_epochs)
}

pub(super) fn process_withdrawal_request<P: Preset>(
    rules: Rules<'_>,
    context: &BlockContext,
    state: &mut BeaconState<P>,
    request: &WithdrawalRequest,
) -> Result<()> {
    let full_exit = request.amount == 0;
    let queue_full =
        state.pending_partial_withdrawals.len() == P::PendingPartialWithdrawalsLimit::USIZE;
    if queue_full && !full_exit {
        return Ok(());
    }
    let Some(index) = context.indices.get(&request.validator_pubkey).copied() else {
        return Ok(());
    };
    let epoch = state.current_epoch();
    let record = validator(state, index)?;
    if !may_be_moved_by(rules, record, request.source_address, epoch) {
        return Ok(());
    }
    let pending = pending_balance_to_withdraw(state, index);
    if full_exit {
        return if pending == 0 {
            initiate_exit(rules, state, index)
        } else {
            Ok(())
        };
    }
    let excess =
        balance(state, index)?.saturating_sub(MIN_ACTIVATION_BALANCE.saturating_add(pending));
    if !has_compounding_credentials(record)
        || record.effective_balance < MIN_ACTIVATION_BALANCE
        || excess == 0
    {
        return Ok(());
    }
    let gwei = excess.min(request.amount);
    let exit_epoch = exit_epoch(rules, state, gwei);
    state
        .pending_partial_withdrawals
        .push(PendingPartialWithdrawal {
            validator_index: index,
            amount: gwei,
            withdrawable_epoch: exit_epoch
                .saturating_add(rules.config.min_validator_withdrawability_delay_epochs),
        })?;
    Ok(())
}

pub(super) fn process_consolidation_request<P: Preset>(
    rules: Rules<'_>,
    context: &BlockContext,
    state: &mut BeaconState<P>,
    request: &ConsolidationRequest,
) -> Result<()> {
    let epoch = state.current_epoch();
    let Some(source_index) = context.indices.get(&request.source_pubkey).copied() else {
        return Ok(());
    };
    if request.source_pubkey == request.target_pubkey {
        // A validator merged with itself asks for compounding credentials.
        let record = validator(state, source_index)?;
        let authorised =
            Address::from_word(record.withdrawal_credentials) == request.source_address;
        if authorised && has_eth1_credentials(record) && stays(record, epoch) {
            switch_to_compounding(state, source_index)?;
        }
        return Ok(());
    }
    let Some(target_index) = context.indices.get(&request.target_pubkey).copied() else {
        return Ok(());
    };
    let queue_full = state.pending_consolidations.len() == P::PendingConsolidationsLimit::USIZE;
    if queue_full || consolidation_churn_limit(rules.config, state) <= MIN_ACTIVATION_BALANCE {
        return Ok(());
    }
    let (source, target) = (
        validator(state, source_index)?,
        validator(state, target_index)?,
    );
    if !may_be_moved_by(rules, source, request.source_address, epoch)
        || !has_compounding_credentials(target)
        || !stays(target, epoch)
        || pending_balance_to_withdraw(state, source_index) > 0
    {
        return Ok(());
    }
    let gwei = source.effective_balance;
    let exit_epoch = consolidation_epoch(rules, state, gwei);
    let source = validator_mut(state, source_index)?;
    source.exit_epoch = exit_epoch;
    source.withdrawable_epoch =
        exit_epoch.saturating_add(rules.config.min_validator_withdrawability_delay_epochs);
    state.pending_consolidations.push(PendingConsolidation {
        source_index,
        target_index,
    })?;
    Ok(())
}

fn switch_to_compounding<P: Preset>(state: &mut BeaconState<P>, index: u64) -> Result<()> {
    let record = validator_mut(state, index)?;
    record.withdrawal_credentials[0] = COMPOUNDING_WITHDRAWAL_PREFIX;
    let (pubkey, withdrawal_credentials) = (record.pubkey, record.withdrawal_credentials);
    let excess = balance(state, index)?.saturating_sub(MIN_ACTIVATION_BALANCE);
    if excess > 0 {
        if let Some(balance) = state.balances.get_mut(at(index)) {
            *balance = MIN_ACTIVATION_BALANCE;
        }
        // Its own top-up: no signature, and slot 0 tells it from a deposit that waits for finality.
        state.pending_deposits.push(PendingDeposit {
            pubkey,
            withdrawal_credentials,
            amount: excess,
            signature: INFINITY_SIGNATURE,
            slot: 0,
        })?;
    }
    Ok(())
}
