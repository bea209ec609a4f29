use std::{future::Future, time::Duration};

use crate::{Advice, L1Error};

/// How often and how patiently a request is repeated. Bounded in number; each wait doubles up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, at least one.
    pub attempts: u32,
    /// Wait after the first failure, milliseconds.
    pub first_wait_ms: u64,
    /// Longest wait between two tries, milliseconds.
    pub longest_wait_ms: u64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait_ms: 100,
            longest_wait_ms: 2_000,
        }
    }
}

impl RetryPolicy {
    /// Wait before try `attempt` (1 = the second try), milliseconds; `None` when there is no further try.
    pub fn wait_ms(&self, attempt: u32) -> Option<u64> {
        (attempt < self.attempts.max(1)).then(|| {
            let doublings = attempt.saturating_sub(1).min(32);
            self.first_wait_ms
                .saturating_mul(1u64 << doublings)
                .min(self.longest_wait_ms)
        })
    }

    /// Repeats `request` while it fails with something that may pass.
    ///
    /// # Errors
    /// The last failure.
    pub async fn run<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, L1Error>
    where
        F: Future<Output = Result<T, L1Error>>,
    {
        let mut attempt = 0;
        loop {
            match request().await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    attempt += 1;
                    let wait = (error.advice() == Advice::Retry)
                        .then(|| self.wait_ms(attempt))
                        .flatten();
                    let Some(wait_ms) = wait else {
                        return Err(error);
                    };
                    tracing::debug!(%error, attempt, wait_ms, "L1 request failed, trying again");
                    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_end() {
        let policy = RetryPolicy {
            attempts: 6,
            first_wait_ms: 100,
            longest_wait_ms: 500,
        };
        let waits: Vec<_> = (1..=7).map(|n| policy.wait_ms(n)).collect();
        assert_eq!(
            waits,
            [
                Some(100),
                Some(200),
                Some(400),
                Some(500),
                Some(500),
                None,
                None
            ]
        );
    }

    #[test]
    fn a_policy_of_no_attempts_still_tries_once() {
        let policy = RetryPolicy {
            attempts: 0,
            first_wait_ms: 1,
            longest_wait_ms: 1,
        };
        assert_eq!(policy.wait_ms(1), None);
    }
}
