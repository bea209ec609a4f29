//! Segment files: making them ready, putting them to use, opening them.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use alloy_primitives::B256;

use super::directory::{segment_path, sync_dir, unfinished_path};
use super::error::LogError;
use super::segment_header::{
    SEGMENT_HEADER_BYTES, SegmentHeader, SegmentHeaderFault, decode_segment_header,
};

/// Zeros written at a time.
const ZERO_CHUNK_BYTES: u32 = 1 << 20;

/// An open segment whose header is valid.
#[derive(Debug)]
pub(super) struct SegmentFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) header: SegmentHeader,
}

/// A durable file full of zeros, not yet part of the log.
#[derive(Debug)]
pub(super) struct PreparedSegment {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) segment: u32,
    pub(super) segment_bytes: u32,
}

/// Makes segment number `segment` of `dir` ready for use: `segment_bytes` zeros that are really
/// written, so that a later sync finds nothing to allocate. Between pieces `pause` is called; if it
/// returns false the work is given up. A crash leaves a file that the next open removes.
pub(super) fn prepare_segment(
    dir: &Path,
    segment: u32,
    segment_bytes: u32,
    mut pause: impl FnMut() -> bool,
) -> Result<PreparedSegment, LogError> {
    let unfinished = unfinished_path(dir, segment);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&unfinished)
        .map_err(LogError::io("create", &unfinished))?;
    let mut written = 0;
    while written < segment_bytes {
        if written > 0 && !pause() {
            let stopped = io::Error::from(io::ErrorKind::Interrupted);
            return Err(LogError::io("finish", &unfinished)(stopped));
        }
        let end = segment_bytes.min(written.saturating_add(ZERO_CHUNK_BYTES));
        write_zeros(&file, written, end).map_err(LogError::io("fill", &unfinished))?;
        // Piece by piece, so that the disk is never asked for everything at once.
        file.sync_data()
            .map_err(LogError::io("sync", &unfinished))?;
        written = end;
    }
    file.sync_all().map_err(LogError::io("sync", &unfinished))?;
    let path = segment_path(dir, segment);
    fs::rename(&unfinished, &path).map_err(LogError::io("rename to", &path))?;
    sync_dir(dir)?;
    Ok(PreparedSegment {
        file,
        path,
        segment,
        segment_bytes,
    })
}

impl PreparedSegment {
    /// Makes it the segment that starts with record `first_record`: writes and syncs the header.
    /// Every earlier record must be durable before.
    pub(super) fn activate(
        self,
        identity: B256,
        first_record: u64,
    ) -> Result<SegmentFile, LogError> {
        let header = SegmentHeader {
            segment: self.segment,
            identity,
            segment_bytes: self.segment_bytes,
            first_record,
            salt: random_salt(),
        };
        self.file
            .write_all_at(&header.encode(), 0)
            .map_err(LogError::io("write", &self.path))?;
        self.file
            .sync_data()
            .map_err(LogError::io("sync", &self.path))?;
        Ok(SegmentFile {
            file: self.file,
            path: self.path,
            header,
        })
    }
}

/// Writes zeros over the bytes from `start` to `end` of a file. Does not sync.
pub(super) fn write_zeros(file: &File, start: u32, end: u32) -> io::Result<()> {
    let zeros = vec![0; end.saturating_sub(start).min(ZERO_CHUNK_BYTES) as usize];
    let mut offset = u64::from(start);
    let end = u64::from(end);
    while offset < end {
        let remaining = usize::try_from(end - offset).unwrap_or(usize::MAX);
        let chunk = zeros.get(..remaining).unwrap_or(&zeros);
        file.write_all_at(chunk, offset)?;
        offset += chunk.len() as u64;
    }
    Ok(())
}

/// Opens a segment to read it, together with what its header says.
pub(super) fn open_segment(
    path: &Path,
    writable: bool,
) -> Result<(File, Result<SegmentHeader, SegmentHeaderFault>), LogError> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(writable)
        .open(path)
        .map_err(LogError::io("open", path))?;
    let mut page = Vec::with_capacity(SEGMENT_HEADER_BYTES as usize);
    Read::by_ref(&mut file)
        .take(u64::from(SEGMENT_HEADER_BYTES))
        .read_to_end(&mut page)
        .map_err(LogError::io("read", path))?;
    Ok((file, decode_segment_header(&page)))
}

/// A number nobody can foresee: the standard library keys its hash maps from the operating
/// system's randomness.
fn random_salt() -> u64 {
    RandomState::new().build_hasher().finish()
}
