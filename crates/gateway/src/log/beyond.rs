//! What stands behind the last valid record of a segment.

use std::fs::File;
use std::io;

use super::little_endian::is_zero;
use super::record::{
    ALIGNMENT, ChecksumSeed, RECORD_HEADER_BYTES, RecordHeader, decode_record_header,
};
use super::window::{ReadAt, SCAN_CHUNK_BYTES, Window};

/// A record behind the end that says the end was not the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    pub(super) offset: u32,
    pub(super) header: RecordHeader,
}

/// What stands behind the last valid record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beyond {
    pub(super) proof: Option<Proof>,
    /// From here to the limit there are only zeros.
    pub(super) used_end_offset: u32,
}

/// Searches the bytes from `start` to `limit` for anything but zeros, and for a record that counts
/// record `missing` as durable.
pub(super) fn look_beyond<S: ReadAt>(
    window: &mut Window<S>,
    seed: ChecksumSeed,
    start: u32,
    limit: u32,
    missing: u64,
    mut reached: impl FnMut(u32),
) -> io::Result<Beyond> {
    let mut beyond = Beyond {
        proof: None,
        used_end_offset: start,
    };
    let mut chunk_offset = start;
    while chunk_offset < limit {
        let chunk = window.bytes(chunk_offset, SCAN_CHUNK_BYTES, limit)?;
        let Ok(chunk_bytes) = u32::try_from(chunk.len()) else {
            break;
        };
        if chunk_bytes == 0 {
            break;
        }
        let is_last = chunk_offset.saturating_add(chunk_bytes) >= limit;
        // A header that straddles two chunks is looked at with the second one.
        let step_bytes = if is_last || chunk_bytes <= RECORD_HEADER_BYTES {
            chunk_bytes
        } else {
            chunk_bytes - RECORD_HEADER_BYTES
        };
        if !is_zero(chunk) {
            let words = chunk
                .chunks(ALIGNMENT as usize)
                .zip((0..step_bytes).step_by(ALIGNMENT as usize));
            for (word, at) in words {
                if is_zero(word) {
                    continue;
                }
                let offset = chunk_offset.saturating_add(at);
                beyond.used_end_offset = offset.saturating_add(ALIGNMENT).min(limit);
                let candidate = chunk.get(at as usize..).unwrap_or_default();
                match decode_record_header(candidate, seed, offset) {
                    Ok(header) if header.durable > missing => {
                        beyond.proof = Some(Proof { offset, header });
                        return Ok(beyond);
                    }
                    _ => {}
                }
            }
        }
        chunk_offset = chunk_offset.saturating_add(step_bytes);
        reached(chunk_offset);
    }
    Ok(beyond)
}

/// Whether a file has only zeros from `start` to `end`.
pub(super) fn is_zero_file(file: &File, start: u32, end: u32) -> io::Result<bool> {
    let mut window = Window::new(file, SCAN_CHUNK_BYTES);
    let mut offset = start;
    while offset < end {
        let chunk = window.bytes(offset, SCAN_CHUNK_BYTES, end)?;
        if chunk.is_empty() {
            break;
        }
        if !is_zero(chunk) {
            return Ok(false);
        }
        offset = offset.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
    }
    Ok(true)
}
