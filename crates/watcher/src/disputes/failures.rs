use forebond_l1::L1Error;

use super::DisputeError;
use crate::{court::CourtError, payer::PayError};

/// What failed in one look. All of it is told, the first is given back, and none of it ends the look but an L1 that does not answer:
/// there every further question would wait as long.
#[derive(Debug, Default)]
pub(super) struct Failures(Option<DisputeError>);

impl Failures {
    /// Takes one batch's outcome, or that of what concerns none.
    ///
    /// # Errors
    /// L1 does not answer.
    pub fn note(
        &mut self,
        batch: Option<u32>,
        outcome: Result<(), DisputeError>,
    ) -> Result<(), DisputeError> {
        let Err(error) = outcome else {
            return Ok(());
        };
        if is_silence(&error) {
            return Err(error);
        }
        tracing::warn!(batch, %error, "a dispute waits, the others go on");
        self.0.get_or_insert(error);
        Ok(())
    }

    /// The first of them.
    ///
    /// # Errors
    /// There is one.
    pub fn first(self) -> Result<(), DisputeError> {
        self.0.map_or(Ok(()), Err)
    }
}

/// A refusal is an answer: it says something about one call.
const fn is_silence(error: &DisputeError) -> bool {
    match error {
        DisputeError::L1(error)
        | DisputeError::Court(CourtError::L1(error))
        | DisputeError::Pay(PayError::L1(error)) => !matches!(error, L1Error::Refused { .. }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};

    use super::*;

    fn unfunded(what: &'static str) -> Result<(), DisputeError> {
        Err(DisputeError::Pay(PayError::Unfunded {
            account: Address::ZERO,
            balance_wei: U256::ZERO,
            needed_wei: U256::ONE,
            what,
        }))
    }

    /// The bonds of the others would stay where they are, and their votes be missed.
    #[test]
    fn a_dispute_that_cannot_be_paid_for_does_not_end_the_look_and_is_told_in_the_end() {
        let mut failures = Failures::default();
        failures.note(Some(1), Ok(())).unwrap();
        failures.note(Some(2), unfunded("dispute")).unwrap();
        let would_fail = PayError::WouldFail {
            what: "dispute",
            reason: "NotDisputable".to_owned(),
        };
        failures.note(Some(3), Err(would_fail.into())).unwrap();
        let first = failures.first().unwrap_err().to_string();
        assert!(first.contains("send it ether"), "{first}");
        assert!(Failures::default().first().is_ok());
    }

    #[test]
    fn an_l1_that_does_not_answer_ends_the_look() {
        let mut failures = Failures::default();
        let silence = L1Error::Timeout {
            what: "eth_call".to_owned(),
            after_ms: 1_000,
        };
        assert!(failures.note(Some(1), Err(silence.into())).is_err());
    }
}
