//! Reading what is committed, while the writer goes on.

use std::sync::Arc;

use super::cursor::{RecordCursor, Step};
use super::error::LogError;
use super::position::Position;
use super::record::RecordFault;
use super::segment_file::SegmentFile;
use super::segment_header::SEGMENT_HEADER_BYTES;
use super::shared::Shared;
use super::window::{SCAN_CHUNK_BYTES, Window};

/// Bytes fetched at first to read a single record.
const SINGLE_READ_BYTES: u32 = 16 << 10;

/// A record as it was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub position: Position,
    /// Its number in the log, from 0.
    pub ordinal: u64,
    /// What the payload is.
    pub kind: u8,
    /// The appended bytes.
    pub payload: Vec<u8>,
}

/// Reads committed records. Cheap to clone, usable from any thread, never in the writer's way.
#[derive(Clone, Debug)]
pub struct LogReader {
    shared: Arc<Shared>,
}

impl LogReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Where the oldest record still kept stands, if there is one: the place to start reading all.
    pub fn first(&self) -> Position {
        Position::start_of(self.shared.first_segment())
    }

    /// Where the committed part of the log ends.
    pub fn end(&self) -> Position {
        self.shared.committed()
    }

    /// Reads the record that starts at `position`.
    ///
    /// # Errors
    /// [`LogError::NotCommitted`], [`LogError::Pruned`], [`LogError::NoRecord`] if the bytes there
    /// are not a valid record, [`LogError::Io`].
    pub fn read(&self, position: Position) -> Result<Record, LogError> {
        let end = self.shared.committed();
        if position >= end {
            return Err(LogError::NotCommitted { position, end });
        }
        let segment = self.shared.segment(position)?;
        let limit = readable_bytes(&segment, end);
        let window = Window::new(Arc::clone(&segment), SINGLE_READ_BYTES);
        let mut cursor = RecordCursor::new(window, segment.header.seed(), position.offset());
        let step = cursor
            .step(limit)
            .map_err(LogError::io("read", &segment.path))?;
        match step {
            Step::Record {
                header, payload, ..
            } => Ok(Record {
                position,
                ordinal: header.ordinal,
                kind: header.kind,
                payload: payload.to_vec(),
            }),
            Step::Fault(fault) => Err(LogError::NoRecord { position, fault }),
        }
    }

    /// All committed records from `from` on: a position that `append` or [`first`](Self::first)
    /// returned, or an end of the committed part, now or earlier.
    ///
    /// The iterator ends at the end of the committed part; asked again later, it goes on with what
    /// was committed since. After an error it is at its end for good.
    ///
    /// # Errors
    /// [`LogError::NotCommitted`] if `from` lies behind the end, [`LogError::Pruned`].
    pub fn iter(&self, from: Position) -> Result<LogIter, LogError> {
        self.shared.refuse_pruned(from)?;
        let end = self.shared.committed();
        if from > end {
            return Err(LogError::NotCommitted {
                position: from,
                end,
            });
        }
        Ok(LogIter {
            shared: Arc::clone(&self.shared),
            position: from,
            expected_ordinal: None,
            segment: None,
            failed: false,
        })
    }
}

/// How much of a segment may be read when the committed part ends at `end`.
fn readable_bytes(segment: &SegmentFile, end: Position) -> u32 {
    if segment.header.segment == end.segment() {
        end.offset()
    } else {
        segment.header.segment_bytes
    }
}

/// Records in order; see [`LogReader::iter`].
pub struct LogIter {
    shared: Arc<Shared>,
    position: Position,
    expected_ordinal: Option<u64>,
    segment: Option<(Arc<SegmentFile>, RecordCursor<Arc<SegmentFile>>)>,
    failed: bool,
}

impl LogIter {
    /// Where the next record starts, unless that one begins a new segment.
    pub fn position(&self) -> Position {
        self.position
    }

