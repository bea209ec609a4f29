//! The steps against the registry's rules (contracts/src/registry/DelegationBook.sol), with gateways that go up and down at random.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use proptest::prelude::*;

use crate::choice::Choice;

use super::loans::{LEAD_EPOCHS, Loan, LoanStep, LoanTerms, SIGHT_EPOCHS, next_step};

/// The registry's book of one operator and rollup.
#[derive(Default)]
struct Book(Vec<Loan>);

impl Book {
    /// As `delegate` does.
    fn lend(&mut self, epoch: u64, loan: Loan) -> Result<(), String> {
        if loan.first_epoch < epoch + LEAD_EPOCHS {
            return Err(format!("{loan:?} is too early in {epoch}"));
        }
        if self
            .0
            .last()
            .is_some_and(|newest| loan.first_epoch <= newest.last_epoch)
        {
            return Err(format!("{loan:?} overlaps {:?}", self.0));
        }
        self.0.push(loan);
        Ok(())
    }

    /// As `revoke` does.
    fn cut(&mut self, epoch: u64, last_epoch: u64) -> Result<(), String> {
        if last_epoch < epoch + 1 {
            return Err(format!("a cut after {last_epoch} is too early in {epoch}"));
        }
        self.0.retain(|loan| loan.first_epoch <= last_epoch);
        if let Some(newest) = self.0.last_mut() {
            newest.last_epoch = newest.last_epoch.min(last_epoch);
        }
        Ok(())
    }

    /// What the proposer reads: it looks over gaps no longer than its sight.
    fn from(&self, epoch: u64) -> Vec<Loan> {
        let mut seen: Vec<Loan> = Vec::new();
        for loan in self.0.iter().filter(|loan| loan.last_epoch >= epoch) {
            let from = seen.last().map_or(epoch, |last| last.last_epoch + 1);
            if loan.first_epoch > from.max(epoch + SIGHT_EPOCHS) {
                break;
            }
            seen.push(*loan);
        }
        seen
    }

    fn at(&self, epoch: u64) -> Vec<u32> {
        let covers = |loan: &&Loan| loan.covers(epoch);
        self.0
            .iter()
            .filter(covers)
            .map(|loan| loan.gateway)
            .collect()
    }
}

proptest! {
    /// Each epoch: the gateway chosen then, and for two steps whether each is made, and whether it may land in the next epoch.
    #[test]
    fn every_step_is_one_the_registry_takes_and_every_epoch_has_one_gateway(
        epochs in proptest::collection::vec((1u32..4, any::<[Option<bool>; 2]>()), 1..60),
        length_epochs in 1u64..12,
        renew_before_epochs in 0u64..6,
    ) {
        let terms = LoanTerms { length_epochs, renew_before_epochs };
        let mut book = Book::default();
        for (epoch, (chosen, steps)) in (10u64..).zip(epochs) {
            let mut landing = epoch;
            for is_late in steps.into_iter().flatten() {
                landing += u64::from(is_late && landing == epoch);
                let choice = Choice::only(Some(chosen));
                match next_step(landing, &book.from(epoch), &choice, &terms, None) {
                    LoanStep::Keep => {}
                    LoanStep::Lend(loan) => book.lend(epoch, loan).map_err(TestCaseError::fail)?,
                    LoanStep::CutAfter { last_epoch } => {
                        book.cut(epoch, last_epoch).map_err(TestCaseError::fail)?;
                    }
                }
            }
            // Both steps were made: from the lead on, the slots are the chosen one's.
            if let [Some(_), Some(_)] = steps {
                prop_assert_eq!(book.at(landing + LEAD_EPOCHS), vec![chosen]);
            }
            prop_assert!(book.at(epoch).len() <= 1);
        }
    }
}
