//! Going from record to record within one segment.

use std::io;

use super::record::{
    ChecksumSeed, RECORD_HEADER_BYTES, RecordFault, RecordHeader, decode_payload,
    decode_record_header,
};
use super::window::{ReadAt, Window};

/// What stands at the cursor.
pub(super) enum Step<'buffer> {
    /// A valid record; the cursor moved behind it.
    Record {
        offset: u32,
        header: RecordHeader,
        payload: &'buffer [u8],
    },
    /// No valid record; the cursor did not move.
    Fault(RecordFault),
}

/// A place in a segment and the bytes around it.
pub(super) struct RecordCursor<S> {
    window: Window<S>,
    seed: ChecksumSeed,
    offset: u32,
}

impl<S: ReadAt> RecordCursor<S> {
    pub(super) fn new(window: Window<S>, seed: ChecksumSeed, offset: u32) -> Self {
        Self {
            window,
            seed,
            offset,
        }
    }

    /// Where the next record is expected, bytes from the start of the file.
    pub(super) fn offset(&self) -> u32 {
        self.offset
    }

    pub(super) fn seed(&self) -> ChecksumSeed {
        self.seed
    }

    pub(super) fn window_mut(&mut self) -> &mut Window<S> {
        &mut self.window
    }

    /// Reads the record at the cursor, looking at nothing from `limit` on.
    pub(super) fn step(&mut self, limit: u32) -> io::Result<Step<'_>> {
        let (offset, seed) = (self.offset, self.seed);
        let head = self.window.bytes(offset, RECORD_HEADER_BYTES, limit)?;
        let header = match decode_record_header(head, seed, offset) {
            Ok(header) => header,
            Err(fault) => return Ok(Step::Fault(fault)),
        };
        let record_bytes = header.framed_bytes();
        let bytes = self.window.bytes(offset, record_bytes, limit)?;
        match decode_payload(bytes, &header, seed, offset) {
            Ok(payload) => {
                self.offset = offset.saturating_add(record_bytes);
                Ok(Step::Record {
                    offset,
                    header,
                    payload,
                })
            }
            Err(fault) => Ok(Step::Fault(fault)),
        }
    }
}
