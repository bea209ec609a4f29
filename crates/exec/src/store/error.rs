//! What can go wrong with the store, and what to do then.

use std::path::PathBuf;

use alloy_primitives::{Address, B256};
use thiserror::Error;

/// Why the store refused or failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("cannot access {path}: {source}; check the directory and its permissions")]
    Io {
        /// What was accessed.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Another process, or another part of this one, has the file open.
    #[error("{path} is in use by another process; stop that one or choose another data directory")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by another version of this program.
    #[error(
        "the store has schema {got}, this program reads schema {expected}; use the program that wrote it, or remove the store and let it be rebuilt"
    )]
    UnknownSchema {
        /// The schema this program knows.
        expected: u32,
        /// The schema in the file.
        got: u32,
    },
    /// A store is already there.
    #[error("{path} already exists; open it, or choose another data directory")]
    AlreadyExists {
        /// The file.
        path: PathBuf,
    },
    /// A block that doesn't follow the head.
    #[error("expected block {expected} next, got block {got}; commit blocks in order")]
    NotNext {
        /// The height after the head.
        expected: u64,
        /// The height given.
        got: u64,
    },
    /// A block's change doesn't start from the state stored.
    #[error(
        "block {block} changes {what} from another value than the store holds ({stored}, not {claimed}); it was executed on another state: execute it again on the head"
    )]
    StaleDiff {
        /// The block refused.
        block: u64,
        /// Which account or slot.
        what: String,
        /// The value in the store.
        stored: String,
        /// The value that the change names as the one before.
        claimed: String,
    },
    /// Storage of an account that doesn't exist after the block.
    #[error(
        "block {block} writes storage of {address}, which is no account after it; a change of state must name the account too"
    )]
    OrphanStorage {
        /// The block refused; 0 also stands for genesis.
        block: u64,
        /// The address.
        address: Address,
    },
    /// Code and code hash of a change don't agree.
    #[error("code for hash {expected} hashes to {got}; nothing was written")]
    CodeMismatch {
        /// The hash it was given under.
        expected: B256,
        /// Its keccak-256.
        got: B256,
    },
    /// An account named twice in a genesis.
    #[error("genesis names account {address} twice; name it once")]
    DuplicateAccount {
        /// The address.
        address: Address,
    },
    /// The state asked for is older than what is kept.
    #[error(
        "the state of block {asked} is no longer kept (oldest: {oldest}, head: {head}); ask for a newer block, or keep more history"
    )]
    HistoryPruned {
        /// The height asked for.
        asked: u64,
        /// The oldest height that can be answered.
        oldest: u64,
        /// The newest height.
        head: u64,
    },
    /// The block asked for isn't there yet.
    #[error("block {asked} does not exist yet (head: {head})")]
    FutureBlock {
        /// The height asked for.
        asked: u64,
        /// The newest height.
        head: u64,
    },
    /// A row that this program can't have written.
    #[error(
        "table {table} holds a damaged row ({detail}); restore the data directory from a copy, or remove the store and let it be rebuilt"
    )]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The database failed.
    #[error(
        "the state database failed: {0}; nothing of the last write was kept, check disk space and the disk, then restart"
    )]
    Database(#[source] Box<redb::Error>),
}

impl StoreError {
    pub(super) fn corrupt(table: &'static str, detail: impl Into<String>) -> Self {
        Self::Corrupt {
            table,
            detail: detail.into(),
        }
    }
}

macro_rules! from_redb {
    ($($kind:ty),*) => {$(
        impl From<$kind> for StoreError {
            fn from(error: $kind) -> Self {
                Self::Database(Box::new(error.into()))
            }
        }
    )*};
}

from_redb!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError,
    redb::SetDurabilityError
);
