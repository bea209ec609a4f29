//! When to try again: twice as long after each failure, and never two nodes in step.

/// Waits between attempts.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first_ms: u64,
    longest_ms: u64,
    failures: u32,
    /// State of a small generator, so that a run is repeated by its seed.
    state: u64,
}

impl Backoff {
    pub(crate) const fn new(first_ms: u64, longest_ms: u64, seed: u64) -> Self {
        Self {
            first_ms,
            longest_ms,
            failures: 0,
            state: seed | 1,
        }
    }

    /// How long to wait after one more failure, milliseconds: from half to the whole of the doubled time.
    pub(crate) fn failed(&mut self) -> u64 {
        let whole = self
            .first_ms
            .saturating_mul(1 << self.failures.min(20))
            .min(self.longest_ms)
            .max(1);
        self.failures = self.failures.saturating_add(1);
        // xorshift64: spreads attempts, protects nothing.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        whole / 2 + self.state % (whole / 2 + 1)
    }

    /// Begins anew.
    pub(crate) const fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_success_begins_anew() {
        let mut backoff = Backoff::new(500, 30_000, 7);
        let mut longest = 0;
        for failure in 0..80u32 {
            let wait = backoff.failed();
            let whole = (500u64 << failure.min(20)).min(30_000);
            assert!((whole / 2..=whole).contains(&wait), "{failure}: {wait}");
            longest = longest.max(wait);
        }
        assert!(longest > 15_000);
        backoff.succeeded();
        assert!(backoff.failed() <= 500);
    }
}
