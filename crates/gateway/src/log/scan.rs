//! Going through the log at start: what is valid, where it ends, what was lost.

use std::collections::VecDeque;
use std::path::Path;

use super::beyond::look_beyond;
use super::cursor::{RecordCursor, Step};
use super::error::LogError;
use super::progress::ScanMeter;
use super::record::{RecordFault, RecordHeader};
use super::segment_file::SegmentFile;
use super::segment_header::SEGMENT_HEADER_BYTES;
use super::window::{SCAN_CHUNK_BYTES, Window};

/// Where the scan of a segment starts, and where that segment stands in the whole scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScanStart {
    /// A record known durable to start at, instead of the first of the segment; bytes.
    pub(super) checkpoint_offset: Option<u32>,
    /// Bytes of the whole scan before this segment.
    pub(super) done_bytes: u64,
}

impl ScanStart {
    fn offset(&self) -> u32 {
        self.checkpoint_offset.unwrap_or(SEGMENT_HEADER_BYTES)
    }
}

/// Checks that records follow each other without a gap.
struct Ordinals<'segment> {
    path: &'segment Path,
    next: u64,
    count: u64,
    at_checkpoint: bool,
}

impl<'segment> Ordinals<'segment> {
    fn new(segment: &'segment SegmentFile, start: ScanStart) -> Self {
        Self {
            path: &segment.path,
            next: segment.header.first_record,
            count: 0,
            at_checkpoint: start.checkpoint_offset.is_some(),
        }
    }

    fn accept(&mut self, offset: u32, header: &RecordHeader) -> Result<(), LogError> {
        // The first record after a checkpoint may be any of this segment.
        let in_order =
            header.ordinal == self.next || (self.at_checkpoint && header.ordinal > self.next);
        if !in_order {
            let expected = format!("record {}", self.next);
            let found = format!("record {}", header.ordinal);
            return Err(LogError::corrupt(self.path, offset, expected, found));
        }
        if header.durable > header.ordinal {
            let expected = "a record that counts only earlier ones as durable";
            let found = format!("record {} counting {}", header.ordinal, header.durable);
            return Err(LogError::corrupt(self.path, offset, expected, found));
        }
        self.at_checkpoint = false;
        self.next = header.ordinal.saturating_add(1);
        self.count += 1;
        Ok(())
    }

    /// Where records end: fine, unless the checkpoint said that there is one.
    fn end(&self, offset: u32, fault: RecordFault) -> Result<(), LogError> {
        if self.at_checkpoint {
            let expected = "the record that the caller's checkpoint calls durable";
            return Err(LogError::corrupt(self.path, offset, expected, fault));
        }
        Ok(())
    }
}

/// Scans a segment that is followed by one starting with record `next_first_record`: every record
/// before that one must be there. Returns how many were looked at.
pub(super) fn scan_sealed(
    segment: &SegmentFile,
    start: ScanStart,
    next_first_record: u64,
    meter: &mut ScanMeter<'_>,
) -> Result<u64, LogError> {
    let header = &segment.header;
    let window = Window::new(&segment.file, SCAN_CHUNK_BYTES);
    let mut cursor = RecordCursor::new(window, header.seed(), start.offset());
    let mut ordinals = Ordinals::new(segment, start);
    let fault = loop {
        let step = cursor
            .step(header.segment_bytes)
            .map_err(LogError::io("read", &segment.path))?;
        match step {
            Step::Record { offset, header, .. } => {
                ordinals.accept(offset, &header)?;
                meter.reached(start.done_bytes + u64::from(offset));
            }
            Step::Fault(fault) => break fault,
        }
    };
    ordinals.end(cursor.offset(), fault)?;
    if ordinals.next != next_first_record {
        let expected = format!(
            "records {} to {next_first_record} (exclusive), because the next segment starts with record {next_first_record}",
            ordinals.next
        );
        return Err(LogError::corrupt(
            &segment.path,
            cursor.offset(),
            expected,
            fault,
        ));
    }
    Ok(ordinals.count)
}

/// What the last segment holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct TailScan {
    /// Records looked at.
    pub(super) records: u64,
    /// Ordinal of the next record to append.
    pub(super) next_ordinal: u64,
    /// Where it goes, bytes from the start of the file.
    pub(super) end_offset: u32,
    /// Why there is no valid record there.
    pub(super) fault: RecordFault,
    /// From here to `end_offset` nothing proves that the records are durable.
    pub(super) unproven_offset: u32,
    /// Whether any record proves that this segment's header is durable.
    pub(super) header_proven: bool,
    /// Behind `end_offset`, everything from here on is zero.
    pub(super) used_end_offset: u32,
}

/// Scans the last segment, of which the file has `file_bytes`, and decides where the log ends.
pub(super) fn scan_tail(
    segment: &SegmentFile,
    start: ScanStart,
    file_bytes: u32,
    meter: &mut ScanMeter<'_>,
) -> Result<TailScan, LogError> {
    let header = &segment.header;
    let limit = file_bytes.min(header.segment_bytes);
    let window = Window::new(&segment.file, SCAN_CHUNK_BYTES);
    let mut cursor = RecordCursor::new(window, header.seed(), start.offset());
    let mut ordinals = Ordinals::new(segment, start);
    let mut proven = header.first_record;
    let mut unproven: VecDeque<(u64, u32)> = VecDeque::new();
    let fault = loop {
        let at_checkpoint = ordinals.at_checkpoint;
        let step = cursor
            .step(limit)
            .map_err(LogError::io("read", &segment.path))?;
        match step {
            Step::Record { offset, header, .. } => {
                ordinals.accept(offset, &header)?;
                let known = if at_checkpoint { ordinals.next } else { 0 };
                proven = proven.max(header.durable).max(known);
                unproven.push_back((header.ordinal, offset));
                while unproven.front().is_some_and(|(first, _)| *first < proven) {
                    unproven.pop_front();
                }
                meter.reached(start.done_bytes + u64::from(offset));
            }
            Step::Fault(fault) => break fault,
        }
    };
    let end_offset = cursor.offset();
    ordinals.end(end_offset, fault)?;
    let seed = cursor.seed();
    let beyond = look_beyond(
        cursor.window_mut(),
        seed,
        end_offset,
        limit,
        ordinals.next,
        |at| {
            meter.reached(start.done_bytes + u64::from(at));
        },
    )
    .map_err(LogError::io("read", &segment.path))?;
    if let Some(proof) = beyond.proof {
        let expected = format!(
            "record {}, because record {} at offset {} was written when {} records were durable",
            ordinals.next, proof.header.ordinal, proof.offset, proof.header.durable
        );
        return Err(LogError::corrupt(
            &segment.path,
            end_offset,
            expected,
            fault,
        ));
    }
    Ok(TailScan {
        records: ordinals.count,
        next_ordinal: ordinals.next,
        end_offset,
        fault,
        unproven_offset: unproven.front().map_or(end_offset, |(_, offset)| *offset),
        header_proven: proven > header.first_record,
        used_end_offset: beyond.used_end_offset,
    })
}
