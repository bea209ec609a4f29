//! What gossip brings: one message at a time through `policy::Intake`, and what follows for its bringer.

use std::sync::atomic::Ordering;

use libp2p::{
    PeerId,
    gossipsub::{self, MessageAcceptance, MessageId},
};

use super::run::{Runner, Tag};
use crate::{
    Incoming, LeaveReason, Offence, Source,
    outbox::Gone,
    policy::{Ignored, Outcome, Verdict},
};

impl Runner {
    pub(super) fn gossip(&mut self, event: gossipsub::Event) -> Result<(), Gone> {
        let gossipsub::Event::Message {
            propagation_source: peer,
            message_id: id,
            message,
        } = event
        else {
            return Ok(());
        };
        let now_ms = self.now_ms();
        let book = &mut self.swarm.behaviour_mut().gate.book;
        if !book.message(&peer, message.data.len(), now_ms) {
            self.shared.counts.too_fast.fetch_add(1, Ordering::Relaxed);
            self.report(&id, &peer, MessageAcceptance::Ignore);
            self.charge(peer, Offence::TooFast);
            return Ok(());
        }
        if !book.worth_reading(&peer, now_ms) {
            self.shared.counts.unread.fetch_add(1, Ordering::Relaxed);
            self.report(&id, &peer, MessageAcceptance::Ignore);
            return Ok(());
        }
        let outcome = self.intake.take(&message.data, (id, peer), now_ms);
        let fresh = matches!(outcome.verdict, Verdict::Fresh { .. });
        self.settle(outcome)?;
        if fresh {
            // What came too early may have waited for just this.
            self.judge_again()?;
        }
        Ok(())
    }

    pub(super) fn judge_again(&mut self) -> Result<(), Gone> {
        let now_ms = self.now_ms();
        for outcome in self.intake.again(now_ms) {
            self.settle(outcome)?;
        }
        Ok(())
    }

    fn settle(&mut self, outcome: Outcome<Tag>) -> Result<(), Gone> {
        let counts = &self.shared.counts;
        if let Some(conflict) = outcome.conflict {
            counts.conflicts.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(signer = %conflict.signer, fork = ?conflict.fork, base = %conflict.base, "a fork");
            self.outbox.push(Incoming::Conflict(conflict))?;
        }
        let Some((id, peer)) = outcome.tag else {
            counts.early.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        match outcome.verdict {
            Verdict::Fresh { envelope, signer } => {
                counts.accepted.fetch_add(1, Ordering::Relaxed);
                self.report(&id, &peer, MessageAcceptance::Accept);
                let from = Source::Peer(peer);
                self.deliver(Incoming::Message {
                    envelope,
                    signer,
                    from,
                })
            }
            Verdict::Ignored(why) => {
                let counter = if why == Ignored::Duplicate {
                    &counts.duplicates
                } else {
                    &counts.unusable
                };
                counter.fetch_add(1, Ordering::Relaxed);
                self.report(&id, &peer, MessageAcceptance::Ignore);
                let now_ms = self.now_ms();
                let book = &mut self.swarm.behaviour_mut().gate.book;
                book.unusable(&peer, now_ms);
                tracing::trace!(%peer, ?why, "of no use");
                Ok(())
            }
            Verdict::Rejected { offence, reason } => {
                counts.rejected.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(%peer, %offence, reason, "refused");
                self.report(&id, &peer, MessageAcceptance::Reject);
                self.charge(peer, offence);
                Ok(())
            }
        }
    }

    fn deliver(&mut self, event: Incoming) -> Result<(), Gone> {
        if self.outbox.push(event)? {
            self.shared.counts.lagged.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn report(&mut self, id: &MessageId, peer: &PeerId, acceptance: MessageAcceptance) {
        self.swarm
            .behaviour_mut()
            .gossip
            .report_message_validation_result(id, peer, acceptance);
    }

    pub(super) fn charge(&mut self, peer: PeerId, offence: Offence) {
        let now_ms = self.now_ms();
        let behaviour = self.swarm.behaviour_mut();
        let ban = behaviour.gate.book.charge(&peer, offence, now_ms);
        // A banned peer is on its way out; until then gossip listens to it no more.
        let score = match ban {
            Some(_) => self.limits.ban_score * 4.0,
            None => behaviour.gate.book.score(&peer, now_ms),
        };
        behaviour.gossip.set_application_score(&peer, score);
        if let Some(for_ms) = ban {
            self.shared.counts.banned.fetch_add(1, Ordering::Relaxed);
            tracing::info!(%peer, %offence, for_ms, "banned");
            self.part(peer, LeaveReason::Banned { offence, for_ms });
        }
    }

    pub(super) fn part(&mut self, peer: PeerId, reason: LeaveReason) {
        if self.swarm.disconnect_peer_id(peer).is_ok() {
            self.parting.insert(peer, reason);
        }
    }
}
