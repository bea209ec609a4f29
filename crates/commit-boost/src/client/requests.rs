//! When a request goes out, how often, and what is remembered of its answer.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{
    ClientSettings, Patience, SignerError,
    answer::{lock_out, message, refusal},
    http::{Exchange, Outgoing, RawAnswer},
    state::{Obstacle, State},
};

/// The way to the signer, with all that stands in it.
#[derive(Debug)]
pub(super) struct Requests {
    exchange: Exchange,
    patience: Patience,
    pub state: Mutex<State>,
    places: Semaphore,
}

impl Requests {
    pub(super) fn new(settings: ClientSettings) -> Result<Self, SignerError> {
        Ok(Self {
            exchange: Exchange::new(&settings)?,
            patience: settings.patience,
            state: Mutex::new(State::new(settings.secret, settings.dialect)),
            places: Semaphore::new(settings.patience.in_flight.max(1)),
        })
    }

    /// One request, when nothing stands in its way and a place is free. Any answer, whatever its status.
    async fn once(
        &self,
        outgoing: Outgoing<'_>,
        with_token: bool,
    ) -> Result<RawAnswer, SignerError> {
        let what = outgoing.what;
        let _place = self
            .places
            .acquire()
            .await
            .map_err(|_| SignerError::SetUp("the client was closed".to_owned()))?;
        // Looked at only now: while we waited for the place, somebody else may have been refused.
        let (secret, generation) = {
            let mut state = self.state.lock();
            match state.obstacle(Instant::now()) {
                Some(Obstacle::Latched(message)) => {
                    return Err(SignerError::Latched {
                        what: what.to_owned(),
                        message,
                    });
                }
                Some(Obstacle::Closed(left)) => {
                    return Err(SignerError::LockedOut {
                        what: what.to_owned(),
                        wait_s: left.as_secs().saturating_add(1),
                    });
                }
                None => (
                    state.secret.clone().filter(|_| with_token),
                    state.generation,
                ),
            }
        };
        let answer = self.exchange.send(outgoing, secret.as_ref()).await?;
        let mut state = self.state.lock();
        state.skew_s = answer.skew_s;
        match answer.status {
            401 | 403 if with_token => state.refuse(generation, &message(&answer.body)),
            429 => {
                let wait = lock_out(answer.retry_after.as_deref(), &message(&answer.body));
                state.close(Instant::now(), wait);
            }
            _ => {}
        }
        Ok(answer)
    }

    /// Repeats a request that is harmless twice while it fails with something that may pass; a lock-out is waited for if it
    /// ends in time.
    pub(super) async fn patiently(&self, outgoing: Outgoing<'_>) -> Result<RawAnswer, SignerError> {
        let what = outgoing.what;
        let started = tokio::time::Instant::now();
        let mut attempt = 0;
        loop {
            let left = self
                .patience
                .call_deadline()
                .saturating_sub(started.elapsed());
            let request = self.once(outgoing.clone(), true);
            let outcome = match tokio::time::timeout(left, request).await {
                Ok(Ok(answer)) if answer.status >= 500 || answer.status == 429 => {
                    let retry_after = answer.retry_after.as_deref();
                    Err(refusal(what, answer.status, retry_after, &answer.body))
                }
                Ok(outcome) => outcome,
                Err(_) => Err(self.out_of_time(what)),
            };
            let error = match outcome {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            attempt += 1;
            let wait = match &error {
                SignerError::LockedOut { wait_s, .. } => self
                    .patience
                    .wait(attempt)
                    .map(|_| Duration::from_secs(*wait_s)),
                other if other.may_pass() => self.patience.wait(attempt),
                _ => None,
            };
            let left = self
                .patience
                .call_deadline()
                .saturating_sub(started.elapsed());
            match wait.filter(|wait| *wait < left) {
                Some(wait) => {
                    tracing::debug!(%error, attempt, ?wait, "the signer failed, asking again");
                    tokio::time::sleep(wait).await;
                }
                None => return Err(error),
            }
        }
    }

    /// A request that is not repeated by itself: whoever gets no answer does not know what was done.
    pub(super) async fn only_once(
        &self,
        outgoing: Outgoing<'_>,
        with_token: bool,
    ) -> Result<RawAnswer, SignerError> {
        let what = outgoing.what;
        self.in_time(what, self.once(outgoing, with_token)).await?
    }

    /// Waits for `future` no longer than a call may take.
    pub(super) async fn in_time<T>(
        &self,
        what: &str,
        future: impl Future<Output = T>,
    ) -> Result<T, SignerError> {
        tokio::time::timeout(self.patience.call_deadline(), future)
            .await
            .map_err(|_| self.out_of_time(what))
    }

    fn out_of_time(&self, what: &str) -> SignerError {
        SignerError::Timeout {
            what: what.to_owned(),
            after_ms: self.patience.call_deadline_ms,
        }
    }
}
