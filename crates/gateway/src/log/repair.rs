//! Making the end of the log fit to append to.

use std::io;
use std::os::unix::fs::FileExt;

use super::error::LogError;
use super::scan::TailScan;
use super::segment_file::{SegmentFile, write_zeros};

/// Makes everything in the last segment that the scan found valid durable, and everything behind it
/// zero. A crash at any point leaves a segment that the next scan judges the same.
///
/// Valid records that nothing proves durable are written again, not only synced: after a failed
/// sync the operating system may hold bytes in memory that it believes to be on disk already.
pub(super) fn repair_tail(
    segment: &SegmentFile,
    tail: &TailScan,
    file_bytes: u32,
) -> Result<(), LogError> {
    let failed = |error: io::Error| LogError::io("rewrite the end of", &segment.path)(error);
    let file = &segment.file;
    if !tail.header_proven {
        file.write_all_at(&segment.header.encode(), 0)
            .map_err(failed)?;
    }
    let unproven_bytes = tail.end_offset.saturating_sub(tail.unproven_offset);
    if unproven_bytes > 0 {
        let mut bytes = vec![0; unproven_bytes as usize];
        let offset = u64::from(tail.unproven_offset);
        file.read_exact_at(&mut bytes, offset).map_err(failed)?;
        file.write_all_at(&bytes, offset).map_err(failed)?;
    }
    // Stale bytes would be read as records once the log has grown up to them.
    write_zeros(file, tail.end_offset, tail.used_end_offset).map_err(failed)?;
    // A file that came back shorter than it was made.
    let missing_from = file_bytes.max(tail.end_offset);
    write_zeros(file, missing_from, segment.header.segment_bytes).map_err(failed)?;
    file.sync_all().map_err(failed)
}
