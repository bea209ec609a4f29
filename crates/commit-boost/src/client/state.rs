use std::time::{Duration, Instant};

use crate::{Secret, dialect::SignerDialect};

/// What the client remembers between requests.
#[derive(Debug)]
pub(super) struct State {
    pub secret: Option<Secret>,
    /// Counts secrets: an answer to a token of an older one says nothing about the present one.
    pub generation: u64,
    /// Why nothing is asked any more.
    pub latched: Option<String>,
    /// Locked out until then.
    pub closed_until: Option<Instant>,
    pub dialect: Option<SignerDialect>,
    /// Signer's clock minus ours, seconds.
    pub skew_s: Option<i64>,
}

/// What stands in the way of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// An earlier 401, with the signer's words.
    Latched(String),
    /// A lock-out for another while.
    Closed(Duration),
}

impl State {
    pub(super) const fn new(secret: Option<Secret>, dialect: Option<SignerDialect>) -> Self {
        Self {
            secret,
            generation: 0,
            latched: None,
            closed_until: None,
            dialect,
            skew_s: None,
        }
    }

    pub(super) fn obstacle(&mut self, now: Instant) -> Option<Obstacle> {
        if let Some(message) = &self.latched {
            return Some(Obstacle::Latched(message.clone()));
        }
        let until = self.closed_until?;
        let left = until.saturating_duration_since(now);
        if left.is_zero() {
            self.closed_until = None;
            return None;
        }
        Some(Obstacle::Closed(left))
    }

    /// A 401 that answered a token of the secret of `generation`.
    pub(super) fn refuse(&mut self, generation: u64, message: &str) {
        if generation == self.generation {
            self.latched.get_or_insert_with(|| message.to_owned());
        }
    }

    pub(super) fn close(&mut self, now: Instant, wait: Duration) {
        let until = now.checked_add(wait);
        self.closed_until = self.closed_until.max(until);
    }

    pub(super) fn set_secret(&mut self, secret: Option<Secret>) {
        self.secret = secret;
        self.generation = self.generation.wrapping_add(1);
        self.latched = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_token_stays_refused_until_the_secret_is_set() {
        let mut state = State::new(None, None);
        let now = Instant::now();
        assert_eq!(state.obstacle(now), None);
        state.refuse(0, "unauthorized");
        assert_eq!(
            state.obstacle(now + Duration::from_secs(9_999)),
            Some(Obstacle::Latched("unauthorized".into()))
        );
        state.set_secret(Some(Secret::new("new".into())));
        assert_eq!(state.obstacle(now), None);
        // The answer to a token that was under way when the secret changed.
        state.refuse(0, "unauthorized");
        assert_eq!(state.obstacle(now), None);
    }

    #[test]
    fn a_lock_out_ends_by_itself_and_a_shorter_one_does_not_end_a_longer() {
        let mut state = State::new(None, None);
        let now = Instant::now();
        state.close(now, Duration::from_secs(300));
        state.close(now, Duration::from_secs(1));
        let left = Duration::from_secs(10);
        assert_eq!(
            state.obstacle(now + Duration::from_secs(290)),
            Some(Obstacle::Closed(left))
        );
        assert_eq!(state.obstacle(now + Duration::from_secs(300)), None);
    }
}
