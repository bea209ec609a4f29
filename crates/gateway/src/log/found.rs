//! The segments found in a directory, and whether they make up a whole log.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::beyond::is_zero_file;
use super::config::LogConfig;
use super::error::LogError;
use super::position::Position;
use super::progress::ScanMeter;
use super::scan::{ScanStart, TailScan, scan_sealed, scan_tail};
use super::segment_file::{PreparedSegment, SegmentFile, open_segment};
use super::segment_header::{
    FORMAT_VERSION, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentHeaderFault,
};

/// The segments of a directory.
pub(super) struct Found {
    /// Each with the size its file has, in bytes; in order.
    pub(super) segments: Vec<(SegmentFile, u32)>,
    pub(super) unused: Option<Unused>,
}

/// The segment after the last: prepared, its header not written or not completely.
pub(super) struct Unused {
    pub(super) prepared: PreparedSegment,
    pub(super) is_header_torn: bool,
}

impl Found {
    /// Opens all segments and checks everything that the headers tell.
    pub(super) fn read(
        paths: &BTreeMap<u32, PathBuf>,
        config: &LogConfig,
    ) -> Result<Self, LogError> {
        let mut found = Self {
            segments: Vec::with_capacity(paths.len()),
            unused: None,
        };
        let last = paths.keys().next_back().copied();
        for (&number, path) in paths {
            let (file, header) = open_segment(path, true)?;
            let file_bytes = file_bytes(&file, path)?;
            match header {
                Ok(header) => {
                    check_header(path, &header, number, config)?;
                    found.check_follows(path, &header)?;
                    let path = path.clone();
                    let segment = SegmentFile { file, path, header };
                    found.segments.push((segment, file_bytes));
                }
                Err(SegmentHeaderFault::Version { found }) => {
                    return Err(LogError::UnknownVersion {
                        path: path.clone(),
                        expected: FORMAT_VERSION,
                        found,
                    });
                }
                Err(fault) => {
                    // Only the next segment may have no header: a header is synced before records.
                    let may_be_unused =
                        Some(number) == last && (number == 0 || !found.segments.is_empty());
                    if !may_be_unused || !is_zero_body(&file, path, file_bytes)? {
                        let expected = "a segment header";
                        return Err(LogError::corrupt(path, 0, expected, fault));
                    }
                    found.unused = Some(Unused {
                        prepared: PreparedSegment {
                            file,
                            path: path.clone(),
                            segment: number,
                            segment_bytes: file_bytes,
                        },
                        is_header_torn: fault != SegmentHeaderFault::Unused,
                    });
                }
            }
        }
        Ok(found)
    }

    /// Checks a header against the segment before; that one is complete, so it has its full size.
    fn check_follows(&self, path: &Path, header: &SegmentHeader) -> Result<(), LogError> {
        let Some((before, before_bytes)) = self.segments.last() else {
            return Ok(());
        };
        if *before_bytes != before.header.segment_bytes {
            let expected = format!("a file of {} bytes", before.header.segment_bytes);
            let found = format!("{before_bytes} bytes");
            return Err(LogError::corrupt(
                &before.path,
                *before_bytes,
                expected,
                found,
            ));
        }
        if header.first_record < before.header.first_record {
            let expected = format!("a first record from {} on", before.header.first_record);
            let found = format!("first record {}", header.first_record);
            return Err(LogError::corrupt(path, 0, expected, found));
        }
        Ok(())
    }

    pub(super) fn first_segment(&self) -> u32 {
        self.segments
            .first()
            .map_or(0, |(segment, _)| segment.header.segment)
    }

    pub(super) fn bytes_to_scan(&self, scan_from: Option<Position>) -> Result<u64, LogError> {
        let first = self.first_segment();
        if let Some(position) = scan_from.filter(|position| position.segment() < first) {
            return Err(LogError::Pruned {
                position,
                first: Position::start_of(first),
            });
        }
        let from = scan_from.map_or(first, Position::segment);
        Ok(self
            .segments
            .iter()
            .filter(|(segment, _)| segment.header.segment >= from)
            .map(|(_, file_bytes)| u64::from(*file_bytes))
            .sum())
    }

    /// Checks the records, and says where the log ends. `None`: there is no segment yet.
    pub(super) fn check(
        &self,
        scan_from: Option<Position>,
        meter: &mut ScanMeter<'_>,
    ) -> Result<Option<TailScan>, LogError> {
        let Some(((last, last_bytes), sealed)) = self.segments.split_last() else {
            return Ok(None);
        };
        let mut start = ScanStart {
            checkpoint_offset: None,
            done_bytes: 0,
        };
        if let Some(position) = scan_from.filter(|from| from.segment() > last.header.segment) {
            let tail = scan_tail(last, start, *last_bytes, meter)?;
            let end = Position::new(last.header.segment, tail.end_offset);
            return Err(LogError::NotCommitted { position, end });
        }
        let checkpoint_in = |segment: &SegmentFile| {
            scan_from
                .filter(|from| from.segment() == segment.header.segment)
                .map(Position::offset)
        };
        let mut checked_records = 0;
        let nexts = self.segments.iter().skip(1).map(|(next, _)| next);
        for ((segment, file_bytes), next) in sealed.iter().zip(nexts) {
            if scan_from.is_some_and(|from| segment.header.segment < from.segment()) {
                continue;
            }
            start.checkpoint_offset = checkpoint_in(segment);
            checked_records += scan_sealed(segment, start, next.header.first_record, meter)?;
            start.done_bytes += u64::from(*file_bytes);
            meter.reached(start.done_bytes);
        }
        start.checkpoint_offset = checkpoint_in(last);
        let mut tail = scan_tail(last, start, *last_bytes, meter)?;
        tail.records += checked_records;
        Ok(Some(tail))
    }
}

fn check_header(
    path: &Path,
    header: &SegmentHeader,
    number: u32,
    config: &LogConfig,
) -> Result<(), LogError> {
    if header.identity != config.identity {
        return Err(LogError::WrongIdentity {
            path: path.to_path_buf(),
            expected: config.identity,
            found: header.identity,
        });
    }
    if header.segment != number {
        let expected = format!("segment {number}, as the file name says");
        let found = format!("segment {}", header.segment);
        return Err(LogError::corrupt(path, 0, expected, found));
    }
    Ok(())
}

fn file_bytes(file: &File, path: &Path) -> Result<u32, LogError> {
    let bytes = file
        .metadata()
        .map_err(LogError::io("measure", path))?
        .len();
    u32::try_from(bytes).map_err(|_| {
        let found = format!("{bytes} bytes");
        LogError::corrupt(path, u32::MAX, "a file of at most 1 GiB", found)
    })
}

fn is_zero_body(file: &File, path: &Path, file_bytes: u32) -> Result<bool, LogError> {
    is_zero_file(file, SEGMENT_HEADER_BYTES, file_bytes).map_err(LogError::io("read", path))
}
