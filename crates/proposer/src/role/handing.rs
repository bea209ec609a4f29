use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use forebond_beacon::bls::PublicKeyBytes;
use forebond_commit_boost::client::{ProposerSigner, SignerError};
use futures_util::StreamExt;

use super::context::{Context, Now, Round};
use crate::{
    act::{SlotSignError, SlotSigner},
    duties::slots::{Duty, MOST_PER_ROUND, RollupName, Skipped, SlotMessage, due},
    seen::SeenError,
    served::Relays,
};

/// Signatures asked for at one time, as many as the client lets be under way.
const AT_ONCE: usize = 2;

/// Signs the slots that are lent, and keeps the book of them.
pub struct Handing<S> {
    context: Arc<Context<S>>,
    signer: SlotSigner<S>,
    relays: Relays,
    /// Slots that are not asked for again: we signed them for another gateway, or in no form that relays know.
    given_up: BTreeSet<(u64, PublicKeyBytes)>,
    /// What was skipped last, to tell of changes.
    skipped: BTreeSet<Skipped>,
    /// Another proposer signs with our keys: nothing is signed here until a restart.
    has_twin: bool,
}

impl<S: ProposerSigner> Round for Handing<S> {
    type Error = SeenError;

    async fn round(&mut self, now: Now) -> Result<(), SeenError> {
        let context = Arc::clone(&self.context);
        let windows = context.settlement.windows();
        if windows.at.is_none() {
            // What is lent is not known before the first reading.
            return Ok(());
        }
        let mut duties = context.chain.duties(now.epoch).await?;
        let ours = context.chain.ours(now.head, &duties).await?;
        let lent = context
            .chain
            .lent(now.head, now.epoch, &windows, &context.own)
            .await?;
        let is_ours = |duty: &Duty| ours.contains(&(duty.epoch, duty.index));
        // Before the signer's keys are needed: the guard goes on without a signer.
        let handed: BTreeMap<u64, u32> = duties
            .iter()
            .filter(|duty| is_ours(duty))
            .filter_map(|duty| Some((duty.slot, lent.get(&duty.epoch)?.gateway)))
            .collect();
        // Each slot has its duty: so far duties and loans are read.
        let until_slot = duties.iter().map(|duty| duty.slot).max();
        context.handed.replace(handed, until_slot.unwrap_or(0));
        let keys = context.keys.lock().clone();
        if keys.is_empty() {
            return Ok(());
        }
        duties.retain(|duty| keys.contains(&duty.key));
        let facts = &context.chain.facts;
        let rollup = RollupName {
            l1_chain_id: facts.l1.chain_id,
            inbox: facts.contracts.inbox,
        };
        let (messages, skipped) = due(now.slot, &duties, is_ours, &lent, &rollup);
        self.tell(skipped);
        let gateways: BTreeMap<_, _> = messages
            .iter()
            .map(|one| ((one.message.slot, one.message.proposer), one.gateway))
            .collect();
        context.book.retain(now.slot, |slot, proposer, gateway| {
            gateways.get(&(slot, *proposer)) == Some(&gateway)
        });
        self.given_up.retain(|(slot, _)| *slot > now.slot);
        self.sign(now, messages).await;
        let coming = context.book.coming(now.slot);
        let coming = i64::try_from(coming).unwrap_or(i64::MAX);
        context.figures.signed_slots.set(coming);
        Ok(())
    }
}

impl<S: ProposerSigner> Handing<S> {
    pub(super) fn new(context: Arc<Context<S>>, signer: SlotSigner<S>, relays: Relays) -> Self {
        Self {
            context,
            signer,
            relays,
            given_up: BTreeSet::new(),
            skipped: BTreeSet::new(),
            has_twin: false,
        }
    }

