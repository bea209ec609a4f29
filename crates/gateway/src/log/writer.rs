//! The one that appends.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::config::{LogConfig, MAX_PENDING_BYTES};
use super::error::LogError;
use super::lock::DirLock;
use super::position::Position;
use super::preparer::{Preparer, Request};
use super::reader::LogReader;
use super::record::{RecordHeader, encode_record, framed_bytes};
use super::segment_file::SegmentFile;
use super::segment_header::SEGMENT_HEADER_BYTES;
use super::shared::Shared;

/// Memory kept for the next group after a commit, bytes.
const KEEP_BUFFER_BYTES: usize = 1 << 20;

/// Appends records and makes them durable. There is one per log; it belongs to one thread.
///
/// What was appended and not committed is lost when the writer is dropped.
#[derive(Debug)]
pub struct LogWriter {
    shared: Arc<Shared>,
    config: LogConfig,
    active: SegmentFile,
    /// Where the buffer goes, bytes from the start of the active segment.
    end_offset: u32,
    buffer: Vec<u8>,
    next_ordinal: u64,
    /// Records with a smaller ordinal are durable.
    durable: u64,
    poison: Option<String>,
    // Before the lock: dropping it ends the background work in the directory.
    preparer: Preparer,
    _lock: Arc<DirLock>,
}

/// What a commit made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Where the durable part of the log ends, which is where the next record goes if its segment
    /// has room for it.
    pub end: Position,
    /// Records now durable, from the first of the log: the ordinal of the next one.
    pub records: u64,
}

impl LogWriter {
    pub(super) fn new(
        shared: Arc<Shared>,
        config: LogConfig,
        active: SegmentFile,
        next_ordinal: u64,
        preparer: Preparer,
        lock: Arc<DirLock>,
    ) -> Self {
        Self {
            end_offset: shared.committed().offset(),
            shared,
            config,
            active,
            buffer: Vec::new(),
            next_ordinal,
            durable: next_ordinal,
            poison: None,
            preparer,
            _lock: lock,
        }
    }

    /// Appends a record and says where it will be read; `parts`, one after the other, are its
    /// payload. The record is durable and readable only after the next [`commit`](Self::commit).
    ///
    /// Usually this only copies. When the segment is full, or very much is waiting, the waiting
    /// records are committed right here; at a segment's end that may mean waiting for the next
    /// segment to be ready.
    ///
    /// # Errors
    /// [`LogError::RecordTooLarge`] changes nothing. Any other error poisons the writer.
    pub fn append(&mut self, kind: u8, parts: &[&[u8]]) -> Result<Position, LogError> {
        self.refuse_if_poisoned()?;
        let payload_bytes = self.payload_bytes(parts)?;
        let record_bytes = framed_bytes(payload_bytes);
        if self.buffer.len() + record_bytes as usize > MAX_PENDING_BYTES {
            self.commit()?;
        }
        while self.next_offset().saturating_add(record_bytes) > self.active.header.segment_bytes {
            self.commit()?;
            let rotated = self.rotate();
            self.poison_on_error(rotated)?;
        }
        let offset = self.next_offset();
        let header = RecordHeader {
            kind,
            payload_bytes,
            payload_checksum: 0,
            ordinal: self.next_ordinal,
            durable: self.durable,
        };
        let seed = self.active.header.seed();
        encode_record(&mut self.buffer, seed, offset, &header, parts);
        self.next_ordinal += 1;
        Ok(Position::new(self.active.header.segment, offset))
    }

    /// Makes everything appended so far durable: one write and one `fdatasync`. When it returns,
    /// the records survive a power cut and readers see them. Without waiting records it does
    /// nothing.
    ///
    /// # Errors
    /// [`LogError::Io`] the first time, [`LogError::Poisoned`] ever after: what a failed sync left
    /// on disk is unknown, and a second one would not tell. Stop, restart and replay.
    pub fn commit(&mut self) -> Result<Committed, LogError> {
        self.refuse_if_poisoned()?;
        if !self.buffer.is_empty() {
            let written = self.write_and_sync();
            self.poison_on_error(written)?;
            self.end_offset = self.next_offset();
            self.durable = self.next_ordinal;
            self.buffer.clear();
            self.buffer.shrink_to(KEEP_BUFFER_BYTES);
            self.shared.set_committed(self.end());
        }
        Ok(Committed {
            end: self.end(),
            records: self.durable,
        })
    }

    /// Ordinal of the next record to append.
    pub fn next_ordinal(&self) -> u64 {
        self.next_ordinal
    }

    /// Bytes waiting for the next commit.
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// A reader of this log, for any thread.
    pub fn reader(&self) -> LogReader {
        LogReader::new(Arc::clone(&self.shared))
    }

    fn end(&self) -> Position {
        Position::new(self.active.header.segment, self.end_offset)
    }

    fn next_offset(&self) -> u32 {
        // The buffer is smaller than a segment, so this does not saturate.
        let pending_bytes = u32::try_from(self.buffer.len()).unwrap_or(u32::MAX);
        self.end_offset.saturating_add(pending_bytes)
    }

    fn payload_bytes(&self, parts: &[&[u8]]) -> Result<u32, LogError> {
        let limit_bytes = self.config.max_payload_bytes();
        let payload_bytes = parts
            .iter()
            .fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        u32::try_from(payload_bytes)
            .ok()
            .filter(|bytes| *bytes <= limit_bytes)
            .ok_or(LogError::RecordTooLarge {
                payload_bytes,
                limit_bytes,
            })
    }

    fn write_and_sync(&self) -> Result<(), LogError> {
        let (file, path) = (&self.active.file, &self.active.path);
        file.write_all_at(&self.buffer, u64::from(self.end_offset))
            .map_err(LogError::io("write", path))?;
        file.sync_data().map_err(LogError::io("sync", path))
    }

    /// Goes on in the next segment. Nothing may be waiting.
    fn rotate(&mut self) -> Result<(), LogError> {
        let prepared = self.preparer.take()?;
        let segment = prepared.segment;
        self.active = prepared.activate(self.config.identity, self.next_ordinal)?;
        self.end_offset = SEGMENT_HEADER_BYTES;
        self.shared.set_committed(self.end());
        self.preparer.request(Request {
            segment: segment.checked_add(1).ok_or(LogError::Full)?,
            segment_bytes: self.config.segment_bytes,
        })
    }

    fn refuse_if_poisoned(&self) -> Result<(), LogError> {
        match &self.poison {
            Some(cause) => Err(LogError::Poisoned {
                cause: cause.clone(),
            }),
            None => Ok(()),
        }
    }

    fn poison_on_error<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        if let Err(error) = &result {
            self.poison = Some(error.to_string());
        }
        result
    }

    #[cfg(test)]
    pub(super) fn replace_file_for_test(&mut self, file: std::fs::File) {
        self.active.file = file;
    }
}
