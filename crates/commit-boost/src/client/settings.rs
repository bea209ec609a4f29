use std::time::Duration;

use alloy_primitives::B256;
use forebond_beacon::signing::commit_boost::Chain;
use url::Url;

use crate::{Secret, config::ModuleConfig, dialect::SignerDialect};

/// How long and how often the signer is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one request, milliseconds. 12 s is the reference client's; a distributed validator's signer may take 60 s.
    pub attempt_deadline_ms: u64,
    /// For one call with all its repetitions, milliseconds.
    pub call_deadline_ms: u64,
    /// Requests of one call, at least one.
    pub attempts: u32,
    /// Wait after the first failure, milliseconds; doubles each time.
    pub first_wait_ms: u64,
    /// Longest such wait, milliseconds.
    pub longest_wait_ms: u64,
    /// Requests under way at one time. Fewer than the failures after which signers lock an address out (3 by default): a
    /// revoked token is then noticed before the lock-out.
    pub in_flight: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempt_deadline_ms: 12_000,
            call_deadline_ms: 30_000,
            attempts: 4,
            first_wait_ms: 200,
            longest_wait_ms: 2_000,
            in_flight: 2,
        }
    }
}

impl Patience {
    pub(super) const fn attempt_deadline(&self) -> Duration {
        Duration::from_millis(self.attempt_deadline_ms)
    }

    pub(super) const fn call_deadline(&self) -> Duration {
        Duration::from_millis(self.call_deadline_ms)
    }

    /// Wait before try `attempt` (1 = the second try); `None` when there is no further one.
    pub(super) fn wait(&self, attempt: u32) -> Option<Duration> {
        (attempt < self.attempts.max(1)).then(|| {
            let doublings = attempt.saturating_sub(1).min(32);
            let wait_ms = self.first_wait_ms.saturating_mul(1u64 << doublings);
            Duration::from_millis(wait_ms.min(self.longest_wait_ms))
        })
    }
}

/// All a client needs.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The signer. A path stays in front of every route; tokens name the route without it.
    pub url: Url,
    /// Our module.
    pub module_id: String,
    /// Its 32 bytes.
    pub signing_id: B256,
    /// The chain.
    pub chain: Chain,
    /// Shared with the signer; none where TLS alone tells who we are (Web3Signer).
    pub secret: Option<Secret>,
    /// The certificates to trust instead of the system's, PEM.
    pub certificate_pem: Option<Vec<u8>>,
    /// The dialect, when it is not to be found out.
    pub dialect: Option<SignerDialect>,
    /// Limits.
    pub patience: Patience,
}

impl<T> From<&ModuleConfig<T>> for ClientSettings {
    fn from(config: &ModuleConfig<T>) -> Self {
        Self {
            url: config.signer_url.clone(),
            module_id: config.module_id.clone(),
            signing_id: config.signing_id,
            chain: config.chain.chain,
            secret: Some(config.secret.clone()),
            certificate_pem: config.certificate_pem.clone(),
            dialect: None,
            patience: Patience::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_end() {
        let patience = Patience {
            attempts: 5,
            first_wait_ms: 100,
            longest_wait_ms: 300,
            ..Patience::default()
        };
        let waits: Vec<_> = (1..=6)
            .map(|attempt| patience.wait(attempt).map(|wait| wait.as_millis()))
            .collect();
        assert_eq!(
            waits,
            [Some(100), Some(200), Some(300), Some(300), None, None]
        );
        let none = Patience {
            attempts: 0,
            ..patience
        };
        assert_eq!(none.wait(1), None);
    }

    #[test]
    fn fewer_requests_are_under_way_than_failures_lock_an_address_out() {
        assert!(Patience::default().in_flight < 3);
    }
}