    /// Signs what is not signed yet. The next epoch's proposers may still move in an epoch's first slots, so those wait.
    async fn sign(&mut self, now: Now, messages: Vec<SlotMessage>) {
        let context = &self.context;
        let slots = &context.chain.facts.turns.slots;
        let settled =
            now.slot % slots.slots_per_epoch.max(1) >= context.chain.facts.lookahead_depth;
        let fresh: Vec<_> = messages
            .into_iter()
            .filter(|one| {
                let (slot, proposer) = (one.message.slot, one.message.proposer);
                !context.book.has(slot, proposer, one.gateway)
                    && !self.given_up.contains(&(slot, proposer))
            })
            .take(MOST_PER_ROUND)
            .collect();
        self.has_twin = self.has_twin || self.sees_a_twin(&fresh).await;
        if self.has_twin {
            let refused = &self.context.figures.slots_refused;
            let count = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
            refused
                .with_label_values(&["another_proposer"])
                .inc_by(count);
            return;
        }
        let wanted: Vec<_> = fresh
            .into_iter()
            .filter(|one| settled || slots.epoch_of(one.message.slot) == now.epoch)
            .collect();
        context.readiness.set_ready("slots");
        let signer = &self.signer;
        let given_up: Vec<_> = futures_util::stream::iter(wanted)
            .map(|one| hand_over(context, signer, one))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        self.given_up.extend(given_up.into_iter().flatten());
    }

    /// Whether relays show a message of our keys that is not ours, for a slot that is about to be signed. Before anything is signed: of
    /// two proposers on one key, the one that comes later finds what the other one has signed ahead.
    async fn sees_a_twin(&self, fresh: &[SlotMessage]) -> bool {
        let ours: Vec<_> = fresh.iter().map(|one| self.signer.standing(one)).collect();
        let asked = ours
            .iter()
            .map(|one| self.relays.contradiction(&one.message));
        let found = futures_util::future::join_all(asked).await;
        let Some(other) = found.into_iter().flatten().next() else {
            return false;
        };
        let words = format!(
            "another proposer signs with our keys: it has handed slot {} of {} to {}; nothing is signed here any more: stop one of the two, and restart the other",
            other.message.slot, other.message.proposer, other.message.delegate
        );
        tracing::error!("{words}");
        self.context.readiness.set_not_ready("slots", words);
        true
    }

    fn tell(&mut self, skipped: Vec<(u64, Skipped)>) {
        let reasons: BTreeSet<_> = skipped.into_iter().map(|(_, why)| why).collect();
        if reasons != self.skipped {
            if !reasons.is_empty() {
                tracing::debug!(?reasons, "some slots of ours are not handed over");
            }
            self.skipped = reasons;
        }
    }
}

/// Signs one slot and shows it; gives the slot back when it is not to be tried again.
async fn hand_over<S: ProposerSigner>(
    context: &Context<S>,
    signer: &SlotSigner<S>,
    wanted: SlotMessage,
) -> Option<(u64, PublicKeyBytes)> {
    if !context.may_ask() {
        return None;
    }
    let (slot, proposer, gateway) = (wanted.message.slot, wanted.message.proposer, wanted.gateway);
    let refused = |reason: &str| {
        context
            .figures
            .slots_refused
            .with_label_values(&[reason])
            .inc();
    };
    match signer.sign(wanted).await {
        Ok(signed) => {
            context.signer_is_well();
            context.figures.slots_signed.inc();
            context.book.show(gateway, signed);
            None
        }
        Err(error) => {
            if let Some(error) = error.of_signer() {
                context.signer_failed(error);
                refused("signer");
                let is_final = matches!(error, SignerError::UnknownKey { .. });
                return is_final.then_some((slot, proposer));
            }
            let (reason, is_final) = match &error {
                SlotSignError::HandedOver { .. } => ("handed_over_before", true),
                SlotSignError::Form(_) => ("dialect", true),
                SlotSignError::Safe(_) => ("protection", true),
                _ => ("disk", false),
            };
            refused(reason);
            tracing::warn!(slot, key = %proposer, %error, "this slot is not signed");
            is_final.then_some((slot, proposer))
        }
    }
}
