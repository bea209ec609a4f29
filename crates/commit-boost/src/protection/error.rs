use std::path::PathBuf;

use super::{Content, Position};

/// Why nothing is signed, or why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProtectionError {
    /// Another content stands at the position. Both signed would be evidence of a fault.
    #[error("{position}: object root {} ({}, nonce {}) was asked for before, now it is {} ({}, nonce {}); it is not signed, and the first one stands", first.object_root, first.key, first.nonce, asked.object_root, asked.key, asked.nonce)]
    Conflict {
        /// The position.
        position: Box<Position>,
        /// What stands there.
        first: Box<Content>,
        /// What was asked now.
        asked: Box<Content>,
    },
    /// Too old to know what was signed there.
    #[error(
        "{position}: nothing new is signed below slot {lowest_slot}, because what was signed there may be forgotten; ask for a later slot"
    )]
    BelowLowestSlot {
        /// The position.
        position: Box<Position>,
        /// The proposer's lowest slot.
        lowest_slot: u64,
    },
    /// A value that is never signed.
    #[error("{position}: {what} is {}, which is reserved; expected less", u64::MAX)]
    Reserved {
        /// The position.
        position: Box<Position>,
        /// Slot or nonce.
        what: &'static str,
    },
    /// The validator's key signs for itself only.
    #[error(
        "{position}: expected the consensus key of the proposer itself, got another validator's"
    )]
    OtherProposer {
        /// The position.
        position: Box<Position>,
    },
    /// A signature for something that was not asked for here.
    #[error("{position}: a signature came for a content that is not the stored one; it is dropped")]
    NotAsked {
        /// The position.
        position: Box<Position>,
    },
    /// Somebody else has the directory.
    #[error(
        "{dir} is in use by process {pid}: two proposers on one directory could sign against each other; stop that process first"
    )]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// The process, as far as it said.
        pid: String,
    },
    /// The database is of another chain.
    #[error(
        "the database is of chain id {got_chain_id} (genesis fork version {got_fork}), this process is of {chain_id} ({fork}); use a directory for each chain"
    )]
    OtherChain {
        /// Ours.
        chain_id: u64,
        /// Ours.
        fork: alloy_primitives::FixedBytes<4>,
        /// The database's.
        got_chain_id: u64,
        /// The database's.
        got_fork: alloy_primitives::FixedBytes<4>,
    },
    /// It cannot be read back. It is never begun anew by itself.
    #[error(
        "{what}: {reason}; do not delete it while its slots are to come: restore it from an export, or raise the lowest slot of each proposer above every slot that may have been signed"
    )]
    Damaged {
        /// The file, or the part of it.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// Disk or file system.
    #[error("the protection database cannot be used: {0}; without it nothing is signed")]
    Storage(String),
    /// A file to import that is none of ours.
    #[error("the file cannot be imported: {0}; nothing was changed")]
    Interchange(String),
}

impl ProtectionError {
    pub(super) fn storage(error: impl std::fmt::Display) -> Self {
        Self::Storage(error.to_string())
    }
}
