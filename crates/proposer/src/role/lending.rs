use std::{collections::BTreeSet, sync::Arc};

use alloy_primitives::Address;
use forebond_commit_boost::client::ProposerSigner;
use forebond_lookahead_keeper::{Busy, Keeper, KeeperError};

use super::context::{Context, Now, Round};
use crate::{
    act::{OperatorError, Sent},
    choice::{Had, choose},
    duties::loans::{LEAD_EPOCHS, Loan, LoanStep, LoanTerms, next_step},
    seen::{SeenError, unread},
};

/// Steps in one round: a cut and the loan behind it.
const MOST_STEPS: usize = 2;
/// Slots a transaction may take; an epoch that begins meanwhile moves what can still be changed.
const LANDING_SLOTS: u64 = 2;

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
pub enum LendingError {
    /// L1 does not show it.
    #[error(transparent)]
    Seen(#[from] SeenError),
    /// A transaction.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// A proof.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// L1.
    #[error(transparent)]
    L1(#[from] forebond_l1::L1Error),
}

/// Lends the operator's slots, and proves the lookahead when nobody did.
pub struct Lending<S> {
    context: Arc<Context<S>>,
    keeper: Option<Keeper>,
    /// The end of a loan that the registry named and `delegationAt` did not show.
    booked_until: Option<u64>,
    /// The gateway chosen last, to tell of changes.
    chosen: Option<u32>,
    /// Gateways that are named and not read, to tell of changes.
    unread: BTreeSet<u32>,
}

impl<S: ProposerSigner> Round for Lending<S> {
    type Error = LendingError;

    async fn round(&mut self, now: Now) -> Result<(), LendingError> {
        self.context.figures.looks.inc();
        let mut now = now;
        for _ in 0..MOST_STEPS {
            if !self.step(now).await? {
                break;
            }
            now = self.context.now(self.context.chain.execution.head().await?);
        }
        self.context.readiness.set_ready("lending");
        self.prove(now).await
    }
}

impl<S: ProposerSigner> Lending<S> {
    pub(super) const fn new(context: Arc<Context<S>>, keeper: Option<Keeper>) -> Self {
        Self {
            context,
            keeper,
            booked_until: None,
            chosen: None,
            unread: BTreeSet::new(),
        }
    }

    /// True when something was changed.
    async fn step(&mut self, now: Now) -> Result<bool, LendingError> {
        let context = Arc::clone(&self.context);
        let slots = &context.chain.facts.turns.slots;
        let landing = slots.epoch_of(now.slot.saturating_add(LANDING_SLOTS));
        let loans = context.chain.loans(now.head, now.epoch).await?;
        self.show(&loans, now.epoch);
        let lead = landing.saturating_add(LEAD_EPOCHS);
        let book = context.settlement.windows();
        self.tell_unread(unread(&context.own, &book));
        let health = context.health.lock().clone();
        let candidates = context
            .chain
            .candidates(now.head, lead, &book, &context.own, |gateway| {
                health.get(&gateway).copied().unwrap_or_default()
            })
            .await?;
        let choice = choose(
            &candidates,
            &had(&loans, now.epoch, lead),
            &context.own.policy,
        );
        if choice.gateway != self.chosen {
            tracing::info!(gateway = ?choice.gateway, candidates = ?choice.candidates, "our next slots go to this gateway");
            self.chosen = choice.gateway;
        }
        let terms = LoanTerms::from(context.own.loans);
        let step = next_step(landing, &loans, &choice, &terms, self.booked_until);
        let mut operator = context.operator.lock().await;
        let sent = match step {
            LoanStep::Keep => return Ok(false),
            LoanStep::Lend(loan) => operator.lend(now.head, now.slot, loan).await,
            LoanStep::CutAfter { last_epoch } => operator.cut(now.head, now.slot, last_epoch).await,
        };
        drop(operator);
        match sent {
            Ok(sent) => {
                self.booked_until = None;
                self.note(&sent);
                tracing::info!(?step, transaction = %sent.hash, "lent anew");
                Ok(true)
            }
            Err(OperatorError::Booked { until }) => {
                self.booked_until = Some(until);
                Err(OperatorError::Booked { until }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn tell_unread(&mut self, unread: BTreeSet<u32>) {
        if unread != self.unread && !unread.is_empty() {
            tracing::warn!(gateways = ?unread, "the configuration names gateways that are no candidates: the registry has no such number");
        }
        self.unread = unread;
    }

    fn show(&self, loans: &[Loan], epoch: u64) {
        let figures = &self.context.figures;
        let now = loans.iter().find(|loan| loan.covers(epoch));
        figures
            .lent_gateway
            .set(now.map_or(0, |loan| loan.gateway.into()));
        let until = loans.iter().map(|loan| loan.last_epoch).max();
        let until = until.and_then(|until| i64::try_from(until).ok());
        figures.lent_until_epoch.set(until.unwrap_or(0));
    }

    fn note(&self, sent: &Sent) {
        let kinds = &self.context.figures.transactions;
        kinds.with_label_values(&[sent.what]).inc();
    }

    async fn prove(&mut self, now: Now) -> Result<(), LendingError> {
        let Some(keeper) = self.keeper.as_mut() else {
            return Ok(());
        };
        let Some(chore) = keeper.due(now.head, Busy::default()).await? else {
            return Ok(());
        };
        let mut operator = self.context.operator.lock().await;
        let chores = &self.context.figures.chores;
        let next_slot = now.slot.saturating_add(1);
        let done = keeper
            .work(operator.lane(), chore, next_slot, chores)
            .await?;
        tracing::info!(?chore, ?done, "stepped in for the gateways");
        Ok(())
    }
}

/// Who had the slots, as the loans say: those that reach `lead` can still be changed.
fn had(loans: &[Loan], epoch: u64, lead: u64) -> Had {
    let ahead = || loans.iter().filter(|loan| loan.last_epoch >= lead);
    Had {
        lent: ahead().map(|loan| loan.gateway).collect(),
        for_epochs: ahead()
            .next()
            .map_or(0, |loan| epoch.saturating_sub(loan.first_epoch)),
        newest: loans.last().map(|loan| loan.gateway),
    }
}

/// A number that spreads bystanders over the slots.
pub(super) fn salt_of(operator: Address) -> u64 {
    let (_, last) = operator.split_at(12);
    last.iter()
        .fold(0u64, |sum, byte| sum.wrapping_shl(8) | u64::from(*byte))
}
