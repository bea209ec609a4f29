//! The promise log: append-only, checksummed, made durable in groups.
//!
//! Whatever a gateway signs or publishes stands here first. The log knows nothing about promises:
//! a record is a `kind` and opaque bytes.
//!
//! # On disk
//!
//! A directory of numbered segments (`0000000000.seg`, `0000000001.seg`, …), each written full of
//! zeros before it is used, so that making an append durable never has to wait for the file
//! system's own journal. A segment starts with a 4 KiB header ([`SegmentHeader`]) and is filled
//! with 8-byte aligned records ([`RecordHeader`] and payload); a record never spans two segments.
//! Integers are little-endian, checksums are CRC-32C.
//!
//! The order of writing is what recovery relies on:
//!
//! 1. a segment's header is written and synced before its first record is;
//! 2. that header is written only when every record of the segment before it is durable;
//! 3. every record says how many records its writer knew to be durable (`durable`);
//! 4. after a failed write or sync nothing is written any more ([`LogError::Poisoned`]).
//!
//! # Opening
//!
//! [`Log::open`] reads the log up to the first bytes that are no valid record. If something proves
//! that a record had been durable there (a later record's `durable`, the next segment's header, the
//! checkpoint given by the caller), data was lost: the open stops with [`LogError::Corrupt`] and
//! changes nothing. Otherwise it is a tail that was never reported as committed: it is cut, and
//! zeros are written over it, so that none of its bytes can be read as a record later. What was
//! valid but not proven durable is written and synced once more, because a failed sync may have
//! left it in memory only.
//!
//! One thing is beyond proof: damage to the very last group of records, once it was durable, looks
//! like a torn write. Any later record closes that gap, so a caller that falls idle may append an
//! empty one.
//!
//! Disk sectors are taken to be replaced whole or not at all; a disk that, when it loses power,
//! damages sectors it was not writing to is outside what this log can repair (it reports it).
//!
//! # Checksums are salted
//!
//! Payloads hold bytes that strangers chose. Every checksum starts from a random number in the
//! segment's header, the segment and the offset, so no payload can imitate a record, and a record
//! is valid only at the place it was written to.

mod beyond;
mod config;
mod cursor;
mod directory;
mod error;
mod found;
mod little_endian;
mod lock;
mod open;
mod position;
mod preparer;
mod progress;
mod pruner;
mod reader;
mod record;
mod repair;
mod scan;
mod segment_file;
mod segment_header;
mod segment_image;
mod shared;
mod window;
mod writer;

pub use config::{LogConfig, MAX_PAYLOAD_BYTES};
pub use error::LogError;
pub use lock::{DirLock, LockError};
pub use open::{CutTail, Log, Opened, RecoveryReport};
pub use position::Position;
pub use progress::ScanProgress;
pub use pruner::LogPruner;
pub use reader::{LogIter, LogReader, Record};
pub use record::{
    ChecksumSeed, RECORD_HEADER_BYTES, RecordFault, RecordHeader, decode_record,
    decode_record_header,
};
pub use segment_header::{
    SEGMENT_HEADER_BYTES, SegmentHeader, SegmentHeaderFault, decode_segment_header,
};
pub use segment_image::{SegmentImage, read_segment_image};
pub use writer::{Committed, LogWriter};

#[cfg(test)]
mod tests;
