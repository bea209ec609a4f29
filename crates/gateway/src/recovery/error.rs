use super::ChainFileError;
use crate::{
    log::{LockError, LogError},
    signer::{GuardFileError, SignerError},
};
use forebond_exec::{StateError, StoreError};
use forebond_ledger::{chain::BodyError, journal::JournalError};
use forebond_protocol::{ClockError, TurnError};

/// Why the gateway cannot start from its data directory.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Another instance runs.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The chain's constants.
    #[error(transparent)]
    Chain(#[from] ChainFileError),
    /// The block time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The promise log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The state database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored block.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The guard's file.
    #[error(transparent)]
    GuardFile(#[from] GuardFileError),
    /// The guard.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A record of the log.
    #[error("record {ordinal} of the promise log: {reason}")]
    Record {
        /// Which record.
        ordinal: u64,
        /// What is wrong.
        reason: JournalError,
    },
    /// The log contradicts itself.
    #[error(
        "record {ordinal} of the promise log does not continue the chain: {reason}; the data directory is mixed from two copies: restore one whole copy"
    )]
    Chained {
        /// Which record.
        ordinal: u64,
        /// What is wrong.
        reason: TurnError,
    },
    /// The state cannot be read during the replay.
    #[error(transparent)]
    State(#[from] StateError),
    /// Executing a record again gives something else than was promised.
    #[error(
        "replaying record {ordinal} of the promise log gives another {what}: expected {expected}, got {got}. This binary \
         executes differently from the one that wrote the log, or the data is damaged. Nothing was signed: run the earlier \
         binary, or restore a copy of the data directory"
    )]
    Differs {
        /// Which record.
        ordinal: u64,
        /// What differs.
        what: &'static str,
        /// As promised.
        expected: String,
        /// As computed.
        got: String,
    },
    /// Another ordering rule than the turn was opened with.
    #[error(
        "the turn in this data directory follows ordering rule {have} (0 arrival, 1 priority fee) and rule {want} was asked \
         for; a rule stays for a whole turn: start with the same rule, or with a new data directory"
    )]
    OrderingRule {
        /// Rule of the turn.
        have: u8,
        /// Rule asked for.
        want: u8,
    },
    /// The directory belongs to another chain or its parts do not fit together.
    #[error("the data directory does not fit together: {0}; restore one whole copy of it")]
    Mixed(String),
}
