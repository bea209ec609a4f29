//! One record: 32 bytes of header, the payload, zeros up to a multiple of 8.
//!
//! | bytes | field |
//! |---|---|
//! | 0..2 | marker |
//! | 2 | kind |
//! | 3 | zero |
//! | 4..8 | checksum of the other header bytes |
//! | 8..12 | payload length, bytes |
//! | 12..16 | checksum of the payload |
//! | 16..24 | ordinal |
//! | 24..32 | number of records known durable when this one was appended |
//!
//! The header has a checksum of its own, so that looking for records behind a torn one costs the
//! same for any bytes, and a header whose payload is damaged still proves what was durable.

use super::config::MAX_PAYLOAD_BYTES;
use super::little_endian::{array_at, is_zero, u32_at, u64_at};

/// Bytes of a record before its payload.
pub const RECORD_HEADER_BYTES: u32 = 32;

/// Records start at multiples of this many bytes.
pub(super) const ALIGNMENT: u32 = 8;

const MARKER: [u8; 2] = [0xfb, 0x1d];

/// What the checksums of one segment start from: its salt and its number. Together with the offset
/// this makes a record valid only at its own place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChecksumSeed(u32);

impl ChecksumSeed {
    /// The seed of segment number `segment` with the salt from its header.
    pub fn new(salt: u64, segment: u32) -> Self {
        let crc = crc32c::crc32c(&salt.to_le_bytes());
        Self(crc32c::crc32c_append(crc, &segment.to_le_bytes()))
    }

    fn at(self, offset: u32) -> u32 {
        crc32c::crc32c_append(self.0, &offset.to_le_bytes())
    }
}

/// What a record says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// What the payload is; the log does not look at it.
    pub kind: u8,
    /// Length of the payload, bytes.
    pub payload_bytes: u32,
    /// Checksum of the payload.
    pub payload_checksum: u32,
    /// Number of the record in its log, from 0.
    pub ordinal: u64,
    /// The writer knew all records with a smaller ordinal than this to be durable.
    pub durable: u64,
}

impl RecordHeader {
    /// Bytes from the start of this record to the start of the next.
    pub(super) fn framed_bytes(&self) -> u32 {
        framed_bytes(self.payload_bytes)
    }
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// Only zeros: nothing was written here, or it did not reach the disk.
    #[error("only zeros")]
    Empty,
    /// The segment ends inside the record.
    #[error("the end after {found_bytes} bytes of a record of {record_bytes}")]
    Short {
        /// Bytes the record has.
        record_bytes: u32,
        /// Bytes there are.
        found_bytes: usize,
    },
    /// The bytes do not start like a record.
    #[error("bytes that do not start a record")]
    Marker,
    /// The header is not the one that was written here.
    #[error("a record header with checksum {found:#010x} whose bytes have {computed:#010x}")]
    HeaderChecksum {
        /// The checksum of the bytes.
        computed: u32,
        /// The checksum in the header.
        found: u32,
    },
    /// The payload is not the one that was written here.
    #[error(
        "record {ordinal} with payload checksum {found:#010x} whose bytes have {computed:#010x}"
    )]
    PayloadChecksum {
        /// The record's ordinal.
        ordinal: u64,
        /// The checksum of the bytes.
        computed: u32,
        /// The checksum in the header.
        found: u32,
    },
    /// The bytes between the payload and the next record are not zero.
    #[error("record {ordinal} with a damaged end")]
    Padding {
        /// The record's ordinal.
        ordinal: u64,
    },
}

/// Bytes a record with this payload takes in the log.
pub(super) fn framed_bytes(payload_bytes: u32) -> u32 {
    // A payload has at most MAX_PAYLOAD_BYTES, so this saturates only for headers that are refused.
    payload_bytes
        .saturating_add(RECORD_HEADER_BYTES)
        .checked_next_multiple_of(ALIGNMENT)
        .unwrap_or(u32::MAX)
}

