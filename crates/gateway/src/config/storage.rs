use super::problems::at_least;
use serde::{Deserialize, Serialize};

/// `[log]`: the promise log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// Size of a new segment, bytes: a multiple of 4096 from 16 MiB to 1 GiB, so that the largest
    /// frag fits one.
    pub segment_bytes: u32,
}

impl Default for LogSection {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
        }
    }
}

/// Segments are made of whole pages of this size.
const PAGE_BYTES: u32 = 4_096;

impl LogSection {
    pub(super) fn problems(&self, found: &mut Vec<String>) {
        let in_range = (16 << 20..=1 << 30).contains(&self.segment_bytes);
        if !in_range || !self.segment_bytes.is_multiple_of(PAGE_BYTES) {
            found.push(format!(
                "log.segment_bytes: expected a multiple of {PAGE_BYTES} from 16777216 (16 MiB) to \
                 1073741824 (1 GiB), got {}",
                self.segment_bytes
            ));
        }
    }
}

/// `[store]`: state and blocks on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSection {
    /// Bytes of the file kept in memory, at most.
    pub cache_bytes: u64,
    /// Every so many blocks the store is synced to disk; blocks since then are replayed from the
    /// promise log at start.
    pub checkpoint_blocks: u64,
    /// Blocks below the head whose state can be asked for.
    pub history_blocks: u64,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            cache_bytes: 96 << 20,
            checkpoint_blocks: 8,
            history_blocks: 256,
        }
    }
}

impl StoreSection {
    pub(super) fn problems(&self, found: &mut Vec<String>) {
        at_least("store.cache_bytes", self.cache_bytes, 1 << 20, found);
        at_least("store.checkpoint_blocks", self.checkpoint_blocks, 1, found);
        if usize::try_from(self.cache_bytes).is_err() {
            found.push(format!(
                "store.cache_bytes: expected at most {}, got {}",
                usize::MAX,
                self.cache_bytes
            ));
        }
    }
}
