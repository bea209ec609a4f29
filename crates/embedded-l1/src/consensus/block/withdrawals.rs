//! Money that leaves: due partial withdrawals first, then a sweep over the registry (EIP-4895, EIP-7251).

use alloy_primitives::Address;
use forebond_beacon::{
    containers::{BeaconState, ExecutionPayload, FAR_FUTURE_EPOCH, Validator, Withdrawal},
    preset::Preset,
};
use typenum::Unsigned;

use super::super::{
    access::{
        at, balance, decrease_balance, has_execution_credentials, max_effective_balance, validator,
    },
    config::constants::MIN_ACTIVATION_BALANCE,
    error::{Result, TransitionError},
};

/// The withdrawals the next payload must hold, and how many queued ones they settle.
pub(in super::super) struct ExpectedWithdrawals {
    pub(in super::super) withdrawals: Vec<Withdrawal>,
    settled_partials: usize,
}

pub(in super::super) fn expected_withdrawals<P: Preset>(
    state: &BeaconState<P>,
) -> Result<ExpectedWithdrawals> {
    let mut list = Listing {
        state,
        withdrawals: Vec::new(),
    };
    let settled_partials = list.due_partials()?;
    list.sweep()?;
    Ok(ExpectedWithdrawals {
        withdrawals: list.withdrawals,
        settled_partials,
    })
}

struct Listing<'a, P: Preset> {
    state: &'a BeaconState<P>,
    withdrawals: Vec<Withdrawal>,
}

impl<P: Preset> Listing<'_, P> {
    fn due_partials(&mut self) -> Result<usize> {
        let epoch = self.state.current_epoch();
        // One place always stays free for the sweep.
        let limit = at(P::MAX_PENDING_PARTIALS_PER_WITHDRAWALS_SWEEP)
            .min(P::MaxWithdrawalsPerPayload::USIZE - 1);
        let mut settled = 0;
        for pending in &self.state.pending_partial_withdrawals {
            if pending.withdrawable_epoch > epoch || self.withdrawals.len() >= limit {
                break;
            }
            let record = validator(self.state, pending.validator_index)?;
            let left = self.balance_left(pending.validator_index)?;
            if record.exit_epoch == FAR_FUTURE_EPOCH
                && record.effective_balance >= MIN_ACTIVATION_BALANCE
                && left > MIN_ACTIVATION_BALANCE
            {
                let gwei = pending.amount.min(left - MIN_ACTIVATION_BALANCE);
                self.push(pending.validator_index, record, gwei);
            }
            settled += 1;
        }
        Ok(settled)
    }

    fn sweep(&mut self) -> Result<()> {
        let epoch = self.state.current_epoch();
        let registered = self.state.validators.len() as u64;
        let mut index = self.state.next_withdrawal_validator_index;
        for _ in 0..registered.min(P::MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP) {
            if self.withdrawals.len() >= P::MaxWithdrawalsPerPayload::USIZE {
                break;
            }
            let record = validator(self.state, index)?;
            let left = self.balance_left(index)?;
            let ceiling = max_effective_balance(record);
            if has_execution_credentials(record) {
                if record.withdrawable_epoch <= epoch && left > 0 {
                    self.push(index, record, left);
                } else if record.effective_balance == ceiling && left > ceiling {
                    self.push(index, record, left - ceiling);
                }
            }
            index = (index + 1) % registered;
        }
        Ok(())
    }

    fn balance_left(&self, index: u64) -> Result<u64> {
        let listed: u64 = self
            .withdrawals
            .iter()
            .filter(|withdrawal| withdrawal.validator_index == index)
            .map(|withdrawal| withdrawal.amount)
            .sum();
        Ok(balance(self.state, index)?.saturating_sub(listed))
    }

    fn push(&mut self, validator_index: u64, record: &Validator, amount: u64) {
        self.withdrawals.push(Withdrawal {
            index: self.state.next_withdrawal_index + self.withdrawals.len() as u64,
            validator_index,
            address: Address::from_word(record.withdrawal_credentials),
            amount,
        });
    }
}

pub(super) fn process_withdrawals<P: Preset>(
    state: &mut BeaconState<P>,
    payload: &ExecutionPayload<P>,
) -> Result<()> {
    let expected = expected_withdrawals(state)?;
    if *payload.withdrawals != *expected.withdrawals {
        return Err(TransitionError::Withdrawals {
            got: payload.withdrawals.len(),
            expected: expected.withdrawals.len(),
        });
    }
    for withdrawal in &expected.withdrawals {
        decrease_balance(state, withdrawal.validator_index, withdrawal.amount)?;
    }
    if expected.settled_partials > 0 {
        state.apply_updates()?;
        state
            .pending_partial_withdrawals
            .pop_front(expected.settled_partials)?;
    }
    let registered = (state.validators.len() as u64).max(1);
    let last = expected.withdrawals.last();
    if let Some(last) = last {
        state.next_withdrawal_index = last.index + 1;
    }
    state.next_withdrawal_validator_index = match last {
        Some(last) if expected.withdrawals.len() == P::MaxWithdrawalsPerPayload::USIZE => {
            (last.validator_index + 1) % registered
        }
        _ => {
            (state.next_withdrawal_validator_index + P::MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP)
                % registered
        }
    };
    Ok(())
}
