//! When a signer that failed is asked again: never in a storm, and not at all once only its operator can help.

use forebond_commit_boost::client::Advice;

/// How a signer is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignerState {
    /// Not asked yet.
    #[default]
    Unasked,
    /// The last answer was good.
    Well,
    /// It stalls, is down or locks out: asked again at this time, Unix milliseconds.
    Waiting {
        /// Unix milliseconds.
        until_ms: u64,
    },
    /// Its operator has to change something.
    NeedsOperator,
    /// It answers what it was not asked, or signs wrongly.
    Lies,
}

impl SignerState {
    /// A number for graphs: 0 unasked, 1 well, 2 waiting, 3 needs its operator, 4 lies.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Unasked => 0,
            Self::Well => 1,
            Self::Waiting { .. } => 2,
            Self::NeedsOperator => 3,
            Self::Lies => 4,
        }
    }
}

/// One signer's record.
#[derive(Clone, Copy, Debug)]
pub struct SignerPatience {
    state: SignerState,
    failures: u32,
    first_wait_ms: u64,
    longest_wait_ms: u64,
    /// No question before it, Unix milliseconds.
    not_before_ms: u64,
}

impl SignerPatience {
    /// Waits double from `first_wait_ms` to `longest_wait_ms`.
    #[must_use]
    pub const fn new(first_wait_ms: u64, longest_wait_ms: u64) -> Self {
        Self {
            state: SignerState::Unasked,
            failures: 0,
            first_wait_ms,
            longest_wait_ms,
            not_before_ms: 0,
        }
    }

    /// How it is doing.
    #[must_use]
    pub const fn state(&self) -> SignerState {
        self.state
    }

    /// Whether it may be asked at this time. One that needs its operator, or lies, is asked as rarely as the longest wait: it may
    /// have been mended. (After a refused token the client asks nothing at all until a restart.)
    #[must_use]
    pub const fn may_ask(&self, now_ms: u64) -> bool {
        now_ms >= self.not_before_ms
    }

    /// It answered well.
    pub const fn well(&mut self) {
        self.state = SignerState::Well;
        self.failures = 0;
        self.not_before_ms = 0;
    }

    /// It failed in a way that advises so.
    pub fn failed(&mut self, advice: Advice, now_ms: u64) {
        self.failures = self.failures.saturating_add(1);
        let doublings = self.failures.saturating_sub(1).min(32);
        let wait_ms = self.first_wait_ms.saturating_mul(1u64 << doublings);
        let (state, wait_ms) = match advice {
            Advice::Later => {
                let wait_ms = wait_ms.min(self.longest_wait_ms);
                let until_ms = now_ms.saturating_add(wait_ms);
                (SignerState::Waiting { until_ms }, wait_ms)
            }
            Advice::Operator => (SignerState::NeedsOperator, self.longest_wait_ms),
            Advice::Alarm => (SignerState::Lies, self.longest_wait_ms),
        };
        self.state = state;
        self.not_before_ms = now_ms.saturating_add(wait_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pitfall: a signer that is down is asked by every round of every duty.
    #[test]
    fn questions_to_a_failing_signer_thin_out_and_its_recovery_is_noticed() {
        let mut patience = SignerPatience::new(100, 1_000);
        let mut asked = 0;
        for now_ms in (0..10_000).step_by(10) {
            if patience.may_ask(now_ms) {
                asked += 1;
                patience.failed(Advice::Later, now_ms);
            }
        }
        // 100 + 200 + 400 + 800, then every second.
        assert!((10..=14).contains(&asked), "{asked}");
        patience.well();
        assert!(patience.may_ask(0) && patience.state() == SignerState::Well);
    }

    #[test]
    fn a_signer_that_lies_is_left_alone_for_the_longest_wait_at_once() {
        let mut patience = SignerPatience::new(100, 1_000);
        patience.failed(Advice::Alarm, 50);
        assert_eq!(patience.state(), SignerState::Lies);
        assert!(!patience.may_ask(1_049) && patience.may_ask(1_050));
    }
}
