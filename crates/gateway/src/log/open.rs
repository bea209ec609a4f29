//! Opening a log: finding its segments, judging them, getting ready to append.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::config::LogConfig;
use super::directory::{list_segments, sync_dir};
use super::error::LogError;
use super::found::{Found, Unused};
use super::lock::DirLock;
use super::position::Position;
use super::preparer::{Preparer, Request};
use super::progress::{ScanMeter, ScanProgress};
use super::pruner::LogPruner;
use super::reader::LogReader;
use super::record::RecordFault;
use super::repair::repair_tail;
use super::scan::TailScan;
use super::segment_file::{PreparedSegment, prepare_segment, write_zeros};
use super::segment_header::SEGMENT_HEADER_BYTES;
use super::shared::Shared;
use super::writer::LogWriter;

/// The promise log of one directory.
#[derive(Debug)]
pub struct Log;

/// A log ready for use.
#[derive(Debug)]
pub struct Opened {
    /// Appends.
    pub writer: LogWriter,
    /// Reads; clone it for every thread.
    pub reader: LogReader,
    /// Removes old segments.
    pub pruner: LogPruner,
    /// What was found.
    pub report: RecoveryReport,
}

/// What opening a log found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Whether there was no log before.
    pub is_new: bool,
    /// Where the oldest kept segment starts.
    pub first: Position,
    /// Where the log ends.
    pub end: Position,
    /// Ordinal of the next record; as many were ever appended.
    pub next_ordinal: u64,
    /// Records whose checksums were checked.
    pub checked_records: u64,
    /// The torn tail that was cut off, if there was one.
    pub cut: Option<CutTail>,
}

/// Bytes that were written and never known to be durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutTail {
    /// Where they started.
    pub position: Position,
    /// How many there were, up to the last that was not zero.
    pub bytes: u32,
    /// What was wrong with the first of them.
    pub fault: RecordFault,
}

impl Log {
    /// Opens the log in `dir`, or makes a new one there, and locks the directory.
    ///
    /// `scan_from` is the position of a record known to be durable, for example the one a state
    /// checkpoint was taken at: earlier segments have only their headers checked. Without it every
    /// record is checked. `progress` is called from this thread every few megabytes.
    ///
    /// # Errors
    /// [`LogError::Locked`], [`LogError::SegmentBytes`], [`LogError::WrongIdentity`],
    /// [`LogError::UnknownVersion`], [`LogError::MissingSegment`], [`LogError::Corrupt`];
    /// [`LogError::Pruned`] and [`LogError::NotCommitted`] if `scan_from` lies before or behind the
    /// log; [`LogError::Io`]. Nothing is changed on disk if data was lost.
    pub fn open(
        dir: &Path,
        config: LogConfig,
        scan_from: Option<Position>,
        progress: &mut dyn FnMut(ScanProgress),
    ) -> Result<Opened, LogError> {
        config.validate()?;
        let lock = Arc::new(DirLock::acquire(dir)?);
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_dir(parent)?;
        }
        let paths = list_segments(dir)?;
        sync_dir(dir)?;
        let found = Found::read(&paths, &config)?;
        let is_new = found.segments.is_empty();
        if is_new && let Some(position) = scan_from {
            let end = Position::start_of(0);
            return Err(LogError::NotCommitted { position, end });
        }
        let mut meter = ScanMeter::new(found.bytes_to_scan(scan_from)?, progress);
        let tail = found.check(scan_from, &mut meter)?;
        meter.finish();
        ready(dir, config, found, tail, lock)
    }
}

/// Repairs the end, makes the next segment ready and puts the parts together.
fn ready(
    dir: &Path,
    config: LogConfig,
    found: Found,
    tail: Option<TailScan>,
    lock: Arc<DirLock>,
) -> Result<Opened, LogError> {
    let first_segment = found.first_segment();
    let mut prepared = found.unused.map(reuse).transpose()?.flatten();
    let mut segments = found.segments;
    let (active, tail) = match segments.pop().zip(tail) {
        Some(((segment, file_bytes), tail)) => {
            repair_tail(&segment, &tail, file_bytes)?;
            (segment, Some(tail))
        }
        None => {
            let first = match prepared.take() {
                Some(first) => first,
                None => prepare_segment(dir, 0, config.startup_segment_bytes(), || true)?,
            };
            (first.activate(config.identity, 0)?, None)
        }
    };
    let number = active.header.segment;
    let end_offset = tail.map_or(SEGMENT_HEADER_BYTES, |tail| tail.end_offset);
    let end = Position::new(number, end_offset);
    let report = RecoveryReport {
        is_new: tail.is_none(),
        first: Position::start_of(first_segment),
        end,
        next_ordinal: tail.map_or(0, |tail| tail.next_ordinal),
        checked_records: tail.map_or(0, |tail| tail.records),
        cut: tail.and_then(|tail| cut_of(end, &tail)),
    };
    let free_bytes = active.header.segment_bytes.saturating_sub(end_offset);
    // A nearly full segment cannot wait for a large one to be filled with zeros.
    let segment_bytes = if free_bytes < config.startup_segment_bytes() {
        config.startup_segment_bytes()
    } else {
        config.segment_bytes
    };
    let wanted = Request {
        segment: number.checked_add(1).ok_or(LogError::Full)?,
        segment_bytes,
    };
    let preparer = Preparer::start(dir, prepared, wanted)?;
    let shared = Arc::new(Shared::new(
        dir.to_path_buf(),
        config.identity,
        end,
        first_segment,
    ));
    Ok(Opened {
        reader: LogReader::new(Arc::clone(&shared)),
        pruner: LogPruner::new(Arc::clone(&shared), Arc::clone(&lock)),
        writer: LogWriter::new(shared, config, active, report.next_ordinal, preparer, lock),
        report,
    })
}

fn cut_of(position: Position, tail: &TailScan) -> Option<CutTail> {
    let bytes = tail.used_end_offset.saturating_sub(tail.end_offset);
    (bytes > 0).then_some(CutTail {
        position,
        bytes,
        fault: tail.fault,
    })
}

/// Takes over a segment that was prepared before. One of an impossible size is removed: it holds
/// nothing.
fn reuse(unused: Unused) -> Result<Option<PreparedSegment>, LogError> {
    let Unused {
        prepared,
        is_header_torn,
    } = unused;
    let path = &prepared.path;
    let as_config = LogConfig {
        identity: Default::default(),
        segment_bytes: prepared.segment_bytes,
    };
    if as_config.validate().is_err() {
        fs::remove_file(path).map_err(LogError::io("remove", path))?;
        return Ok(None);
    }
    if is_header_torn {
        write_zeros(&prepared.file, 0, SEGMENT_HEADER_BYTES)
            .and_then(|()| prepared.file.sync_all())
            .map_err(LogError::io("clear the header of", path))?;
    }
    Ok(Some(prepared))
}
