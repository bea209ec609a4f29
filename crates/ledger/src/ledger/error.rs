use alloy_primitives::B256;
use forebond_exec::{StateError, StoreError};
use forebond_protocol::{ClockError, TurnError};

use crate::chain::BodyError;

/// What stops a ledger: its data cannot be read or written, or belongs to something else.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The state database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// State cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A stored block.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The block time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// Data of another chain, or of two.
    #[error("{0}; use the data directory of this chain, or an empty one")]
    Mixed(String),
    /// The thread that writes blocks could not be started, or what was to be done behind a block failed.
    #[error("the ledger's archive: {0}")]
    Archive(#[source] std::io::Error),
    /// The thread that writes blocks has ended.
    #[error("blocks cannot be stored: the archive has ended, see the error before this one")]
    ArchiveGone,
    /// Steps in an order that cannot be: a defect.
    #[error("the ledger is used out of order: {0}")]
    OutOfOrder(&'static str),
}

/// Why a message is not taken. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The message's base is not the one that is followed.
    #[error("the message stands under base {got}, {following:?} is followed")]
    OtherBase {
        /// The base that is followed.
        following: Option<B256>,
        /// The message's.
        got: B256,
    },
    /// The base builds on blocks that are not here yet.
    #[error("the base builds on block {needs}, the newest one here is {have}")]
    Ahead {
        /// The base's parent.
        needs: u64,
        /// The newest block here.
        have: u64,
    },
    /// The base builds on an earlier block than the newest one here: going there takes blocks back.
    #[error("the base builds on block {to}, {newest} would have to go")]
    Behind {
        /// The base's parent.
        to: u64,
        /// The newest block here.
        newest: u64,
    },
    /// The base builds on another block of that number.
    #[error("the base builds on block {number} with hash {theirs}, here it is {ours}")]
    OtherParent {
        /// The parent's number.
        number: u64,
        /// Hash here.
        ours: B256,
        /// Hash the base names.
        theirs: B256,
    },
    /// A frag of a block that was called sealed without it.
    #[error("block {number} is settled here: it gets no more frags; go back behind it first")]
    Settled {
        /// The block.
        number: u64,
    },
    /// It does not come next in its turn.
    #[error(transparent)]
    Turn(#[from] TurnError),
    /// What it promises is not what comes out: a fault of its signer.
    #[error("{what}: the gateway says {theirs}, execution gives {ours}")]
    Untrue {
        /// What differs.
        what: &'static str,
        /// Computed here.
        ours: String,
        /// Said by the gateway.
        theirs: String,
    },
    /// The ledger itself fails.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<StateError> for FollowError {
    fn from(error: StateError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<StoreError> for FollowError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

/// Why a block of a batch is none: the batch is void.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    /// A transaction does not decode or the rules refuse it.
    #[error("transaction {index} of block {block}: {reason}")]
    Transaction {
        /// The block.
        block: u64,
        /// Place in the block.
        index: usize,
        /// Why.
        reason: String,
    },
    /// The ledger itself fails.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
