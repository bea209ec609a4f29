//! Bytes in a blob, version 0: <https://specs.optimism.io/protocol/derivation.html#blob-encoding>.
//!
//! A field element has 254 usable bits: 31 whole bytes and the low 6 bits of its first byte. Four elements take 127 bytes in a
//! row: 31, one, 31, one, 31, one, 31, where the three single bytes are spread over the four times six bits. The first four bytes
//! of the row of rows are the version and the length. Every row has one place and every place one row: nothing is left to choose.

use super::DecodeError;
use alloy_eips::eip4844::{BYTES_PER_BLOB, Blob};

/// Most bytes a blob holds.
pub const BLOB_DATA_BYTES: usize = ROW_BYTES * ROWS - HEADER_BYTES;

const VERSION: u8 = 0;
/// Version and length (3 bytes, big-endian).
const HEADER_BYTES: usize = 4;
/// What four field elements hold.
const ROW_BYTES: usize = 127;
const ROWS: usize = 1024;
const ELEMENT_BYTES: usize = 32;

/// A row cut at its single bytes: 31, 1, 31, 1, 31, 1, 31.
type Row = [u8; ROW_BYTES];
/// Four field elements.
type Elements = [u8; 4 * ELEMENT_BYTES];

/// Puts `data` into a blob; none if it is longer than [`BLOB_DATA_BYTES`].
pub fn pack(data: &[u8]) -> Option<Box<Blob>> {
    if data.len() > BLOB_DATA_BYTES {
        return None;
    }
    let length = u32::try_from(data.len()).ok()?;
    let mut stream = Vec::with_capacity(ROW_BYTES * ROWS);
    stream.extend_from_slice(&length.to_be_bytes());
    if let Some(version) = stream.first_mut() {
        *version = VERSION;
    }
    stream.extend_from_slice(data);
    stream.resize(ROW_BYTES * ROWS, 0);
    let mut blob = empty();
    let (elements, _) = blob.0.as_chunks_mut::<128>();
    let (rows, _) = stream.as_chunks::<ROW_BYTES>();
    for (elements, row) in elements.iter_mut().zip(rows) {
        write_row(elements, row);
    }
    Some(blob)
}

/// Takes the bytes out of a blob. `index` is the blob's place in the batch, for the error. Refuses whatever [`pack`] would
/// not have written.
pub fn unpack(blob: &Blob, index: usize) -> Result<Vec<u8>, DecodeError> {
    let mut stream = Vec::with_capacity(ROW_BYTES * ROWS);
    let (elements, _) = blob.0.as_chunks::<128>();
    for (place, elements) in elements.iter().enumerate() {
        let high = elements
            .chunks(ELEMENT_BYTES)
            .position(|e| e.first().is_none_or(|b| b & 0xc0 != 0));
        if let Some(high) = high {
            return Err(DecodeError::FieldElement {
                blob: index,
                element: place * 4 + high,
            });
        }
        stream.extend_from_slice(&read_row(elements));
    }
    let Some((&[version, a, b, c], content)) = stream.split_first_chunk::<HEADER_BYTES>() else {
        return Err(DecodeError::BlobLength {
            blob: index,
            got: 0,
        });
    };
    if version != VERSION {
        return Err(DecodeError::BlobVersion {
            blob: index,
            got: version,
        });
    }
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    let Some((_, padding)) = content.split_at_checked(length) else {
        return Err(DecodeError::BlobLength {
            blob: index,
            got: length,
        });
    };
    if padding.iter().any(|byte| *byte != 0) {
        return Err(DecodeError::BlobPadding { blob: index });
    }
    stream.truncate(HEADER_BYTES + length);
    stream.drain(..HEADER_BYTES);
    Ok(stream)
}

/// A blob of zeros. Its own function, so that the 128 KiB that an unoptimised build moves over the stack are gone afterwards.
#[inline(never)]
fn empty() -> Box<Blob> {
    debug_assert_eq!(ROWS * 4 * ELEMENT_BYTES, BYTES_PER_BLOB);
    Box::new(Blob::ZERO)
}

fn write_row(elements: &mut Elements, row: &Row) {
    let (x, y, z) = (row[31], row[63], row[95]);
    let high = [
        x & 0x3f,
        (y & 0x0f) | ((x & 0xc0) >> 2),
        z & 0x3f,
        ((z & 0xc0) >> 2) | (y >> 4),
    ];
    for ((element, whole), high) in elements
        .chunks_mut(ELEMENT_BYTES)
        .zip(row.chunks(32))
        .zip(high)
    {
        if let Some((first, rest)) = element.split_first_mut() {
            *first = high;
            rest.copy_from_slice(whole.get(..31).unwrap_or(whole));
        }
    }
}

fn read_row(elements: &Elements) -> Row {
    let mut row = [0; ROW_BYTES];
    for (whole, element) in row.chunks_mut(32).zip(elements.chunks(ELEMENT_BYTES)) {
        if let (Some(to), Some(from)) = (whole.get_mut(..31), element.get(1..)) {
            to.copy_from_slice(from);
        }
    }
    let [a, b, c, d] = [elements[0], elements[32], elements[64], elements[96]];
    row[31] = a | ((b & 0x30) << 2);
    row[63] = (b & 0x0f) | ((d & 0x0f) << 4);
    row[95] = c | ((d & 0x30) << 2);
    row
}
