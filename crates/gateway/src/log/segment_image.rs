//! Judging a segment that is in memory, without a directory around it.

use super::beyond::look_beyond;
use super::cursor::{RecordCursor, Step};
use super::record::{RecordFault, RecordHeader};
use super::segment_header::{
    SEGMENT_HEADER_BYTES, SegmentHeader, SegmentHeaderFault, decode_segment_header,
};
use super::window::{SCAN_CHUNK_BYTES, Window};

/// What the bytes of one segment file hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentImage {
    /// The segment's header.
    pub header: SegmentHeader,
    /// Offset in bytes and header of every record before the first that is not valid.
    pub records: Vec<(u32, RecordHeader)>,
    /// Where the valid records end, in bytes.
    pub end_offset: u32,
    /// Why there is no valid record there.
    pub fault: RecordFault,
    /// How many records were durable according to a record behind the end that counts the missing
    /// one among them. `None`: the rest is unused or torn.
    pub durable_beyond: Option<u64>,
}

/// Reads a segment from its bytes with the rules used for files. Takes time linear in their number
/// and never panics, whatever they are.
///
/// # Errors
/// A [`SegmentHeaderFault`] if the header is not valid; without it no record can be checked.
pub fn read_segment_image(image: &[u8]) -> Result<SegmentImage, SegmentHeaderFault> {
    let header = decode_segment_header(image)?;
    let image_bytes = u32::try_from(image.len()).unwrap_or(u32::MAX);
    let limit = image_bytes.min(header.segment_bytes);
    let window = Window::new(image, SCAN_CHUNK_BYTES);
    let mut cursor = RecordCursor::new(window, header.seed(), SEGMENT_HEADER_BYTES);
    let mut records = Vec::new();
    let fault = loop {
        match cursor.step(limit) {
            Ok(Step::Record { offset, header, .. }) => records.push((offset, header)),
            Ok(Step::Fault(fault)) => break fault,
            // Reading memory does not fail.
            Err(_) => break RecordFault::Empty,
        }
    };
    let missing = records.last().map_or(header.first_record, |(_, last)| {
        last.ordinal.saturating_add(1)
    });
    let (end_offset, seed) = (cursor.offset(), cursor.seed());
    let beyond = look_beyond(
        cursor.window_mut(),
        seed,
        end_offset,
        limit,
        missing,
        |_| {},
    )
    .ok();
    Ok(SegmentImage {
        header,
        records,
        end_offset,
        fault,
        durable_beyond: beyond
            .and_then(|beyond| beyond.proof)
            .map(|proof| proof.header.durable),
    })
}
