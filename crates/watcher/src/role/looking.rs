use std::{sync::Arc, time::Duration};

use alloy_primitives::B256;
use forebond_evidence::{FaultKind, Ripe};
use forebond_follower::StandingBoard;
use forebond_l1::execution::BlockRef;
use forebond_protocol::Signed;
use forebond_runtime::Shutdown;
use forebond_settlement::Settlement;

use super::{Passing, listening::ignore_unheard, passing::Observers, run::L1Slot};
use crate::{
    court::Court,
    disputes::{Disputer, Opinions},
    hearing::{Desk, DeskError, committer_sets, operators},
    liability::Shifter,
    now_ms,
    sales::Sales,
    settled::{Batches, LateWindows, MissedSlots, Reviewer},
};

/// L1 blocks that are searched again for committers and operators: a reorg may have brought others.
const OVERLAP_BLOCKS: u64 = 64;
/// How often L1 is asked for its newest block, beside the view of it.
const ASK_L1: Duration = Duration::from_secs(1);

/// Looks at L1 block by block, and at what it says of what was heard.
pub(super) struct Looker {
    pub(super) desk: Arc<Desk>,
    pub(super) settlement: Settlement,
    pub(super) standing: Arc<StandingBoard>,
    pub(super) reviewer: Reviewer,
    pub(super) late: LateWindows,
    pub(super) missed: MissedSlots,
    pub(super) opinions: Opinions,
    pub(super) disputer: Disputer,
    pub(super) shifter: Shifter,
    pub(super) batches: Batches,
    pub(super) observers: Observers,
    pub(super) court: Court,
    pub(super) sales: Arc<Sales>,
    /// The block up to which L1 was searched for committers and operators.
    pub(super) searched_until: u64,
    /// L1's head, the safe block and the number of due batches at a look that brought nothing.
    pub(super) reviewed: Option<((B256, u64), usize)>,
    pub(super) slot: L1Slot,
    pub(super) poll_ms: u64,
}

impl Looker {
    /// Until the end is requested. What fails is told and looked at again.
    pub(super) async fn run(mut self, shutdown: Shutdown) {
        let mut looks = tokio::time::interval(Duration::from_millis(self.poll_ms.max(1)));
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut told: Option<B256> = None;
        let mut asks = tokio::time::interval(ASK_L1);
        asks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = asks.tick() => {
                    self.slot.ask().await;
                    continue;
                }
                _ = looks.tick() => {}
            }
            tokio::select! {
                () = shutdown.requested() => return,
                () = self.look(&mut told) => {}
            }
        }
    }

    async fn look(&mut self, told: &mut Option<B256>) {
        let Some(head) = self.settlement.head() else {
            return;
        };
        let slot = self.desk.clock().slot_at_s(head.timestamp_s);
        let is_new_head = *told != Some(head.hash);
        if let Err(error) = self.follow(slot) {
            tracing::error!(%error, "what L1 shows cannot be kept");
            return;
        }
        // Before anything is disputed or voted on for it.
        if let Err(error) = self.opinions.learn(&self.standing.standing()) {
            tracing::error!(%error, "what derivation found cannot be kept");
            return;
        }
        // A batch that is not derived yet waits for the next L1 block, or the next rollup block that is safe.
        let at = (head.hash, self.standing.standing().heads.safe.0);
        let due = self.batches.due().len();
        if self.reviewed == Some((at, due)) && !self.desk.is_stirred() {
            return self.at_head(told, head, is_new_head).await;
        }
        match self.reviewer.look(&mut self.batches, &self.shifter).await {
            Ok(compared) => {
                self.reviewed = (self.batches.due().len() == due).then_some((at, due));
                for posted in compared {
                    // Another batch can have brought the blocks that a void one claims.
                    if self.opinions.of(&posted) == Some(true) {
                        continue;
                    }
                    self.observers
                        .tell(&Passing::Settled(Box::new(posted), now_ms()));
                }
            }
            Err(error) => tracing::warn!(%error, "batches wait to be looked at"),
        }
        self.at_head(told, head, is_new_head).await;
    }

    /// What changes with L1's blocks alone.
    async fn at_head(&mut self, told: &mut Option<B256>, head: BlockRef, is_new_head: bool) {
        let slot = self.desk.clock().slot_at_s(head.timestamp_s);
        if !is_new_head {
            return;
        }
        self.search(head.number).await;
        self.anew();
        let windows = self.settlement.windows();
        if let Err(error) = self.late.look(&self.batches, &windows, slot).await {
            tracing::warn!(%error, "windows wait to be looked at");
        }
        if let Err(error) = self.missed.look(slot).await {
            tracing::warn!(%error, "missed slots wait to be looked at");
        }
        if let Err(error) = self
            .disputer
            .look(&self.batches, &self.opinions, head)
            .await
        {
            tracing::warn!(%error, "disputes wait");
        }
        if let Err(error) = self.sales.look(slot).await {
            tracing::warn!(%error, "delegations wait to be looked at");
        }
        if let Err(error) = self.shifter.look(&self.batches).await {
            tracing::warn!(%error, "liability waits to be moved");
        }
        // Once an epoch, and once after a start.
        if slot.is_multiple_of(self.desk.clock().slots_per_epoch.max(1))
            && let Err(error) = self.desk.forget_before_horizon(slot)
        {
            tracing::error!(%error, "what is too old cannot be forgotten");
        }
        *told = Some(head.hash);
    }

    /// New L1 blocks: batches, their bases, slots without a block.
    fn follow(&mut self, slot: u64) -> Result<(), DeskError> {
        let brought = self.batches.follow(&self.settlement.origins());
        self.desk.keep_batches(&brought.batches)?;
        for stored in brought.bases {
            let base = Signed::Base(stored.base);
            ignore_unheard(self.desk.hear(slot, base, stored.signature))?;
        }
        for (_, block_slot) in brought.slots {
            self.missed.next_block(block_slot);
        }
        Ok(())
    }

    /// Sets of committers and operators announced since the last time.
    async fn search(&mut self, head: u64) {
        let (client, addresses) = (self.court.client(), self.court.addresses());
        let from = self.searched_until.saturating_sub(OVERLAP_BLOCKS);
        let found = tokio::try_join!(
            committer_sets(client, addresses.gateway_registry, (from, head)),
            operators(client, addresses.validator_registry, (from, head)),
        );
        match found {
            Ok(((sets, sets_next), (operators, operators_next))) => {
                self.desk.note_sets(sets);
                self.sales.note_operators(operators).await;
                // Not the head: what a search left out is searched at the next one.
                self.searched_until = sets_next.min(operators_next).saturating_sub(1);
            }
            Err(error) => {
                tracing::warn!(%error, "committers and operators are not to be had");
            }
        }
    }

    /// What the prosecution wants built anew is looked at again.
    fn anew(&mut self) {
        let wanted = self.desk.wanted_anew().unwrap_or_default();
        for accusation in wanted {
            match (accusation.kind, accusation.ripe) {
                (FaultKind::Late, _) => self.late.again(accusation.window),
                (FaultKind::MissedSlot, _) => self.missed.again(accusation.window),
                (_, Ripe::Confirmed { batch_id }) => self.batches.again(batch_id),
                (_, Ripe::AtOnce) => {}
            }
        }
    }
}
