//! The account that pays: every call is simulated and afforded before it is sent.

use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;
use forebond_contracts::explain;
use forebond_l1::{
    L1Error,
    execution::ExecutionClient,
    sender::{Lane, Outgoing, SendError},
};

/// Why nothing was paid for. What was due is due again at the next look.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// L1 does not take it.
    #[error(transparent)]
    Send(#[from] SendError),
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The account cannot pay for it.
    #[error(
        "account {account} holds {balance_wei} wei and needs about {needed_wei} for {what}; send it ether"
    )]
    Unfunded {
        /// The watcher's account.
        account: Address,
        /// What it holds.
        balance_wei: U256,
        /// Value, and gas at twice the present price.
        needed_wei: U256,
        /// Which call.
        what: &'static str,
    },
    /// The contract would refuse.
    #[error("{what} would be refused: {reason}")]
    WouldFail {
        /// Which call.
        what: &'static str,
        /// In words.
        reason: String,
    },
}

/// A call to pay for.
#[derive(Clone, Copy, Debug)]
pub struct Bill<'a, C> {
    /// Its name, for people.
    pub what: &'static str,
    /// The contract.
    pub to: Address,
    /// The call.
    pub call: &'a C,
    /// Goes with it.
    pub value_wei: U256,
    /// Gas that the call needs in hand though an estimate does not show it.
    pub least_gas: u64,
}

/// One account's calls, one after the other: pools order an account's transactions by nonce.
#[derive(Debug)]
pub struct Payer {
    client: ExecutionClient,
    lane: Lane,
    deadline_ms: u64,
}

impl Payer {
    /// A transaction that is in no block after `deadline_ms` is given up; the next one replaces it.
    pub const fn new(client: ExecutionClient, lane: Lane, deadline_ms: u64) -> Self {
        Self {
            client,
            lane,
            deadline_ms,
        }
    }

    /// The account.
    pub const fn address(&self) -> Address {
        self.lane.address()
    }

    /// Simulates the whole transaction, sees that the account can pay for it, and sends it. Whether it succeeded in its block: one
    /// that failed lost a race.
    ///
    /// # Errors
    /// [`PayError`].
    pub async fn pay<C: SolCall + Sync>(&mut self, bill: Bill<'_, C>) -> Result<bool, PayError> {
        let Bill { what, to, .. } = bill;
        let input: Bytes = bill.call.abi_encode().into();
        // Before the estimate: nodes refuse to estimate what the account cannot pay for, each in its own words.
        self.can_pay(what, bill.value_wei, bill.least_gas).await?;
        let request = TransactionRequest::default()
            .from(self.lane.address())
            .to(to)
            .value(bill.value_wei)
            .input(input.clone().into());
        let estimate = self.client.estimate_gas(request).await.map_err(|error| {
            revert_of(&error).map_or(PayError::L1(error), |revert| PayError::WouldFail {
                what,
                reason: explain(&revert),
            })
        })?;
        let gas_limit = estimate.saturating_add(estimate / 4).max(bill.least_gas);
        self.can_pay(what, bill.value_wei, gas_limit).await?;
        let outgoing = Outgoing {
            to: Some(to),
            value_wei: bill.value_wei,
            input,
            gas_limit: Some(gas_limit),
            ..Outgoing::default()
        };
        let landed = self.lane.send(&outgoing, self.deadline_ms).await?;
        let (gas_used, success) = (landed.receipt.gas_used, landed.receipt.status());
        tracing::info!(what, gas_used, success, "paid for");
        Ok(success)
    }

    async fn can_pay(&self, what: &'static str, value_wei: U256, gas: u64) -> Result<(), PayError> {
        let account = self.lane.address();
        let market = self.client.fees().await?;
        let price = market
            .base_fee_wei
            .saturating_mul(2)
            .saturating_add(market.tip_wei);
        let needed_wei = U256::from(gas)
            .saturating_mul(U256::from(price))
            .saturating_add(value_wei);
        let balance_wei = self.client.balance(account).await?;
        if balance_wei < needed_wei {
            return Err(PayError::Unfunded {
                account,
                balance_wei,
                needed_wei,
                what,
            });
        }
        Ok(())
    }
}

/// What a contract said no with.
pub(crate) fn revert_of(error: &L1Error) -> Option<Bytes> {
    match error {
        L1Error::Refused { data, .. } => data.clone(),
        _ => None,
    }
}
