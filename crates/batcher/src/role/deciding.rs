//! From what is known to a decision.

use forebond_l1::execution::BlockRef;
use forebond_settlement::CommitterSet;

use super::{Batcher, RoundError, bases::is_signed_by};
use crate::{
    plan::{Decision, Hold, Permit, Situation, decide},
    source::{BlockSource, SignedBase, SourceStatus},
};

impl<S: BlockSource> Batcher<S> {
    /// The slot whose block can still hold what is sent now.
    pub(super) fn next_slot(&self, head: &BlockRef) -> u64 {
        let slots = &self.rules.turns.slots;
        let now_ms = self.parts.clock.now_ms();
        let head_slot = slots.slot_at_s(head.timestamp_s);
        let next = head_slot.max(slots.slot_at_ms(now_ms)).saturating_add(1);
        let starts_ms = slots.start_s(next).saturating_mul(1000);
        // Closer to its beginning nothing reaches it.
        let too_late = now_ms.saturating_add(self.rules.policy.lead_ms / 2) > starts_ms;
        next.saturating_add(too_late.into())
    }

    pub(super) fn measure(&self) {
        let heads = self.backlog.heads();
        let figures = &self.parts.figures;
        figures
            .unposted_blocks
            .set(i64::try_from(heads.len()).unwrap_or(i64::MAX));
        let age_ms = heads.first().map_or(0, |block| {
            let sealed_s = self.rules.turns.blocks.timestamp_s(block.number);
            self.parts
                .clock
                .now_ms()
                .saturating_sub(sealed_s.saturating_mul(1000))
        });
        figures
            .unposted_age_ms
            .set(i64::try_from(age_ms).unwrap_or(i64::MAX));
    }

    pub(super) async fn decide(
        &mut self,
        next_slot: u64,
        status: &SourceStatus,
    ) -> Result<Decision, RoundError> {
        let windows = self.parts.settlement.windows();
        let separator = self.parts.settlement.facts().separator;
        let ours = (self.parts.committer.address(), separator);
        self.bases
            .refresh(
                &self.parts.source,
                &self.rules,
                windows.schedule.iter(),
                next_slot,
                ours,
            )
            .await?;
        let permit = self.permit(next_slot).await?.map(|(signed, _)| Permit {
            window: signed.base.window,
            parent_block: signed.base.parentBlock,
            parent_block_hash: signed.base.parentBlockHash,
        });
        let heads = self.backlog.heads();
        let decision = decide(
            &self.rules,
            &Situation {
                now_ms: self.parts.clock.now_ms(),
                next_slot,
                schedule: &windows.schedule,
                blocks: heads,
                bases: &self.bases.own,
                base_hashes: &self.bases.hashes,
                permit,
                fits_until: self.backlog.fits_until(),
                blobs: self.backlog.blobs(),
            },
        );
        // What L1 derives to and what the gateway builds on part ways just below: the batch would be refused or void.
        let parted = status.safe.zip(heads.first()).is_some_and(|(safe, first)| {
            safe.0.saturating_add(1) == first.number && safe.1 != first.parent_hash
        });
        if parted && matches!(decision, Decision::Post(_)) {
            tracing::warn!(?status.safe, "our chain does not stand on what L1 derives to");
            return Ok(Decision::Wait {
                until_ms: 0,
                hold: Hold::BaseContradicted,
            });
        }
        Ok(decision)
    }

    /// The present owner's Base with its committers, when that is somebody else and there is something to post.
    pub(super) async fn permit(
        &self,
        next_slot: u64,
    ) -> Result<Option<(SignedBase, CommitterSet)>, RoundError> {
        let windows = self.parts.settlement.windows();
        let Some(present) = windows.schedule.at(next_slot) else {
            return Ok(None);
        };
        if present.gateway == self.rules.me || self.backlog.heads().is_empty() {
            return Ok(None);
        }
        let Some(set) = windows.committers(&present) else {
            return Ok(None);
        };
        let separator = self.parts.settlement.facts().separator;
        let signed = self.parts.source.base(present.last_slot).await?;
        Ok(signed
            .filter(|signed| {
                signed.base.window == present.last_slot && is_signed_by(signed, set, separator)
            })
            .map(|signed| (signed, set.clone())))
    }
}
