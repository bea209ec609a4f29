//! Which batch of the chain holds a block.

use alloy_primitives::B256;
use forebond_contracts::bindings::Inbox;
use forebond_l1::execution::BlockRef;

use super::Desk;
use crate::RefundError;

/// Ids looked at around the place where the block should be: more than ever lie fallen beside the chain there.
const LOOKED_AT: u32 = 64;
/// Parents followed from the newest batch on when that finds nothing.
const MOST_PARENTS: usize = 1_024;
/// `BatchStatus` of `IInbox.sol`.
const POSTED: u8 = 1;
const DISPUTED: u8 = 2;
const CONFIRMED: u8 = 3;

/// A batch that counts, or may count.
pub(super) struct Found {
    pub(super) id: u32,
    pub(super) gateway: u32,
    pub(super) base: B256,
    pub(super) is_confirmed: bool,
}

impl Desk {
    /// The batch of the chain that holds a block. Ids run in order of posting, so blocks rise with them except where a batch fell.
    pub(super) async fn batch_with(
        &self,
        block: u64,
        at: BlockRef,
    ) -> Result<Option<Found>, RefundError> {
        let inbox = self.contracts.inbox;
        let count = self.read(inbox, &Inbox::batchCountCall {}, at).await?;
        let (mut low, mut high) = (1, count.saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let record = Inbox::recordCall { batchId: middle };
            if self.read(inbox, &record, at).await?.lastBlock >= block {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let first = low.saturating_sub(LOOKED_AT / 4).max(1);
        for id in first..=count.min(low.saturating_add(LOOKED_AT)) {
            if let Some(found) = self.if_it_counts(id, block, at).await? {
                return Ok(Some(found));
            }
        }
        self.among_ancestors(block, at).await
    }

    async fn among_ancestors(
        &self,
        block: u64,
        at: BlockRef,
    ) -> Result<Option<Found>, RefundError> {
        let inbox = self.contracts.inbox;
        let mut id = self.read(inbox, &Inbox::newestCall {}, at).await?;
        for _ in 0..MOST_PARENTS {
            if id == 0 {
                return Ok(None);
            }
            let record = Inbox::recordCall { batchId: id };
            let record = self.read(inbox, &record, at).await?;
            if record.lastBlock < block {
                return Ok(None);
            }
            if record.firstBlock <= block {
                return self.if_it_counts(id, block, at).await;
            }
            id = record.parentId;
        }
        Ok(None)
    }

    async fn if_it_counts(
        &self,
        id: u32,
        block: u64,
        at: BlockRef,
    ) -> Result<Option<Found>, RefundError> {
        let inbox = self.contracts.inbox;
        let record = Inbox::recordCall { batchId: id };
        let record = self.read(inbox, &record, at).await?;
        if !(record.firstBlock..=record.lastBlock).contains(&block) {
            return Ok(None);
        }
        let status = self
            .read(inbox, &Inbox::statusOfCall { batchId: id }, at)
            .await?;
        let found = |is_confirmed| Found {
            id,
            gateway: record.gateway,
            base: record.base,
            is_confirmed,
        };
        Ok(match status {
            POSTED | DISPUTED => Some(found(false)),
            CONFIRMED => Some(found(true)),
            _ => None,
        })
    }
}
