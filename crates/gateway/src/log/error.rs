//! What can go wrong with a log, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use alloy_primitives::B256;

use super::lock::LockError;
use super::position::Position;
use super::record::RecordFault;

/// A refusal or failure of the log. Every message says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The operating system refused an operation on a file.
    #[error(
        "could not {action} {path}: {source}; check the disk and the permissions, then restart: the log is replayed from what is on disk"
    )]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
    /// Bytes that had been durable are damaged or missing. Nothing was changed on disk.
    #[error(
        "the promise log is damaged: {path} at offset {offset}: expected {expected}, found {found}. It is never repaired automatically, because promises may be lost: keep these files, restore the log directory from a copy or a follower, and do not sign before that"
    )]
    Corrupt {
        /// The damaged segment.
        path: PathBuf,
        /// Where in it, in bytes.
        offset: u32,
        /// What had to be there, and why.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A segment in the middle is gone. Nothing was changed on disk.
    #[error(
        "the promise log is damaged: {path} is missing although later segments exist. It is never repaired automatically: restore the file, or the whole log directory from a copy or a follower"
    )]
    MissingSegment {
        /// The file that should exist.
        path: PathBuf,
    },
    /// The log belongs to another chain or domain.
    #[error(
        "{path} belongs to log identity {found}, but this gateway's is {expected}; point it to its own data directory or correct the configured chain and domain"
    )]
    WrongIdentity {
        /// The segment that says so.
        path: PathBuf,
        /// The identity in the configuration.
        expected: B256,
        /// The identity in the file.
        found: B256,
    },
    /// The log was written in another format.
    #[error(
        "{path} has log format version {found}, this program reads version {expected}; start the version of the program that wrote it"
    )]
    UnknownVersion {
        /// The segment that says so.
        path: PathBuf,
        /// The version this program reads and writes.
        expected: u32,
        /// The version in the file.
        found: u32,
    },
    /// Another process holds the directory.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// The configured segment size cannot be used.
    #[error(
        "segments of {found} bytes are not possible; choose a multiple of 4096 from {min} to {max}"
    )]
    SegmentBytes {
        /// The configured size, in bytes.
        found: u32,
        /// The smallest possible, in bytes.
        min: u32,
        /// The largest possible, in bytes.
        max: u32,
    },
    /// A payload is larger than a record may be. Nothing was appended; the log stays usable.
    #[error(
        "a log record of {payload_bytes} bytes is over the limit of {limit_bytes} bytes; split it into several records"
    )]
    RecordTooLarge {
        /// Bytes of the payload.
        payload_bytes: usize,
        /// Bytes a payload may have, see [`LogConfig::max_payload_bytes`](super::LogConfig::max_payload_bytes).
        limit_bytes: u32,
    },
    /// An earlier write or sync failed, so what is on disk is not known.
    #[error(
        "the promise log stopped after an error: {cause}. Sign nothing more; stop, restart and replay"
    )]
    Poisoned {
        /// The first error.
        cause: String,
    },
    /// The position is not committed yet, or never existed in this log.
    #[error(
        "{position} is not committed: the log is durable up to {end}; if the position comes from a checkpoint, the log is older than the checkpoint: restore the newer log directory"
    )]
    NotCommitted {
        /// The position asked for.
        position: Position,
        /// Where the durable part ends.
        end: Position,
    },
    /// The position lies in a segment that was removed.
    #[error(
        "{position} was pruned, the log starts at {first}; read from there, or take older records from a follower"
    )]
    Pruned {
        /// The position asked for.
        position: Position,
        /// The first position still kept.
        first: Position,
    },
    /// No record starts at the position.
    #[error(
        "no valid record starts at {position}: {fault}; pass a position that append() returned, and if it was one, restore the log directory from a copy"
    )]
    NoRecord {
        /// The position asked for.
        position: Position,
        /// Why the bytes there are no record.
        fault: RecordFault,
    },
    /// All 2^32 segment numbers are used up.
    #[error("the promise log used all its segment numbers; start a new log directory")]
    Full,
}

impl LogError {
    /// Wraps an operating system error, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Damage at `offset` of the segment `path`.
    pub(super) fn corrupt(
        path: &Path,
        offset: u32,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Self {
        Self::Corrupt {
            path: path.to_path_buf(),
            offset,
            expected: expected.into(),
            found: found.to_string(),
        }
    }
}
