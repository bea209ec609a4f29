//! Doing what was decided, and noting what came of it.

use std::sync::Arc;

use alloy_primitives::U256;
use forebond_contracts::explain;
use forebond_l1::{
    L1Error,
    execution::BlockRef,
    sender::{SendError, SlotOutcome, SlotRules},
};
use forebond_lookahead_keeper::{Busy, Chore, Done, KeeperError};

use super::{Batcher, Round, RoundError};
use crate::{
    plan::{Hold, Order, Parent},
    post::{Job, Outcome},
    report::{BatchState, ReportError},
    rewards::turns::may_begin,
    source::BlockSource,
};

impl<S: BlockSource> Batcher<S> {
    pub(super) async fn post(
        &mut self,
        order: Order,
        parent: Parent,
        head: BlockRef,
    ) -> Result<Round, RoundError> {
        // A pause after a try that came to nothing, so that proofs are not made again and again.
        let now_ms = self.parts.clock.now_ms();
        if now_ms < self.next_look_ms {
            return Ok(Round::Waited {
                until_ms: self.next_look_ms,
                hold: Hold::Window,
            });
        }
        if !self
            .backlog
            .still_stands(&self.parts.source, order.last)
            .await?
        {
            return Ok(Round::NotReady("the gateway has given up blocks"));
        }
        let windows = self.parts.settlement.windows();
        let permit = match order.permit {
            Some(_) => self.permit(order.first_slot).await?,
            None => None,
        };
        let set = windows
            .schedule
            .window(order.window)
            .and_then(|window| windows.committers(&window).cloned());
        let (Some(base), Some(set)) = (self.bases.signed(order.window).cloned(), set) else {
            return Ok(Round::NotReady("our committer set is not known"));
        };
        if permit.is_none() && order.permit.is_some() {
            return Ok(Round::NotReady("the permit is gone"));
        }
        let dispute_wei = match parent.disputes {
            Some(id) => {
                let at = head.hash.into();
                self.parts.reader.dispute_wei(id, at).await?
            }
            None => U256::ZERO,
        };
        let job = Job {
            order,
            blocks: self.backlog.up_to(order.last).to_vec(),
            base,
            set,
            permit,
            parent,
            dispute_wei,
        };
        tracing::info!(
            first = order.first,
            last = order.last,
            window = order.window,
            why = ?order.why,
            disputes = ?parent.disputes,
            "posting"
        );
        let outcome = self.parts.poster.post(&job).await;
        self.standing = None;
        if let Some(proof_ms) = self.parts.poster.proof_ms {
            self.parts
                .figures
                .proof_ms
                .set(i64::try_from(proof_ms).unwrap_or(i64::MAX));
            // Half of what was believed, half of what was measured.
            let policy = &mut self.rules.policy;
            policy.proof_ms = policy.proof_ms.saturating_add(proof_ms) / 2;
        }
        let outcome = outcome?;
        self.note(&outcome)?;
        Ok(Round::Posted(outcome))
    }

    fn note(&mut self, outcome: &Outcome) -> Result<(), ReportError> {
        let figures = &self.parts.figures;
        match outcome {
            Outcome::Landed(line) if line.status == BatchState::Posted => {
                self.failures = 0;
                figures.batches.inc();
                figures
                    .blocks
                    .inc_by(line.last_block.saturating_sub(line.first_block) + 1);
                figures.transactions.inc_by(line.transactions);
                figures.blobs.inc_by(line.blobs as u64);
                tracing::info!(
                    batch = line.id,
                    first = line.first_block,
                    last = line.last_block,
                    slot = line.slot,
                    cost_wei = line.cost_wei,
                    cost_wei_per_transaction = line.cost_wei_per_transaction,
                    "posted"
                );
            }
            Outcome::Landed(line) => {
                figures.reverted.inc();
                tracing::warn!(
                    reason = line.note,
                    slot = line.slot,
                    "the Inbox refused a batch"
                );
                self.pause();
            }
            Outcome::NotTaken => {
                self.parts.figures.not_taken.inc();
                tracing::warn!("no slot took the batch");
            }
            // Nothing was paid, the reason shows in the next look, and the proofs are kept.
            Outcome::Withdrawn => tracing::debug!("the batch was withdrawn"),
        }
        if let Outcome::Landed(line) = outcome {
            #[allow(clippy::cast_precision_loss, reason = "a figure for a graph")]
            self.parts.figures.cost_eth.add(line.cost_wei as f64 / 1e18);
            self.parts.report.landed(line.as_ref().clone())?;
        }
        Ok(())
    }

