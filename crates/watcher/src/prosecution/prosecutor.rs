use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;
use forebond_contracts::{bindings::Slasher, explain};
use forebond_evidence::case::{Case, Pace, Stage, Step};
use forebond_l1::{
    L1Error,
    sender::{Lane, Outgoing, SendError},
};

use crate::court::{Court, CourtError, claim_call, revert_of};

/// Gas a slash keeps in hand for suspending the gateway; estimates do not know of it.
const SLASH_GAS: u64 = 1_500_000;

/// Why a step was not taken. The case stands as before, and the step is due again at the next look.
#[derive(Debug, thiserror::Error)]
pub enum ProsecutionError {
    /// The case could not be looked at.
    #[error(transparent)]
    Court(#[from] CourtError),
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
        /// Gas at twice the present price.
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

/// Takes the steps that cases are due, one after the other, from one account.
#[derive(Debug)]
pub struct Prosecutor {
    court: Court,
    lane: Lane,
    pace: Pace,
    deadline_ms: u64,
}

impl Prosecutor {
    /// `lane` is the watcher's account; a transaction that is in no block after `deadline_ms` is given up and looked at again.
    pub const fn new(court: Court, lane: Lane, pace: Pace, deadline_ms: u64) -> Self {
        Self {
            court,
            lane,
            pace,
            deadline_ms,
        }
    }

    /// What L1 shows.
    pub const fn court(&self) -> &Court {
        &self.court
    }

    /// Looks at a case and takes the step that is due. Where it stood, and which step that was.
    ///
    /// # Errors
    /// [`ProsecutionError`].
    pub async fn advance(&mut self, case: &Case) -> Result<(Stage, Step), ProsecutionError> {
        let mut sight = self.court.sight(case).await?;
        let (mut stage, mut step) = case.decide(&sight, self.pace);
        if step == Step::Hear {
            sight.hearing = Some(self.court.hear(case).await?);
            (stage, step) = case.decide(&sight, self.pace);
        }
        match step {
            Step::Wait | Step::Hear | Step::Rebuild | Step::End => {}
            Step::Commit(commitment) => {
                self.send("commit", &Slasher::commitCall { commitment }, 0)
                    .await?;
            }
            Step::Reveal => {
                let call = Slasher::slashCall {
                    judge: case.judge,
                    evidence: case.accusation.evidence.clone(),
                    watcher: case.watcher,
                };
                self.send("slash", &call, SLASH_GAS).await?;
            }
            Step::Close => {
                if let Some(claim) = claim_call(&case.accusation) {
                    let call = Slasher::closeCall {
                        gateway: claim.gateway,
                        rollup: claim.rollup,
                        base: claim.base,
                    };
                    self.send("close", &call, 0).await?;
                }
            }
            Step::ClaimBounty => {
                if let Some(call) = claim_call(&case.accusation) {
                    self.send("claimBounty", &call, 0).await?;
                }
            }
        }
        Ok((stage, step))
    }

    /// Simulates the whole transaction, sees that the account can pay for it, and sends it. One that fails in its block lost a race:
    /// the next look tells how.
    async fn send<C: SolCall>(
        &mut self,
        what: &'static str,
        call: &C,
        least_gas: u64,
    ) -> Result<(), ProsecutionError> {
        let slasher = self.court.addresses().slasher;
        let input: Bytes = call.abi_encode().into();
        let request = TransactionRequest::default()
            .from(self.lane.address())
            .to(slasher)
            .input(input.clone().into());
        let client = self.court.client();
        let estimate = client.estimate_gas(request).await.map_err(|error| {
            revert_of(&error).map_or(ProsecutionError::L1(error), |revert| {
                ProsecutionError::WouldFail {
                    what,
                    reason: explain(&revert),
                }
            })
        })?;
        let gas_limit = estimate.saturating_add(estimate / 4).max(least_gas);
        self.can_pay(what, gas_limit).await?;
        let outgoing = Outgoing {
            to: Some(slasher),
            input,
            gas_limit: Some(gas_limit),
            ..Outgoing::default()
        };
        let landed = self.lane.send(&outgoing, self.deadline_ms).await?;
        let (gas_used, success) = (landed.receipt.gas_used, landed.receipt.status());
        tracing::info!(what, gas_used, success, "sent to the Slasher");
        Ok(())
    }

    async fn can_pay(&self, what: &'static str, gas: u64) -> Result<(), ProsecutionError> {
        let account = self.lane.address();
        let client = self.court.client();
        let market = client.fees().await?;
        let price = market
            .base_fee_wei
            .saturating_mul(2)
            .saturating_add(market.tip_wei);
        let needed_wei = U256::from(gas).saturating_mul(U256::from(price));
        let balance_wei = client.balance(account).await?;
        if balance_wei < needed_wei {
            return Err(ProsecutionError::Unfunded {
                account,
                balance_wei,
                needed_wei,
                what,
            });
        }
        Ok(())
    }
}
