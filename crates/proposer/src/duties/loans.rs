//! What to lend to which gateway. Loans are ranges of whole L1 epochs, begin two epochs ahead at the earliest, and never overlap. A
//! change of gateway is two steps, each a transaction: the running loan is cut, then the next one begins behind it. Both are decided
//! anew from what the registry shows, so a crash between them costs nothing.

use crate::choice::Choice;

/// A change made in epoch E takes effect in E + 2 (R26).
pub const LEAD_EPOCHS: u64 = 2;
/// So many epochs ahead a first loan may begin: one sent at an epoch's end is made for the next epoch, in which it may land.
pub const SIGHT_EPOCHS: u64 = LEAD_EPOCHS + 1;

/// Slots of ours lent to a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loan {
    /// Its number.
    pub gateway: u32,
    /// First L1 epoch.
    pub first_epoch: u64,
    /// Last L1 epoch.
    pub last_epoch: u64,
}

impl Loan {
    /// Whether it covers an epoch.
    #[must_use]
    pub const fn covers(&self, epoch: u64) -> bool {
        self.first_epoch <= epoch && epoch <= self.last_epoch
    }
}

/// How loans are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoanTerms {
    /// Epochs of one loan, at least 1. It may be cut at any time, so it is long to save transactions.
    pub length_epochs: u64,
    /// So many epochs before the end the next one is booked, at least 3.
    pub renew_before_epochs: u64,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoanStep {
    /// All is as it should be.
    Keep,
    /// Lend.
    Lend(Loan),
    /// End everything that was lent after this epoch.
    CutAfter {
        /// The last epoch that stays lent.
        last_epoch: u64,
    },
}

/// What is due for the gateways that were chosen. `epoch`: the one in which a transaction sent now lands, the later one when in doubt;
/// `loans`: those that cover `epoch` or a later one, in order; `booked_until`: what the registry refused a loan for, when it did:
/// something is booked that `loans` does not show.
#[must_use]
pub fn next_step(
    epoch: u64,
    loans: &[Loan],
    choice: &Choice,
    terms: &LoanTerms,
    booked_until: Option<u64>,
) -> LoanStep {
    // With nobody to lend to, what is lent stays: a gateway that is down may come back, nobody at all cannot.
    let Some(chosen) = choice.gateway else {
        return LoanStep::Keep;
    };
    let lead = epoch.saturating_add(LEAD_EPOCHS);
    let cut = LoanStep::CutAfter {
        last_epoch: lead.saturating_sub(1),
    };
    let ahead = || loans.iter().filter(|loan| loan.last_epoch >= lead);
    if ahead().any(|loan| !choice.keep.contains(&loan.gateway)) {
        return cut;
    }
    let last = ahead().map(|loan| loan.last_epoch).max();
    if last.is_none() && booked_until.is_some_and(|until| until >= lead) {
        return cut;
    }
    let renew_from = epoch.saturating_add(terms.renew_before_epochs.max(LEAD_EPOCHS + 1));
    if last.is_some_and(|last| last >= renew_from) {
        return LoanStep::Keep;
    }
    let first_epoch = last.map_or(lead, |last| last.saturating_add(1));
    LoanStep::Lend(Loan {
        gateway: chosen,
        first_epoch,
        last_epoch: first_epoch.saturating_add(terms.length_epochs.max(1) - 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: LoanTerms = LoanTerms {
        length_epochs: 10,
        renew_before_epochs: 4,
    };

    const fn loan(gateway: u32, first_epoch: u64, last_epoch: u64) -> Loan {
        Loan {
            gateway,
            first_epoch,
            last_epoch,
        }
    }

    fn step(epoch: u64, loans: &[Loan], chosen: u32) -> LoanStep {
        next_step(epoch, loans, &Choice::only(Some(chosen)), &TERMS, None)
    }

    #[test]
    fn the_first_loan_begins_two_epochs_ahead_and_is_renewed_before_it_ends() {
        assert_eq!(step(7, &[], 1), LoanStep::Lend(loan(1, 9, 18)));
        let first = [loan(1, 9, 18)];
        assert!((7..=14).all(|epoch| step(epoch, &first, 1) == LoanStep::Keep));
        assert_eq!(step(15, &first, 1), LoanStep::Lend(loan(1, 19, 28)));
    }

    #[test]
    fn another_gateway_gets_the_slots_behind_what_can_no_longer_be_taken_back() {
        let lent = [loan(1, 5, 40)];
        assert_eq!(step(7, &lent, 2), LoanStep::CutAfter { last_epoch: 8 });
        assert_eq!(step(7, &[loan(1, 5, 8)], 2), LoanStep::Lend(loan(2, 9, 18)));
        // A booked one goes too, and a cut that landed an epoch later leaves a gap at worst, never an overlap.
        let booked = [loan(1, 5, 10), loan(1, 11, 20)];
        assert_eq!(step(7, &booked, 2), LoanStep::CutAfter { last_epoch: 8 });
        assert_eq!(
            step(8, &[loan(1, 5, 8)], 2),
            LoanStep::Lend(loan(2, 10, 19))
        );
    }

    #[test]
    fn the_next_gateway_in_turn_begins_behind_the_loan_that_is_kept() {
        let mut choice = Choice::only(Some(2));
        choice.keep = [1].into();
        let lent = [loan(1, 9, 18)];
        let step = |epoch| next_step(epoch, &lent, &choice, &TERMS, None);
        assert!((9..=14).all(|epoch| step(epoch) == LoanStep::Keep));
        assert_eq!(step(15), LoanStep::Lend(loan(2, 19, 28)));
        choice.keep.clear();
        let step = next_step(9, &lent, &choice, &TERMS, None);
        assert_eq!(step, LoanStep::CutAfter { last_epoch: 10 });
    }

    #[test]
    fn with_nobody_to_lend_to_nothing_is_taken_back() {
        assert_eq!(
            next_step(7, &[loan(1, 5, 40)], &Choice::only(None), &TERMS, None),
            LoanStep::Keep
        );
    }

    #[test]
    fn what_is_booked_out_of_sight_is_cut_before_anything_is_lent() {
        let blocked = next_step(7, &[], &Choice::only(Some(1)), &TERMS, Some(60));
        assert_eq!(blocked, LoanStep::CutAfter { last_epoch: 8 });
        let passed = next_step(7, &[], &Choice::only(Some(1)), &TERMS, Some(8));
        assert_eq!(passed, LoanStep::Lend(loan(1, 9, 18)));
    }
}
