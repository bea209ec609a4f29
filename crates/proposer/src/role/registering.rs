use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use forebond_beacon::bls::PublicKeyBytes;
use forebond_commit_boost::{
    client::{ProposerSigner, SignerError},
    safe::SafeError,
};
use forebond_l1::beacon::StateError;

use super::context::{Context, Now, Round};
use crate::{
    act::{OperatorError, RegisterError, ValidatorProofs, registration_call, sign_registration},
    duties::validators::{Place, Registration, Seen, due, place_of},
    seen::{MOST_VALIDATORS, SeenError},
};

/// Longest pause after a registration that came to nothing, slots.
const LONGEST_PAUSE_SLOTS: u64 = 64;

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
pub enum RegisteringError {
    /// L1 does not show it.
    #[error(transparent)]
    Seen(#[from] SeenError),
    /// The signer.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A signature.
    #[error(transparent)]
    Sign(#[from] RegisterError),
    /// A proof.
    #[error(transparent)]
    Proof(#[from] StateError),
    /// A transaction.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

/// Registers validators whose keys the signer holds.
pub struct Registering<S> {
    context: Arc<Context<S>>,
    /// Validators that have left and are to come back.
    asked: BTreeSet<u64>,
    /// The epoch in which the signer last told its keys.
    asked_in: Option<u64>,
    /// The epoch after whose beginning the registry was last read.
    seen_in: Option<u64>,
    /// Registrations that came to nothing, one after the other, and the slot before which none is tried.
    failures: u32,
    not_before_slot: u64,
}

impl<S: ProposerSigner> Round for Registering<S> {
    type Error = RegisteringError;

    async fn round(&mut self, now: Now) -> Result<(), RegisteringError> {
        self.ask_for_keys(now).await?;
        if now.slot < self.not_before_slot || self.seen_in == Some(now.epoch) {
            return Ok(());
        }
        let keys: Vec<PublicKeyBytes> = self.context.keys.lock().iter().copied().collect();
        if keys.is_empty() {
            return Ok(());
        }
        let seen = self.context.chain.validators(now.head, &keys).await?;
        self.show(&seen);
        let operator = self.context.chain.operator;
        let registration = due(&seen, operator, &self.asked);
        let (Some(registration), false) = (registration, self.context.own.no_registration) else {
            self.seen_in = Some(now.epoch);
            return Ok(());
        };
        let done = self.register(&registration).await;
        match &done {
            // The next round looks again: there may be more than one transaction's worth.
            Ok(()) => self.failures = 0,
            Err(_) => {
                let pause = 1u64 << self.failures.min(6);
                self.failures = self.failures.saturating_add(1);
                self.not_before_slot = now.slot.saturating_add(pause.min(LONGEST_PAUSE_SLOTS));
            }
        }
        done
    }
}

impl<S: ProposerSigner> Registering<S> {
    pub(super) const fn new(context: Arc<Context<S>>, asked: BTreeSet<u64>) -> Self {
        Self {
            context,
            asked,
            asked_in: None,
            seen_in: None,
            failures: 0,
            not_before_slot: 0,
        }
    }

    /// Once an epoch, and in each slot until the signer has told them.
    async fn ask_for_keys(&mut self, now: Now) -> Result<(), SignerError> {
        if self.asked_in == Some(now.epoch) || !self.context.may_ask() {
            return Ok(());
        }
        let told = self.context.safe.signer().public_keys().await;
        let sets = told.inspect_err(|error| self.context.signer_failed(error))?;
        self.context.signer_is_well();
        self.asked_in = Some(now.epoch);
        if sets.len() > MOST_VALIDATORS {
            tracing::warn!(
                keys = sets.len(),
                most = MOST_VALIDATORS,
                "one proposer looks after so many validators at most; run another one for the rest"
            );
        }
        let keys = sets.into_iter().take(MOST_VALIDATORS);
        let keys: BTreeSet<_> = keys.map(|set| set.consensus).collect();
        if keys.is_empty() {
            tracing::warn!("the signer holds no keys: `forebond doctor` says where to look");
        }
        let mut known = self.context.keys.lock();
        if *known != keys {
            self.seen_in = None;
            *known = keys;
        }
        Ok(())
    }

    async fn register(&self, wanted: &Registration) -> Result<(), RegisteringError> {
        let context = &self.context;
        let operator = context.chain.operator;
        let registry = context.chain.facts.contracts.validator_registry;
        let mut signed = Vec::with_capacity(wanted.validators.len());
        let mut failed = None;
        for (index, key) in &wanted.validators {
            if !context.may_ask() {
                break;
            }
            let signature =
                sign_registration(&context.safe, (operator, registry), *key, wanted.nonce).await;
            match signature {
                Ok(signature) => {
                    context.signer_is_well();
                    signed.push((*index, *key, signature));
                }
                Err(error) => {
                    if let RegisterError::Safe(SafeError::Signer(error)) = &error {
                        context.signer_failed(error);
                    }
                    tracing::warn!(validator = index, %error, "this validator is left out");
                    failed = Some(error);
                }
            }
        }
        if signed.is_empty() {
            return failed.map_or(Ok(()), |error| Err(error.into()));
        }
        let indices = signed.iter().map(|(index, _, _)| *index).collect();
        let clock = &context.chain.facts.turns.slots;
        let proofs = ValidatorProofs::fetch(&context.chain.beacon, clock, indices).await?;
        let call = registration_call(&proofs, &signed, operator, wanted.nonce)?;
        let sent = context.operator.lock().await.register(&call).await?;
        let kinds = &context.figures.transactions;
        kinds.with_label_values(&[sent.what]).inc();
        tracing::info!(
            validators = signed.len(),
            transaction = %sent.hash,
            gas = sent.gas,
            "registered"
        );
        // Who could not sign waits as after any failure; the others are in.
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    fn show(&self, seen: &[Seen]) {
        let mut counts: BTreeMap<&str, i64> =
            ["unknown", "gone", "ours", "elsewhere", "left", "open"]
                .into_iter()
                .map(|name| (name, 0))
                .collect();
        for one in seen {
            let place = place_of(one, self.context.chain.operator);
            let name = match place {
                Place::Unknown => "unknown",
                Place::Gone => "gone",
                Place::Ours { .. } => "ours",
                Place::Elsewhere { .. } => "elsewhere",
                Place::Left { .. } => "left",
                Place::Open => "open",
            };
            if let Place::Elsewhere { operator } = place {
                tracing::warn!(key = %one.key, %operator, "this validator belongs to another operator: nothing is signed for it");
            }
            if let Some(count) = counts.get_mut(name) {
                *count += 1;
            }
        }
        for (name, count) in counts {
            let gauges = &self.context.figures.validators;
            gauges.with_label_values(&[name]).set(count);
        }
    }
}
