//! The first 4 KiB of a segment.

use alloy_primitives::B256;

use super::little_endian::{array_at, is_zero, u32_at, u64_at};
use super::record::ChecksumSeed;

/// Bytes before the first record of a segment. A whole page, so that appending never rewrites it.
pub const SEGMENT_HEADER_BYTES: u32 = 4096;

/// The only format version so far.
pub(super) const FORMAT_VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"FBNDLOG\n";

// Offsets of the fields, in bytes. The rest of the page is zero.
const VERSION_AT: usize = 8;
const SEGMENT_AT: usize = 12;
const IDENTITY_AT: usize = 16;
const SEGMENT_BYTES_AT: usize = 48;
const FIRST_RECORD_AT: usize = 56;
const SALT_AT: usize = 64;
const CHECKSUM_AT: usize = 72;
const FIELDS_END: usize = 76;

/// What a segment says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Number of the segment in its log, from 0.
    pub segment: u32,
    /// The log it belongs to.
    pub identity: B256,
    /// Size of the whole file, in bytes.
    pub segment_bytes: u32,
    /// Ordinal of the segment's first record. The header exists only once every record before that
    /// one is durable.
    pub first_record: u64,
    /// Random number from which the segment's checksums start.
    pub salt: u64,
}

/// Why bytes are no segment header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentHeaderFault {
    /// Only zeros: a segment that was prepared and not used yet.
    #[error("only zeros")]
    Unused,
    /// The file ends inside the header.
    #[error("only {found_bytes} bytes of the header")]
    Short {
        /// Bytes there are.
        found_bytes: usize,
    },
    /// The file is something else.
    #[error("bytes that do not start a segment")]
    Magic,
    /// Another format version.
    #[error("format version {found}")]
    Version {
        /// The version the header names.
        found: u32,
    },
    /// The fields are not those that were written.
    #[error("a header with checksum {found:#010x} whose fields have {computed:#010x}")]
    Checksum {
        /// The checksum of the fields.
        computed: u32,
        /// The checksum in the header.
        found: u32,
    },
    /// Something stands where the header has only zeros.
    #[error("bytes after the header's fields that should be zero")]
    Slack,
}

impl SegmentHeader {
    /// What record checksums in this segment start from.
    pub fn seed(&self) -> ChecksumSeed {
        ChecksumSeed::new(self.salt, self.segment)
    }

    /// The header as it stands on disk.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES as usize);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.segment.to_le_bytes());
        bytes.extend_from_slice(self.identity.as_slice());
        bytes.extend_from_slice(&self.segment_bytes.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.first_record.to_le_bytes());
        bytes.extend_from_slice(&self.salt.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.resize(SEGMENT_HEADER_BYTES as usize, 0);
        bytes
    }
}

/// Reads a segment header from the first bytes of a segment. Never panics, whatever the bytes.
///
/// # Errors
/// A [`SegmentHeaderFault`] that says what is wrong with the bytes.
pub fn decode_segment_header(bytes: &[u8]) -> Result<SegmentHeader, SegmentHeaderFault> {
    let page = bytes.get(..SEGMENT_HEADER_BYTES as usize).unwrap_or(bytes);
    if is_zero(page) {
        return Err(SegmentHeaderFault::Unused);
    }
    fields(page).unwrap_or(Err(SegmentHeaderFault::Short {
        found_bytes: page.len(),
    }))
}

/// `None` if the page is too short.
fn fields(page: &[u8]) -> Option<Result<SegmentHeader, SegmentHeaderFault>> {
    if array_at::<8>(page, 0)? != MAGIC {
        return Some(Err(SegmentHeaderFault::Magic));
    }
    // Before the checksum, whose place another version may have changed.
    let version = u32_at(page, VERSION_AT)?;
    if version != FORMAT_VERSION {
        return Some(Err(SegmentHeaderFault::Version { found: version }));
    }
    let computed = crc32c::crc32c(page.get(..CHECKSUM_AT)?);
    let found = u32_at(page, CHECKSUM_AT)?;
    if computed != found {
        return Some(Err(SegmentHeaderFault::Checksum { computed, found }));
    }
    let slack = page.get(FIELDS_END..SEGMENT_HEADER_BYTES as usize)?;
    if !is_zero(slack) {
        return Some(Err(SegmentHeaderFault::Slack));
    }
    Some(Ok(SegmentHeader {
        segment: u32_at(page, SEGMENT_AT)?,
        identity: B256::new(array_at(page, IDENTITY_AT)?),
        segment_bytes: u32_at(page, SEGMENT_BYTES_AT)?,
        first_record: u64_at(page, FIRST_RECORD_AT)?,
        salt: u64_at(page, SALT_AT)?,
    }))
}
