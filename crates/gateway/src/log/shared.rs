//! What the writer, the readers and the pruner of one log have in common.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use alloy_primitives::B256;
use parking_lot::Mutex;

use super::directory::segment_path;
use super::error::LogError;
use super::position::Position;
use super::segment_file::{SegmentFile, open_segment};

/// Segments kept open for readers.
const OPEN_SEGMENTS: usize = 8;

#[derive(Debug)]
pub(super) struct Shared {
    dir: PathBuf,
    identity: B256,
    // The end of the durable part, as Position::to_u64. Stored after the sync that made it durable
    // and before anything is read up to it.
    committed: AtomicU64,
    first_segment: AtomicU32,
    // Most recently used first.
    open: Mutex<VecDeque<Arc<SegmentFile>>>,
}

impl Shared {
    pub(super) fn new(
        dir: PathBuf,
        identity: B256,
        committed: Position,
        first_segment: u32,
    ) -> Self {
        Self {
            dir,
            identity,
            committed: AtomicU64::new(committed.to_u64()),
            first_segment: AtomicU32::new(first_segment),
            open: Mutex::new(VecDeque::with_capacity(OPEN_SEGMENTS)),
        }
    }

    pub(super) fn dir(&self) -> &PathBuf {
        &self.dir
    }

    /// Where the durable part ends.
    pub(super) fn committed(&self) -> Position {
        Position::from_u64(self.committed.load(Ordering::Acquire))
    }

    pub(super) fn set_committed(&self, end: Position) {
        self.committed.store(end.to_u64(), Ordering::Release);
    }

    pub(super) fn first_segment(&self) -> u32 {
        self.first_segment.load(Ordering::Acquire)
    }

    /// Says that everything before `segment` is about to be removed.
    pub(super) fn set_first_segment(&self, segment: u32) {
        self.first_segment.store(segment, Ordering::Release);
        self.open
            .lock()
            .retain(|file| file.header.segment >= segment);
    }

    /// Refuses a position in a removed segment.
    pub(super) fn refuse_pruned(&self, position: Position) -> Result<(), LogError> {
        let first = self.first_segment();
        if position.segment() < first {
            return Err(LogError::Pruned {
                position,
                first: Position::start_of(first),
            });
        }
        Ok(())
    }

    /// The segment that `position` lies in. Its header must have been committed.
    pub(super) fn segment(&self, position: Position) -> Result<Arc<SegmentFile>, LogError> {
        self.refuse_pruned(position)?;
        let mut open = self.open.lock();
        let number = position.segment();
        let known = open.iter().position(|file| file.header.segment == number);
        if let Some(file) = known.and_then(|at| open.remove(at)) {
            open.push_front(Arc::clone(&file));
            return Ok(file);
        }
        let file = match self.open_file(number) {
            // Removed since the check above.
            Err(LogError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && self.first_segment() > number =>
            {
                return Err(LogError::Pruned {
                    position,
                    first: Position::start_of(self.first_segment()),
                });
            }
            result => Arc::new(result?),
        };
        open.truncate(OPEN_SEGMENTS - 1);
        open.push_front(Arc::clone(&file));
        Ok(file)
    }

    fn open_file(&self, segment: u32) -> Result<SegmentFile, LogError> {
        let path = segment_path(&self.dir, segment);
        let (file, header) = open_segment(&path, false)?;
        let expected = || format!("the header of segment {segment}");
        let header = header.map_err(|fault| LogError::corrupt(&path, 0, expected(), fault))?;
        if header.segment != segment || header.identity != self.identity {
            let found = format!("segment {} of log {}", header.segment, header.identity);
            return Err(LogError::corrupt(&path, 0, expected(), found));
        }
        Ok(SegmentFile { file, path, header })
    }
}
