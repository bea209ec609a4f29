//! One transaction until it is promised: asked again elsewhere when nobody answers. The same bytes are sent each time, and the
//! same promise comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use alloy_primitives::Address;
use eyre::{Result, eyre};
use forebond_runtime::now_ms;
use forebond_types::Preconfirmation;
use serde_json::{Value, json};

use super::{Promise, calls::Signed, checker::Checker};
use crate::{
    misdeeds::Held,
    rpc::{Refusal, Rpc, quantity},
};

/// So long a user asks for one transaction.
const PATIENCE: Duration = Duration::from_secs(30);
/// A gateway may be dead and the next one's turn some slots away.
const LONGEST_HANDOVER: Duration = Duration::from_secs(15);
/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(100);
/// Wei per gas that a user would pay for a promise: more than any quote here.
const HIGHEST_TIP: &str = "0x2540be400";

/// All places a user can ask, in turn.
#[derive(Clone, Debug)]
pub(super) struct Places {
    all: Arc<Vec<Rpc>>,
    next: Arc<AtomicUsize>,
    /// Where users keep their objects, when somebody may want to complain.
    held: Option<Held>,
}

/// What came of a transaction.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Promised; the time it took to a checked object.
    Promised(Promise, Duration),
    /// An object that is not what it says: how, and where it came from.
    Invalid(String),
    /// Refused, with the last reason.
    Refused(String),
    /// Nobody answered in time.
    Unanswered(String),
}

impl Places {
    pub(super) fn new(all: Vec<Rpc>, held: Option<Held>) -> Self {
        Self {
            held,
            all: Arc::new(all),
            next: Arc::default(),
        }
    }

    /// The next one in turn.
    pub(super) fn next(&self) -> Option<&Rpc> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.all.get(turn.checked_rem(self.all.len())?)
    }

    /// Asks until somebody answers.
    ///
    /// # Errors
    /// When nobody has for long, with the last reason.
    pub(super) async fn ask(&self, method: &'static str, params: Value) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let place = self.next().ok_or_else(|| eyre!("nobody to ask"))?;
            match place.ask(method, params.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) if begun.elapsed() > PATIENCE => return Err(error),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Nonce of an account's next transaction, promised ones counted.
    pub(super) async fn nonce(&self, account: Address) -> Result<u64> {
        let params = json!([account, "pending"]);
        let nonce = self.ask("eth_getTransactionCount", params).await?;
        quantity(&nonce).ok_or_else(|| eyre!("expected a nonce in hex, got {nonce}"))
    }

    /// Sends until it is promised.
    pub(super) async fn promised(
        &self,
        signed: &Signed,
        sender: Address,
        checker: &mut Checker,
    ) -> Outcome {
        let begun = Instant::now();
        let mut last = "nobody to ask".to_owned();
        for tried in 1.. {
            let Some(place) = self.next().filter(|_| begun.elapsed() < PATIENCE) else {
                break;
            };
            match ask(place, signed).await {
                Ok(object) => {
                    return match checker.check(&object, signed.hash, sender, now_ms()) {
                        Ok(promise) => {
                            let took = begun.elapsed();
                            if let Some(held) = &self.held {
                                held.add(*object);
                            }
                            Outcome::Promised(promise, took)
                        }
                        Err(error) => Outcome::Invalid(format!(
                            "{} from {}: {error:#}",
                            signed.hash,
                            place.url()
                        )),
                    };
                }
                Err(error) => {
                    last = format!("{}: {error:#}", place.url());
                    let refusal = error.downcast_ref::<Refusal>();
                    if refusal.is_some_and(|refusal| self.is_final(refusal, tried, begun.elapsed()))
                    {
                        return Outcome::Refused(last);
                    }
                }
            }
            // One place may not be taking transactions at the moment; when none does, it is a hand-over.
            if tried % self.all.len() == 0 {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Outcome::Unanswered(last)
    }

    /// Whether asking on is of no use: everybody says so, and either it is about the nonce, which does not change by waiting, or it
    /// has lasted longer than a hand-over.
    fn is_final(&self, refusal: &Refusal, tried: usize, waited: Duration) -> bool {
        tried > self.all.len() && (refusal.is_about_the_nonce() || waited > LONGEST_HANDOVER)
    }
}

/// Asks one place; it may have been promised at an earlier try.
async fn ask(place: &Rpc, signed: &Signed) -> Result<Box<Preconfirmation>> {
    let params = json!([signed.raw, HIGHEST_TIP]);
    match place.ask("eth_requestPreconf", params).await {
        Ok(object) => Ok(object),
        Err(error) if error.downcast_ref::<Refusal>().is_some() => {
            let known = place
                .ask("eth_getPreconfirmation", json!([signed.hash]))
                .await;
            match known {
                Ok(Some(object)) => Ok(object),
                _ => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str) -> Refusal {
        Refusal {
            method: "eth_requestPreconf",
            code: -32_000,
            message: message.to_owned(),
        }
    }

    #[test]
    fn a_hand_over_is_waited_for_and_a_used_nonce_is_not() {
        let place = || Rpc::new("http://127.0.0.1:9").unwrap();
        let places = Places::new(vec![place(), place()], None);
        let nonce = refusal("nonce too low: next nonce 4, tx nonce 3");
        let turn = refusal("not the turn of this gateway");
        let soon = Duration::from_secs(1);
        assert!(
            !places.is_final(&nonce, 2, soon),
            "somebody may know better"
        );
        assert!(places.is_final(&nonce, 3, soon));
        assert!(!places.is_final(&turn, 30, soon));
        assert!(places.is_final(&turn, 30, LONGEST_HANDOVER * 2));
    }
}
