//! Where a record starts.

use std::fmt;

use super::segment_header::SEGMENT_HEADER_BYTES;

/// The place of a record in the log. Later records have greater positions; nothing else may be
/// concluded from the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    pub(super) const fn new(segment: u32, offset: u32) -> Self {
        Self(((segment as u64) << 32) | offset as u64)
    }

    /// Where the first record of a segment starts.
    pub(super) const fn start_of(segment: u32) -> Self {
        Self::new(segment, SEGMENT_HEADER_BYTES)
    }

    pub(super) const fn segment(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Bytes from the start of the segment's file.
    pub(super) const fn offset(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }

    /// The position as a number, to be kept in a checkpoint.
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The position kept as a number by [`to_u64`](Self::to_u64). Any number is accepted here; the
    /// log refuses those at which it has no record.
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "log position {}:{}",
            self.segment(),
            self.offset()
        )
    }
}
