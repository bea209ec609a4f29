use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
    time::Duration,
};

use forebond_beacon::bls::PublicKeyBytes;
use forebond_commit_boost::{
    client::{Advice, ProposerSigner, SignerError},
    safe::SafeSigner,
};
use forebond_l1::execution::BlockRef;
use forebond_runtime::Clock;
use forebond_runtime::{Health as Readiness, Shutdown};
use forebond_settlement::Settlement;
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::{
    act::Operator,
    choice::Health,
    config::OwnConfig,
    duties::patience::{SignerPatience, SignerState},
    figures::Figures,
    guard::HandedSlots,
    seen::Chain,
    served::SlotBook,
};

/// What all loops share.
pub struct Context<S> {
    /// Questions to L1.
    pub chain: Chain,
    /// The rollup's view.
    pub settlement: Settlement,
    /// The operator's choices.
    pub own: OwnConfig,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// For `/metrics`.
    pub figures: Figures,
    /// For `/readyz`.
    pub readiness: Readiness,
    /// Signed slots.
    pub book: SlotBook,
    /// Slots that are lent.
    pub handed: HandedSlots,
    /// The one door to a signature.
    pub safe: Arc<SafeSigner<S>>,
    /// When the signer may be asked.
    pub patience: Mutex<SignerPatience>,
    /// The operator's account: one transaction at a time.
    pub operator: AsyncMutex<Operator>,
    /// Keys that the signer holds.
    pub keys: Mutex<BTreeSet<PublicKeyBytes>>,
    /// How gateways answer.
    pub health: Mutex<BTreeMap<u32, Health>>,
    /// Between two looks at the head, milliseconds.
    pub poll_ms: u64,
}

/// Where L1 stands.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Its newest block.
    pub head: BlockRef,
    /// The slot that runs, by the clock or the head, whichever is later.
    pub slot: u64,
    /// That slot's epoch.
    pub epoch: u64,
}

/// What a loop does after a head.
pub trait Round: Send {
    /// Why it failed.
    type Error: std::fmt::Display + Send;

    /// Does it. May be dropped in the middle, when the end is requested.
    fn round(&mut self, now: Now) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

impl<S: ProposerSigner> Context<S> {
    /// Where L1 stands after `head`.
    pub fn now(&self, head: BlockRef) -> Now {
        let slots = &self.chain.facts.turns.slots;
        let by_clock = slots.slot_at_ms(self.clock.now_ms());
        let slot = slots.slot_at_s(head.timestamp_s).max(by_clock);
        Now {
            head,
            slot,
            epoch: slots.epoch_of(slot),
        }
    }

    /// A slot's length, milliseconds.
    pub fn slot_ms(&self) -> u64 {
        let slots = &self.chain.facts.turns.slots;
        slots.seconds_per_slot.saturating_mul(1_000)
    }

    /// Whether the signer may be asked now.
    pub fn may_ask(&self) -> bool {
        self.patience.lock().may_ask(self.clock.now_ms())
    }

    /// The signer answered.
    pub fn signer_is_well(&self) {
        let before = {
            let mut patience = self.patience.lock();
            let before = patience.state();
            patience.well();
            before
        };
        self.figures.signer_state.set(SignerState::Well.code());
        if before != SignerState::Well {
            self.readiness.set_ready("signer");
        }
    }

    /// The signer failed: it is asked less often, and `/readyz` says why.
    pub fn signer_failed(&self, error: &SignerError) {
        let advice = error.advice();
        // One key that it does not hold is no reason to leave the others waiting.
        if matches!(error, SignerError::UnknownKey { .. }) {
            let failures = &self.figures.signer_failures;
            failures.with_label_values(&["unknown_key"]).inc();
            tracing::warn!(%error, "the signer does not hold a key that it named");
            return;
        }
        let state = {
            let mut patience = self.patience.lock();
            patience.failed(advice, self.clock.now_ms());
            patience.state()
        };
        let name = match advice {
            Advice::Later => "later",
            Advice::Operator => "operator",
            Advice::Alarm => "alarm",
        };
        self.figures
            .signer_failures
            .with_label_values(&[name])
            .inc();
        self.figures.signer_state.set(state.code());
        self.readiness.set_not_ready("signer", error.to_string());
        if advice == Advice::Alarm {
            tracing::error!(%error, "the signer lies");
        } else {
            tracing::warn!(%error, "the signer fails");
        }
    }

    /// Does `round` once a head until the end is requested. What fails is told, counted, and tried again after the next head.
    pub async fn each_head(&self, duty: &'static str, shutdown: &Shutdown, mut work: impl Round) {
        let mut seen = None;
        let mut said = String::new();
        loop {
            if let Some(head) = self
                .settlement
                .head()
                .filter(|head| seen != Some(head.hash))
            {
                seen = Some(head.hash);
                let outcome = tokio::select! {
                    () = shutdown.requested() => return,
                    outcome = work.round(self.now(head)) => outcome,
                };
                match outcome {
                    Ok(()) => said.clear(),
                    Err(error) => {
                        self.figures.failures.with_label_values(&[duty]).inc();
                        let words = error.to_string();
                        // The same failure slot after slot is told once.
                        if words != said {
                            tracing::warn!(duty, error = %words, "this round failed");
                            said = words;
                        }
                    }
                }
            }
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(Duration::from_millis(self.poll_ms.max(1))) => {}
            }
        }
    }
}