    /// A quarter of a slot; four times as long after each further failure, up to 64 slots: whatever the reason is, each refusal
    /// costs fees.
    fn pause(&mut self) {
        let slot_ms = self.rules.turns.slots.seconds_per_slot.saturating_mul(1000);
        let factor = 4u64.saturating_pow(self.failures.min(4));
        self.failures = self.failures.saturating_add(1);
        let pause_ms = (slot_ms / 4).saturating_mul(factor);
        self.next_look_ms = self.parts.clock.now_ms().saturating_add(pause_ms);
    }

    /// A chore, when there is one for us and no batch of ours is due in the slots it may take; beside a batch, only one that goes
    /// before it.
    pub(super) async fn chore(
        &mut self,
        head: BlockRef,
        next_slot: u64,
        batch: Option<&Order>,
    ) -> Result<Option<Round>, RoundError> {
        let Some(keeper) = self.parts.keeper.as_mut() else {
            return Ok(None);
        };
        let windows = self.parts.settlement.windows();
        let handover_slots = self.rules.turns.handover_slots;
        let busy = Busy::before(&windows.schedule, next_slot, handover_slots);
        let due = match batch {
            None => keeper.due(head, busy).await?,
            // What is posted in somebody else's window, by permit, has no time of its own.
            Some(order) => {
                let until = if order.permit.is_none() {
                    order.window
                } else {
                    0
                };
                keeper.due_before(head, busy, next_slot, until).await?
            }
        };
        let Some(chore) = due else {
            return Ok(None);
        };
        let done = keeper
            .work(
                self.parts.poster.lane(),
                chore,
                next_slot,
                &self.parts.figures.chores,
            )
            .await?;
        if let Done::Paid(Chore::Prove(epoch)) = &done {
            tracing::info!(epoch, "proved the epoch's proposers");
            self.parts.figures.lookahead_proofs.inc();
            self.parts.report.proved()?;
        }
        Ok(Some(Round::Chore(chore, done)))
    }

    /// What is good for everybody, in our turn and when neither a batch nor a proof of ours is due in the slots it may take.
    pub(super) async fn errand(
        &mut self,
        head: BlockRef,
        next_slot: u64,
    ) -> Result<Option<Round>, RoundError> {
        let Some(errands) = self.errands.as_mut() else {
            return Ok(None);
        };
        let Some(errand) = errands.due() else {
            return Ok(None);
        };
        let windows = self.parts.settlement.windows();
        let busy = Busy::before(
            &windows.schedule,
            next_slot,
            self.rules.turns.handover_slots,
        );
        let ours = may_begin(next_slot, self.rules.me, errand.gateways);
        if busy.soon.contains(&self.rules.me) || !ours {
            return Ok(None);
        }
        let clock = Arc::clone(&self.parts.clock);
        let rules = SlotRules {
            first_slot: next_slot,
            last_slot: next_slot.saturating_add(1),
            ..errands.slots
        };
        let lane = self.parts.poster.lane();
        let mut work = errand.as_ref().clone();
        let sent = lane
            .send_in_slots(&mut work, &rules, None, &move || clock.now_ms())
            .await;
        let (done_in, paid) = match sent {
            Ok(SlotOutcome::Landed { landed, .. }) => (
                landed.receipt.block_number.unwrap_or(head.number),
                landed.receipt.status(),
            ),
            Ok(SlotOutcome::Withdrawn | SlotOutcome::NotTaken { .. }) => (head.number, false),
            // It would fail: somebody was faster, or it is too early.
            Err(SendError::L1(L1Error::Refused { message, data, .. })) => {
                let reason = data.map_or(message, |data| explain(&data));
                tracing::debug!(what = %errand.what, reason, "not sent");
                (head.number, false)
            }
            Err(error) => return Err(KeeperError::from(error).into()),
        };
        errands.done(done_in);
        if paid {
            tracing::info!(what = %errand.what, block = done_in, "done on L1");
            errands.landed.inc();
        }
        Ok(Some(Round::Errand(paid)))
    }
}
