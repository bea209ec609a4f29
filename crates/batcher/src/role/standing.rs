//! Where L1 stands: the Inbox's chain of batches, and what became of ours.

use alloy_eips::BlockId;
use alloy_primitives::B256;
use forebond_l1::execution::BlockRef;

use super::{Batcher, RoundError, recovered::newest_of_ours};
use crate::{
    inbox::ReadError,
    report::BatchState,
    source::{BlockSource, SourceStatus},
};

impl<S: BlockSource> Batcher<S> {
    /// Reads the Inbox when L1 has moved, and what became of our batches.
    pub(super) async fn stand_at(
        &mut self,
        head: BlockRef,
        status: &SourceStatus,
    ) -> Result<(), RoundError> {
        let down_to = status.void_batches.iter().min().copied();
        let is_new = self
            .standing
            .as_ref()
            .is_none_or(|standing| standing.head.hash != head.hash);
        if !is_new && down_to.is_none() {
            return Ok(());
        }
        let standing = self.parts.reader.standing(head, down_to).await?;
        self.standing = Some(standing);
        if is_new {
            self.recover(&head).await?;
            self.settle(&head).await?;
        }
        Ok(())
    }

    /// A batch of ours that landed while we were not there to see it, such as before a restart.
    async fn recover(&mut self, head: &BlockRef) -> Result<(), RoundError> {
        let newest = self
            .standing
            .as_ref()
            .and_then(|standing| standing.line.first().copied());
        let Some(newest) = newest.filter(|newest| newest.id != 0) else {
            return Ok(());
        };
        if self.seen_newest == Some(newest.hash) || self.parts.report.knows(newest.hash) {
            return Ok(());
        }
        let (reader, source) = (&self.parts.reader, &self.parts.source);
        let line = newest_of_ours(reader, source, self.rules.me, head, &newest).await?;
        self.seen_newest = Some(newest.hash);
        if let Some(line) = line {
            tracing::info!(batch = line.id, "a batch of ours landed unseen");
            self.parts.report.landed(line)?;
        }
        Ok(())
    }

    /// Batches of ours that became final, or that a reorg took out.
    async fn settle(&mut self, head: &BlockRef) -> Result<(), RoundError> {
        let unsettled: Vec<(u32, B256, u64)> = self
            .parts
            .report
            .unsettled()
            .map(|line| (line.id, line.hash, line.l1_block))
            .collect();
        if unsettled.is_empty() {
            return Ok(());
        }
        let reader = &self.parts.reader;
        let finalized = reader.client().block(BlockId::finalized()).await?;
        let finalized = finalized.map_or(0, |block| block.number);
        for (id, hash, l1_block) in unsettled {
            let there = match reader.batch(id, head.hash.into()).await {
                Ok(batch) => batch.hash == hash,
                // The Inbox does not know so many batches.
                Err(ReadError::Refused { .. }) => false,
                Err(error) => return Err(error.into()),
            };
            let report = &mut self.parts.report;
            if !there {
                tracing::warn!(batch = id, "a reorg took our batch out");
                report.became(hash, BatchState::Reorged)?;
            } else if l1_block <= finalized {
                report.became(hash, BatchState::Final)?;
            }
        }
        Ok(())
    }
}
