use alloy_primitives::B256;
use forebond_beacon::{bls::BlsError, containers::TreeError};

/// Why a state transition was refused. The state handed in is never changed: refuse the block, keep the parent state.
#[derive(Debug, thiserror::Error)]
pub enum TransitionError {
    /// Slots only go forward.
    #[error("slot {got} is not after slot {state}; start from an older state")]
    SlotNotAfterState {
        /// Slot asked for.
        got: u64,
        /// Slot of the state.
        state: u64,
    },
    /// Passing that many slots in one go is no honest wish.
    #[error(
        "slot {got} is more than {limit} slots after slot {state}; advance in steps if that is meant"
    )]
    TooFarAhead {
        /// Slot asked for.
        got: u64,
        /// Slot of the state.
        state: u64,
        /// Slots one call passes.
        limit: u64,
    },
    /// The state must stand at the block's slot.
    #[error(
        "block of slot {got} on a state of slot {expected}; advance the state to the block's slot first"
    )]
    Slot {
        /// Slot of the block.
        got: u64,
        /// Slot of the state.
        expected: u64,
    },
    /// Only one block per slot, each after its parent.
    #[error("block of slot {got} is not newer than its parent of slot {parent}")]
    NotNewer {
        /// Slot of the block.
        got: u64,
        /// Slot of the newest block.
        parent: u64,
    },
    /// The lookahead names the proposer (EIP-7917).
    #[error("proposer {got}, but the lookahead names {expected}")]
    Proposer {
        /// Index in the block.
        got: u64,
        /// Index in the lookahead.
        expected: u64,
    },
    /// A slashed proposer's slot stays empty.
    #[error("proposer {index} is slashed; its slot stays empty")]
    ProposerSlashed {
        /// Its index.
        index: u64,
    },
    /// Some root or hash differs.
    #[error("{what}: got {got}, expected {expected}")]
    Root {
        /// What was compared.
        what: &'static str,
        /// Value in the block.
        got: B256,
        /// Value the state demands.
        expected: B256,
    },
    /// Some number differs.
    #[error("{what}: got {got}, expected {expected}")]
    Number {
        /// What was compared.
        what: &'static str,
        /// Value in the block.
        got: u64,
        /// Value the state demands.
        expected: u64,
    },
    /// Withdrawals are the consensus layer's decision; the payload must hold exactly these.
    #[error(
        "the payload's {got} withdrawals are not the {expected} expected ones; build it from the payload attributes"
    )]
    Withdrawals {
        /// How many the payload has.
        got: usize,
        /// How many are expected.
        expected: usize,
    },
    /// An operation does not fit the state.
    #[error("{operation}: {reason}")]
    Operation {
        /// Which kind.
        operation: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No such validator.
    #[error("validator {index} is not in the registry of {registered}")]
    UnknownValidator {
        /// Index asked for.
        index: u64,
        /// Size of the registry.
        registered: usize,
    },
    /// Block roots reach back only so far.
    #[error("no block root for slot {slot} in a state of slot {state}")]
    BlockRootOutOfReach {
        /// Slot asked for.
        slot: u64,
        /// Slot of the state.
        state: u64,
    },
    /// Nobody is active, so nobody can be drawn.
    #[error("no active validator in epoch {epoch}")]
    NobodyActive {
        /// The epoch.
        epoch: u64,
    },
    /// This node does not hold the key that has to sign.
    #[error("no key for validator {index}; only local validators can sign here")]
    NoKey {
        /// Whose signature was needed.
        index: u64,
    },
    /// A signature or key is malformed or does not verify.
    #[error("{what}: {source}")]
    Signature {
        /// What was signed.
        what: &'static str,
        /// What is wrong.
        source: BlsError,
    },
    /// A list's limit was hit.
    #[error("a list of the state refuses: {0:?}")]
    Tree(TreeError),
    /// A fixed list inside a container has the wrong length.
    #[error("{what} does not fit: {reason}")]
    Length {
        /// Which list.
        what: &'static str,
        /// What the list says.
        reason: String,
    },
}

impl From<TreeError> for TransitionError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

/// Shorthand of this module.
pub(super) type Result<T, E = TransitionError> = core::result::Result<T, E>;

/// An operation's refusal.
pub(super) const fn refuse(operation: &'static str, reason: &'static str) -> TransitionError {
    TransitionError::Operation { operation, reason }
}

/// Refuses the operation unless the condition holds.
pub(super) const fn require(
    holds: bool,
    operation: &'static str,
    reason: &'static str,
) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(refuse(operation, reason))
    }
}
