use std::sync::Arc;

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use forebond_contracts::bindings::Slasher;
use forebond_evidence::case::{Case, Charged, Pace, Sight, Stage, Step};
use tokio::sync::Mutex;

use crate::{
    court::{Court, CourtError, claim_call},
    payer::{Bill, PayError, Payer},
};

/// Gas a slash keeps in hand for suspending the gateway; estimates do not know of it.
const SLASH_GAS: u64 = 1_500_000;

/// Why a step was not taken. The case stands as before, and the step is due again at the next look.
#[derive(Debug, thiserror::Error)]
pub enum ProsecutionError {
    /// The case could not be looked at.
    #[error(transparent)]
    Court(#[from] CourtError),
    /// It was not paid for.
    #[error(transparent)]
    Pay(#[from] PayError),
}

/// Takes the steps that cases are due.
#[derive(Clone, Debug)]
pub struct Prosecutor {
    court: Court,
    payer: Arc<Mutex<Payer>>,
    pace: Pace,
}

impl Prosecutor {
    /// `payer` is the watcher's account.
    pub const fn new(court: Court, payer: Arc<Mutex<Payer>>, pace: Pace) -> Self {
        Self { court, payer, pace }
    }

    /// What L1 shows.
    pub const fn court(&self) -> &Court {
        &self.court
    }

    /// Looks at a case and takes the step that is due. Where it stood, and which step that was.
    ///
    /// # Errors
    /// [`ProsecutionError`].
    pub async fn advance(&self, case: &Case) -> Result<(Stage, Step), ProsecutionError> {
        self.advance_within(case, true).await
    }

    /// As [`Self::advance`]; a case that would be committed to waits unless it may be.
    pub(super) async fn advance_within(
        &self,
        case: &Case,
        may_commit: bool,
    ) -> Result<(Stage, Step), ProsecutionError> {
        let mut sight = self.court.sight(case).await?;
        let (mut stage, mut step) = case.decide(&sight, self.pace);
        if step == Step::Hear {
            sight.hearing = Some(self.court.hear(case).await?);
            (stage, step) = case.decide(&sight, self.pace);
        }
        match step {
            Step::Wait | Step::WaitForBond | Step::Hear | Step::Rebuild | Step::End => {}
            Step::Commit(_) if !may_commit => return Ok((stage, Step::Wait)),
            Step::Commit(commitment) => {
                self.pay("commit", &Slasher::commitCall { commitment }, 0)
                    .await?;
            }
            Step::Reveal => {
                let call = Slasher::slashCall {
                    judge: case.judge,
                    evidence: case.accusation.evidence.clone(),
                    watcher: case.watcher,
                };
                self.pay("slash", &call, SLASH_GAS).await?;
            }
            Step::Close => {
                if let Some(charged) = charged(&sight) {
                    let call = Slasher::closeCall {
                        gateway: charged.gateway,
                        rollup: case.accusation.rollup,
                        base: charged.base,
                    };
                    self.pay("close", &call, 0).await?;
                }
            }
            Step::ClaimBounty => {
                if let Some(charged) = charged(&sight) {
                    let call = claim_call(&case.accusation, charged);
                    self.pay("claimBounty", &call, 0).await?;
                }
            }
        }
        Ok((stage, step))
    }

    async fn pay<C: SolCall + Sync>(
        &self,
        what: &'static str,
        call: &C,
        least_gas: u64,
    ) -> Result<(), PayError> {
        let bill = Bill {
            what,
            to: self.court.addresses().slasher,
            call,
            value_wei: U256::ZERO,
            least_gas,
        };
        self.payer.lock().await.pay(bill).await.map(drop)
    }
}

/// Whose case on L1 holds the money.
fn charged(sight: &Sight) -> Option<Charged> {
    sight.recorded.and_then(|recorded| recorded.charged)
}