    fn next_record(&mut self) -> Result<Option<Record>, LogError> {
        loop {
            let end = self.shared.committed();
            if self.position >= end {
                return Ok(None);
            }
            let (segment, cursor) = match &mut self.segment {
                Some(open) => open,
                None => self.segment.insert(open_at(&self.shared, self.position)?),
            };
            let step = cursor
                .step(readable_bytes(segment, end))
                .map_err(LogError::io("read", &segment.path))?;
            match step {
                Step::Record {
                    offset,
                    header,
                    payload,
                } => {
                    let expected = self.expected_ordinal.unwrap_or(header.ordinal);
                    if header.ordinal != expected {
                        let found = format!("record {}", header.ordinal);
                        let expected = format!("record {expected}");
                        return Err(LogError::corrupt(&segment.path, offset, expected, found));
                    }
                    let record = Record {
                        position: Position::new(segment.header.segment, offset),
                        ordinal: header.ordinal,
                        kind: header.kind,
                        payload: payload.to_vec(),
                    };
                    self.expected_ordinal = Some(header.ordinal.saturating_add(1));
                    self.position = Position::new(segment.header.segment, cursor.offset());
                    return Ok(Some(record));
                }
                Step::Fault(fault) => self.enter_next_segment(fault, end)?,
            }
        }
    }

    /// Leaves a segment at its end, after making sure that it is the end.
    fn enter_next_segment(&mut self, fault: RecordFault, end: Position) -> Result<(), LogError> {
        let Some((segment, _)) = self.segment.take() else {
            return Ok(());
        };
        let offset = self.position.offset();
        if segment.header.segment >= end.segment() {
            let expected = format!("a record, because the log is committed up to {end}");
            return Err(LogError::corrupt(&segment.path, offset, expected, fault));
        }
        let next_ordinal = match self.expected_ordinal {
            Some(ordinal) => ordinal,
            None => ordinal_at(&segment, self.position, fault)?,
        };
        let next = Position::start_of(segment.header.segment.saturating_add(1));
        let opened = open_at(&self.shared, next)?;
        let first_record = opened.0.header.first_record;
        if first_record != next_ordinal {
            let expected = format!(
                "record {next_ordinal}, because the next segment starts with {first_record}"
            );
            return Err(LogError::corrupt(&segment.path, offset, expected, fault));
        }
        self.expected_ordinal = Some(next_ordinal);
        self.position = next;
        self.segment = Some(opened);
        Ok(())
    }
}

impl Iterator for LogIter {
    type Item = Result<Record, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.next_record();
        self.failed = next.is_err();
        next.transpose()
    }
}

fn open_at(
    shared: &Shared,
    position: Position,
) -> Result<(Arc<SegmentFile>, RecordCursor<Arc<SegmentFile>>), LogError> {
    let segment = shared.segment(position)?;
    let window = Window::new(Arc::clone(&segment), SCAN_CHUNK_BYTES);
    let cursor = RecordCursor::new(window, segment.header.seed(), position.offset());
    Ok((segment, cursor))
}

/// The ordinal a record at `position` would have, for a position at the end of a full segment,
/// found by counting from the segment's start.
fn ordinal_at(
    segment: &Arc<SegmentFile>,
    position: Position,
    fault: RecordFault,
) -> Result<u64, LogError> {
    let window = Window::new(Arc::clone(segment), SCAN_CHUNK_BYTES);
    let mut cursor = RecordCursor::new(window, segment.header.seed(), SEGMENT_HEADER_BYTES);
    let mut ordinal = segment.header.first_record;
    while cursor.offset() < position.offset() {
        let step = cursor
            .step(position.offset())
            .map_err(LogError::io("read", &segment.path))?;
        match step {
            Step::Record { .. } => ordinal = ordinal.saturating_add(1),
            Step::Fault(_) => break,
        }
    }
    if cursor.offset() != position.offset() {
        return Err(LogError::NoRecord { position, fault });
    }
    Ok(ordinal)
}
