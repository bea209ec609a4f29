use super::Promise;
use alloy_primitives::B256;
use dashmap::DashMap;
use forebond_rpc::SubmitError;
use tokio::sync::oneshot;

/// Callers that may wait for one transaction at a time.
const MAX_PER_TRANSACTION: usize = 64;

/// How waiting for a transaction ends.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is promised.
    Promised(Promise),
    /// The pool refused it.
    Refused(SubmitError),
    /// It will not be: it left the pool or the rules refused it.
    Gone(String),
}

/// Who waits for which transaction. A caller registers before it submits, so that it cannot miss
/// the answer.
#[derive(Debug, Default)]
pub struct Waiters {
    by_hash: DashMap<B256, Vec<oneshot::Sender<Outcome>>>,
}

impl Waiters {
    /// Registers for `hash`; `None` when too many wait for it already.
    pub fn register(&self, hash: B256) -> Option<oneshot::Receiver<Outcome>> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.by_hash.entry(hash).or_default();
        waiting.retain(|other| !other.is_closed());
        if waiting.len() >= MAX_PER_TRANSACTION {
            return None;
        }
        waiting.push(sender);
        Some(receiver)
    }

    /// Answers everybody who waits for `hash`.
    pub fn resolve(&self, hash: B256, outcome: impl Fn() -> Outcome) {
        if self.by_hash.is_empty() {
            return;
        }
        if let Some((_, waiting)) = self.by_hash.remove(&hash) {
            for waiter in waiting {
                let _ = waiter.send(outcome());
            }
        }
    }

    /// Forgets those who stopped waiting for `hash`.
    pub fn tidy(&self, hash: B256) {
        self.by_hash.remove_if_mut(&hash, |_, waiting| {
            waiting.retain(|waiter| !waiter.is_closed());
            waiting.is_empty()
        });
    }
}
