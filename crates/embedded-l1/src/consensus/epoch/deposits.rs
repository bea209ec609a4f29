//! The deposit queue (EIP-6110, EIP-7251).

use std::collections::HashMap;

use alloy_primitives::B256;
use forebond_beacon::{
    bls::{PublicKey, Signature},
    containers::{
        BeaconState, DepositMessage, FAR_FUTURE_EPOCH, PendingDeposit, PublicKeyBytes,
        SignatureBytes, TreeList, Validator,
    },
    preset::Preset,
    signing::domain::{DomainType, compute_domain, signing_root},
};
use tree_hash::TreeHash as _;

use super::super::{
    access::{increase_balance, indices_by_key, max_effective_balance, start_slot, validator},
    churn::activation_exit_churn_limit,
    config::{
        ChainConfig,
        constants::{EFFECTIVE_BALANCE_INCREMENT, MAX_PENDING_DEPOSITS_PER_EPOCH},
    },
    error::Result,
    rules::Rules,
};

pub(super) fn process_pending_deposits<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
) -> Result<()> {
    let next_epoch = state.current_epoch() + 1;
    let available = state
        .deposit_balance_to_consume
        .saturating_add(activation_exit_churn_limit(rules.config, state));
    let finalized_slot = start_slot::<P>(state.finalized_checkpoint.epoch);
    let mut processed_gwei = 0u64;
    let mut taken = 0u64;
    let mut postponed = Vec::new();
    let mut churn_reached = false;
    if state.pending_deposits.is_empty() {
        state.deposit_balance_to_consume = 0;
        return Ok(());
    }
    let pending = state.pending_deposits.to_vec();
    let mut indices = indices_by_key(state);
    for deposit in &pending {
        if deposit.slot > finalized_slot || taken >= MAX_PENDING_DEPOSITS_PER_EPOCH {
            break;
        }
        let (exiting, withdrawn) = match indices.get(&deposit.pubkey) {
            Some(index) => {
                let validator = validator(state, *index)?;
                (
                    validator.exit_epoch < FAR_FUTURE_EPOCH,
                    validator.withdrawable_epoch < next_epoch,
                )
            }
            None => (false, false),
        };
        if withdrawn {
            // It will never be active again, so it consumes no churn.
            apply(rules, state, &mut indices, deposit)?;
        } else if exiting {
            postponed.push(deposit.clone());
        } else {
            churn_reached = processed_gwei.saturating_add(deposit.amount) > available;
            if churn_reached {
                break;
            }
            processed_gwei += deposit.amount;
            apply(rules, state, &mut indices, deposit)?;
        }
        taken += 1;
    }
    let rest = pending
        .into_iter()
        .skip(usize::try_from(taken).unwrap_or(usize::MAX));
    state.pending_deposits = TreeList::try_from_iter(rest.chain(postponed))?;
    state.deposit_balance_to_consume = if churn_reached {
        available - processed_gwei
    } else {
        0
    };
    Ok(())
}

fn apply<P: Preset>(
    rules: Rules<'_>,
    state: &mut BeaconState<P>,
    indices: &mut HashMap<PublicKeyBytes, u64>,
    deposit: &PendingDeposit,
) -> Result<()> {
    if let Some(index) = indices.get(&deposit.pubkey) {
        return increase_balance(state, *index, deposit.amount);
    }
    // The deposit contract does not check that the depositor holds the key: an invalid deposit is lost, not an error.
    let message = DepositMessage {
        pubkey: deposit.pubkey,
        withdrawal_credentials: deposit.withdrawal_credentials,
        amount: deposit.amount,
    };
    if !valid_deposit_signature(rules.config, &message, &deposit.signature) {
        return Ok(());
    }
    let index = state.validators.len() as u64;
    state.validators.push(new_validator(
        deposit.pubkey,
        deposit.withdrawal_credentials,
        deposit.amount,
    ))?;
    state.balances.push(deposit.amount)?;
    state.previous_epoch_participation.push(0)?;
    state.current_epoch_participation.push(0)?;
    state.inactivity_scores.push(0)?;
    indices.insert(deposit.pubkey, index);
    Ok(())
}

/// A validator's first record (`get_validator_from_deposit`).
pub(in super::super) fn new_validator(
    pubkey: PublicKeyBytes,
    withdrawal_credentials: B256,
    gwei: u64,
) -> Validator {
    let mut validator = Validator::new(pubkey, withdrawal_credentials, 0);
    validator.effective_balance =
        (gwei - gwei % EFFECTIVE_BALANCE_INCREMENT).min(max_effective_balance(&validator));
    validator
}

/// Whether the depositor proved to hold the key. Always checked: the answer changes the state.
fn valid_deposit_signature(
    config: &ChainConfig,
    message: &DepositMessage,
    signature: &SignatureBytes,
) -> bool {
    let domain = compute_domain(DomainType::DEPOSIT, config.genesis_version(), B256::ZERO);
    let root = signing_root(message.tree_hash_root(), domain);
    PublicKey::from_bytes(message.pubkey.as_slice())
        .and_then(|key| Signature::from_bytes(signature.as_slice())?.verify(&key, root))
        .is_ok()
}
