//! Removing what is no longer needed.

use std::fs;
use std::sync::Arc;

use parking_lot::Mutex;

use super::directory::{segment_path, sync_dir};
use super::error::LogError;
use super::lock::DirLock;
use super::position::Position;
use super::shared::Shared;

/// Removes old segments. Apart from the writer, because removing large files takes milliseconds.
#[derive(Debug)]
pub struct LogPruner {
    shared: Arc<Shared>,
    turn: Mutex<()>,
    // Nothing may be removed under another process that opened the directory since.
    _lock: Arc<DirLock>,
}

impl LogPruner {
    pub(super) fn new(shared: Arc<Shared>, lock: Arc<DirLock>) -> Self {
        Self {
            shared,
            turn: Mutex::new(()),
            _lock: lock,
        }
    }

    /// Removes the segments whose records all lie before `before`, oldest first, and says how many.
    /// The segment of `before` and the one being written always stay.
    ///
    /// # Errors
    /// [`LogError::Io`]. The log stays usable, and what could not be removed is tried again by the
    /// next call or after a restart.
    pub fn prune(&self, before: Position) -> Result<u32, LogError> {
        let _turn = self.turn.lock();
        let first_kept = before.segment().min(self.shared.committed().segment());
        let mut removed = 0;
        // One at a time, so that an error or a crash leaves no gap.
        for segment in self.shared.first_segment()..first_kept {
            self.shared.set_first_segment(segment.saturating_add(1));
            let path = segment_path(self.shared.dir(), segment);
            fs::remove_file(&path)
                .inspect_err(|_| self.shared.set_first_segment(segment))
                .map_err(LogError::io("remove", &path))?;
            // Durable in order: a gap after a power cut would look like a lost segment.
            sync_dir(self.shared.dir())?;
            removed += 1;
        }
        Ok(removed)
    }
}