/// Appends one record to `buffer`, which is a multiple of 8 bytes long and will be written so that
/// the record comes to stand at `offset`. `parts`, one after the other, are the payload; the
/// header's checksum field is ignored.
pub(super) fn encode_record(
    buffer: &mut Vec<u8>,
    seed: ChecksumSeed,
    offset: u32,
    header: &RecordHeader,
    parts: &[&[u8]],
) {
    let seed_here = seed.at(offset);
    let payload_checksum = parts
        .iter()
        .fold(seed_here, |crc, part| crc32c::crc32c_append(crc, part));
    let [marker_low, marker_high] = MARKER;
    let first_word = [marker_low, marker_high, header.kind, 0];
    let mut rest = [0; 24];
    let fields = header
        .payload_bytes
        .to_le_bytes()
        .into_iter()
        .chain(payload_checksum.to_le_bytes())
        .chain(header.ordinal.to_le_bytes())
        .chain(header.durable.to_le_bytes());
    for (to, from) in rest.iter_mut().zip(fields) {
        *to = from;
    }
    let checksum = header_checksum(seed_here, &first_word, &rest);
    buffer.extend_from_slice(&first_word);
    buffer.extend_from_slice(&checksum.to_le_bytes());
    buffer.extend_from_slice(&rest);
    for part in parts {
        buffer.extend_from_slice(part);
    }
    buffer.resize(buffer.len().next_multiple_of(ALIGNMENT as usize), 0);
}

/// Reads the header of the record at `offset` of a segment from the bytes that start there. Never
/// panics, whatever the bytes.
///
/// # Errors
/// A [`RecordFault`] that says what is wrong with the bytes.
pub fn decode_record_header(
    bytes: &[u8],
    seed: ChecksumSeed,
    offset: u32,
) -> Result<RecordHeader, RecordFault> {
    header_fields(bytes, seed, offset).unwrap_or_else(|| {
        if is_zero(bytes) {
            return Err(RecordFault::Empty);
        }
        Err(RecordFault::Short {
            record_bytes: RECORD_HEADER_BYTES,
            found_bytes: bytes.len(),
        })
    })
}

/// `None` if there are too few bytes.
fn header_fields(
    bytes: &[u8],
    seed: ChecksumSeed,
    offset: u32,
) -> Option<Result<RecordHeader, RecordFault>> {
    let header: [u8; RECORD_HEADER_BYTES as usize] = array_at(bytes, 0)?;
    let first_word: [u8; 4] = array_at(&header, 0)?;
    let [marker_low, marker_high, kind, _] = first_word;
    if [marker_low, marker_high] != MARKER {
        let empty = is_zero(&header);
        return Some(Err(if empty {
            RecordFault::Empty
        } else {
            RecordFault::Marker
        }));
    }
    let computed = header_checksum(seed.at(offset), &first_word, &array_at(&header, 8)?);
    let found = u32_at(&header, 4)?;
    if computed != found {
        return Some(Err(RecordFault::HeaderChecksum { computed, found }));
    }
    Some(Ok(RecordHeader {
        kind,
        payload_bytes: u32_at(&header, 8)?,
        payload_checksum: u32_at(&header, 12)?,
        ordinal: u64_at(&header, 16)?,
        durable: u64_at(&header, 24)?,
    }))
}

fn header_checksum(seed_here: u32, first_word: &[u8; 4], rest: &[u8; 24]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(seed_here, first_word), rest)
}

/// Checks the payload of the record at `offset` whose `header` was decoded from the same `bytes`,
/// and returns it.
pub(super) fn decode_payload<'bytes>(
    bytes: &'bytes [u8],
    header: &RecordHeader,
    seed: ChecksumSeed,
    offset: u32,
) -> Result<&'bytes [u8], RecordFault> {
    let ordinal = header.ordinal;
    let record_bytes = header.framed_bytes();
    let short = RecordFault::Short {
        record_bytes,
        found_bytes: bytes.len(),
    };
    if header.payload_bytes > MAX_PAYLOAD_BYTES {
        return Err(short);
    }
    let body = bytes
        .get(RECORD_HEADER_BYTES as usize..record_bytes as usize)
        .ok_or(short)?;
    let (payload, padding) = body
        .split_at_checked(header.payload_bytes as usize)
        .ok_or(short)?;
    let computed = crc32c::crc32c_append(seed.at(offset), payload);
    let found = header.payload_checksum;
    if computed != found {
        return Err(RecordFault::PayloadChecksum {
            ordinal,
            computed,
            found,
        });
    }
    if !is_zero(padding) {
        return Err(RecordFault::Padding { ordinal });
    }
    Ok(payload)
}

/// Reads the record at `offset` of a segment from the bytes that start there; more bytes may
/// follow. Never panics, whatever the bytes.
///
/// # Errors
/// A [`RecordFault`] that says what is wrong with the bytes.
pub fn decode_record(
    bytes: &[u8],
    seed: ChecksumSeed,
    offset: u32,
) -> Result<(RecordHeader, &[u8]), RecordFault> {
    let header = decode_record_header(bytes, seed, offset)?;
    let payload = decode_payload(bytes, &header, seed, offset)?;
    Ok((header, payload))
}
