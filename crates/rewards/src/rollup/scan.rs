use alloy_eips::BlockId;
use alloy_primitives::B256;

use super::{Manager, RewardsError};
use crate::book::{Book, Entry};

/// Blocks that are asked for at once: what nodes answer.
const CHUNK_BLOCKS: u64 = 5_000;

/// Reads the manager's events into a [`Book`], from block 1 on, as blocks become safe: derived from L1, so that only a reorg of L1
/// takes them back. Then it begins anew.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    book: Book,
    /// The last block that is read, with its hash.
    at: Option<(u64, B256)>,
}

impl Scan {
    /// The book as of [`Self::block`].
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The last block that is read.
    pub fn block(&self) -> u64 {
        self.at.map_or(0, |(number, _)| number)
    }

    /// Reads up to `chunks` times 5,000 blocks further. True when the book is that of the newest safe block.
    ///
    /// # Errors
    /// [`RewardsError`]; nothing is read twice or left out, ask again.
    pub async fn go_on(&mut self, manager: &Manager, chunks: usize) -> Result<bool, RewardsError> {
        let client = manager.client();
        if let Some((number, hash)) = self.at {
            let there = client.block(BlockId::number(number)).await?;
            if there.is_none_or(|block| block.hash != hash) {
                *self = Self::default();
            }
        }
        let Some(safe) = client.block(BlockId::safe()).await? else {
            return Ok(true);
        };
        for _ in 0..chunks {
            let first = self.block().saturating_add(1);
            if first > safe.number {
                return Ok(true);
            }
            let last = safe
                .number
                .min(first.saturating_add(CHUNK_BLOCKS.saturating_sub(1)));
            let end = client
                .block(BlockId::number(last))
                .await?
                .ok_or(RewardsError::NoBlock(last))?;
            let logs = client
                .logs_between((first, last), Manager::ADDRESS, &[])
                .await?;
            let entries: Vec<Entry> = logs
                .iter()
                .filter_map(|log| Entry::read(&log.inner).transpose())
                .collect::<Result<_, _>>()?;
            // The chain that was asked is still the chain: else the events may be of two.
            let still = client.block(BlockId::number(last)).await?;
            if still.is_none_or(|block| block.hash != end.hash) {
                return Ok(false);
            }
            entries.into_iter().for_each(|entry| self.book.add(entry));
            self.at = Some((last, end.hash));
        }
        Ok(self.block() >= safe.number)
    }
}
