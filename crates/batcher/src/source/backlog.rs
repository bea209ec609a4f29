use forebond_rollup::op::channel::{BlobGauge, MAX_BLOBS, MAX_BLOCKS};

use super::{BlockSource, SourceBlock, SourceError};
use crate::{pack::content, plan::SealedBlock};

/// Blocks asked for at once.
const PAGE: u64 = 64;

/// The sealed blocks that are not in the Inbox: as many as fit into one batch, and one more.
#[derive(Debug, Default)]
pub struct Backlog {
    blocks: Vec<SourceBlock>,
    heads: Vec<SealedBlock>,
    gauge: BlobGauge,
    /// Blocks that fit, and the blobs they fill.
    fitting: usize,
    blobs: usize,
    is_full: bool,
}

impl Backlog {
    /// Lets it begin at `first` and takes in what was sealed since.
    ///
    /// # Errors
    /// [`SourceError`]; what was known stays.
    pub async fn refresh<S: BlockSource>(
        &mut self,
        source: &S,
        first: u64,
    ) -> Result<(), SourceError> {
        self.begin_at(first);
        while !self.is_full {
            let next = self
                .blocks
                .last()
                .map_or(first, |block| block.number.saturating_add(1));
            let page = source.blocks(next, PAGE).await?;
            let is_last = (page.len() as u64) < PAGE;
            for block in page {
                if !self.take(block, first) {
                    // The source has another chain now: begin again at the next look.
                    *self = Self::default();
                    return Ok(());
                }
            }
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Whether the source still has what it gave: its block at `last` names all before it.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn still_stands<S: BlockSource>(
        &mut self,
        source: &S,
        last: u64,
    ) -> Result<bool, SourceError> {
        let now = source.blocks(last, 1).await?;
        let known = self.blocks.iter().find(|block| block.number == last);
        let same = now
            .first()
            .zip(known)
            .is_some_and(|(now, known)| now.hash == known.hash && now.base == known.base);
        if !same {
            *self = Self::default();
        }
        Ok(same)
    }

    /// What a decision needs of the blocks.
    pub fn heads(&self) -> &[SealedBlock] {
        &self.heads
    }

    /// The blocks from the first one up to `last`.
    pub fn up_to(&self, last: u64) -> &[SourceBlock] {
        let count = self
            .blocks
            .iter()
            .take_while(|block| block.number <= last)
            .count();
        self.blocks.get(..count).unwrap_or_default()
    }

    /// Last block that fits into one batch; 0 without blocks.
    pub fn fits_until(&self) -> u64 {
        self.fitting
            .checked_sub(1)
            .and_then(|place| self.blocks.get(place))
            .map_or(0, |block| block.number)
    }

    /// Blobs that the blocks fill, as far as they fit.
    pub const fn blobs(&self) -> usize {
        self.blobs
    }

    fn begin_at(&mut self, first: u64) {
        let Some(known) = self.blocks.first().map(|block| block.number) else {
            return;
        };
        if known == first {
            return;
        }
        let keep: Vec<SourceBlock> = if known < first {
            self.blocks
                .drain(..)
                .skip_while(|block| block.number < first)
                .collect()
        } else {
            Vec::new()
        };
        *self = Self::default();
        for block in keep {
            if !self.take(block, first) {
                *self = Self::default();
                return;
            }
        }
    }

    /// False when the block does not follow what is there.
    fn take(&mut self, block: SourceBlock, first: u64) -> bool {
        if self.is_full {
            return true;
        }
        let follows = match self.blocks.last() {
            None => block.number == first,
            Some(last) => {
                block.number == last.number.saturating_add(1) && block.parent_hash == last.hash
            }
        };
        if !follows {
            return false;
        }
        self.gauge.push(&content(&block));
        if self.gauge.fits(MAX_BLOBS) {
            self.fitting += 1;
            self.blobs = self.gauge.blobs();
        } else {
            self.is_full = true;
        }
        self.is_full |= self.blocks.len() >= MAX_BLOCKS;
        self.heads.push(SealedBlock {
            number: block.number,
            hash: block.hash,
            parent_hash: block.parent_hash,
            base: block.base,
        });
        self.blocks.push(block);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SignedBase, SourceStatus};
    use alloy_primitives::{B256, Bytes, keccak256};
    use std::sync::Mutex;

    /// A chain in memory, whose blocks differ by a mark.
    struct Chain(Mutex<Vec<SourceBlock>>);

    fn chain(count: u64, mark: u8, transaction_bytes: usize) -> Vec<SourceBlock> {
        let hash = |number: u64| keccak256([&number.to_be_bytes()[..], &[mark]].concat());
        (1..=count)
            .map(|number| {
                // Bytes that do not compress.
                let noise = (0..transaction_bytes as u64 / 32).flat_map(|part| {
                    keccak256([number.to_be_bytes(), part.to_be_bytes()].concat())
                });
                SourceBlock {
                    number,
                    hash: hash(number),
                    parent_hash: hash(number - 1),
                    timestamp_s: number,
                    origin_number: 1,
                    origin_hash: B256::ZERO,
                    base: None,
                    last_frag: None,
                    transactions: vec![Bytes::from_iter(noise)],
                    gas_used: 0,
                    transaction_count: 1,
                }
            })
            .collect()
    }

    impl BlockSource for Chain {
        async fn blocks(&self, from: u64, count: u64) -> Result<Vec<SourceBlock>, SourceError> {
            let blocks = self.0.lock().unwrap();
            let wanted = |block: &&SourceBlock| (from..from + count).contains(&block.number);
            Ok(blocks.iter().filter(wanted).cloned().collect())
        }
        async fn base(&self, _: u64) -> Result<Option<SignedBase>, SourceError> {
            Ok(None)
        }
        async fn status(&self) -> Result<SourceStatus, SourceError> {
            Ok(SourceStatus::default())
        }
    }

    #[tokio::test]
    async fn it_follows_what_is_sealed_and_what_is_posted_in_both_directions() {
        let source = Chain(Mutex::new(chain(200, 1, 0)));
        let mut backlog = Backlog::default();
        backlog.refresh(&source, 3).await.unwrap();
        assert_eq!(
            (backlog.heads().len(), backlog.fits_until(), backlog.blobs()),
            (198, 200, 1)
        );
        backlog.refresh(&source, 150).await.unwrap();
        assert_eq!(
            (backlog.heads()[0].number, backlog.heads().len()),
            (150, 51)
        );
        // A reorg took the batch out again.
        backlog.refresh(&source, 3).await.unwrap();
        assert_eq!((backlog.heads()[0].number, backlog.heads().len()), (3, 198));
        assert_eq!(backlog.up_to(5).len(), 3);
    }

    #[tokio::test]
    async fn what_the_source_gave_up_is_forgotten() {
        let source = Chain(Mutex::new(chain(10, 1, 0)));
        let mut backlog = Backlog::default();
        backlog.refresh(&source, 1).await.unwrap();
        assert!(backlog.still_stands(&source, 10).await.unwrap());
        *source.0.lock().unwrap() = chain(12, 2, 0);
        // The next page does not follow what is known.
        backlog.refresh(&source, 1).await.unwrap();
        assert!(backlog.heads().is_empty());
        backlog.refresh(&source, 1).await.unwrap();
        assert_eq!(backlog.heads().len(), 12);
        *source.0.lock().unwrap() = chain(12, 3, 0);
        assert!(!backlog.still_stands(&source, 12).await.unwrap());
        assert!(backlog.heads().is_empty());
    }

    #[tokio::test]
    async fn no_more_is_kept_than_one_batch_holds_and_one_block() {
        let source = Chain(Mutex::new(chain(20, 1, 100_000)));
        let mut backlog = Backlog::default();
        backlog.refresh(&source, 1).await.unwrap();
        // 6 blobs of 130 kB each.
        assert_eq!(
            (backlog.fits_until(), backlog.heads().len(), backlog.blobs()),
            (7, 8, 6)
        );
        assert!(crate::pack::pack(backlog.up_to(7)).is_ok());
    }
}
