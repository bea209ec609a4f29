//! What a log is called and how large its pieces are.

use alloy_primitives::B256;

use super::error::LogError;
use super::record::RECORD_HEADER_BYTES;
use super::segment_header::SEGMENT_HEADER_BYTES;

/// Largest payload of one record, in bytes, whatever the size of the segments. Small segments lower
/// the limit further: see [`LogConfig::max_payload_bytes`].
pub const MAX_PAYLOAD_BYTES: u32 = 4 << 20;

/// Records waiting for a commit are written out by themselves beyond this many bytes.
pub(super) const MAX_PENDING_BYTES: usize = 8 << 20;

/// Size of a segment when there is no time to fill a large one with zeros: the first of a new log,
/// or the next one when the current one is nearly full at start.
const STARTUP_SEGMENT_BYTES: u32 = 8 << 20;

const PAGE_BYTES: u32 = 4096;
const MIN_SEGMENT_BYTES: u32 = 4 * PAGE_BYTES;
const MAX_SEGMENT_BYTES: u32 = 1 << 30;

/// Settings of a log. They may differ from one start to the next, the identity excepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Which chain and domain this log belongs to. Written into every segment; a log with another
    /// identity is refused.
    pub identity: B256,
    /// Size of new segments, in bytes: a multiple of 4096 from 16 KiB to 1 GiB. Existing segments
    /// keep the size they were made with.
    pub segment_bytes: u32,
}

impl LogConfig {
    /// Settings for `identity` with segments of 64 MiB.
    pub const fn new(identity: B256) -> Self {
        Self {
            identity,
            segment_bytes: 64 << 20,
        }
    }

    /// The largest payload, in bytes, that [`LogWriter::append`](super::LogWriter::append) takes
    /// with these settings: [`MAX_PAYLOAD_BYTES`], or less if segments are smaller than that.
    pub fn max_payload_bytes(&self) -> u32 {
        let frame_bytes = SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES;
        MAX_PAYLOAD_BYTES.min(self.startup_segment_bytes().saturating_sub(frame_bytes))
    }

    /// Size in bytes of a segment that must be ready at once.
    pub(super) fn startup_segment_bytes(&self) -> u32 {
        self.segment_bytes.min(STARTUP_SEGMENT_BYTES)
    }

    /// Checks the settings before anything on disk is touched.
    pub(super) fn validate(&self) -> Result<(), LogError> {
        let in_range = (MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&self.segment_bytes);
        if in_range && self.segment_bytes.is_multiple_of(PAGE_BYTES) {
            return Ok(());
        }
        Err(LogError::SegmentBytes {
            found: self.segment_bytes,
            min: MIN_SEGMENT_BYTES,
            max: MAX_SEGMENT_BYTES,
        })
    }
}
