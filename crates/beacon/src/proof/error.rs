use alloy_primitives::B256;
use thiserror::Error;

/// Why a proof does not hold or cannot be made.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ProofError {
    /// The header is not the block's.
    #[error("the header hashes to {got}, the block root is {expected}")]
    BlockRoot {
        /// Root of the header in the proof.
        got: B256,
        /// Root to prove against.
        expected: B256,
    },
    /// The leaves or the branch are not of the header's state.
    #[error("leaves and branch lead to {got}, the header's state root is {expected}")]
    StateRoot {
        /// Where the branch ends.
        got: B256,
        /// State root in the header.
        expected: B256,
    },
    /// A branch that is too short or too long for its position.
    #[error("the branch has {got} nodes, its position is {expected} deep in this fork")]
    BranchLength {
        /// Nodes in the proof.
        got: usize,
        /// Depth of the position.
        expected: usize,
    },
    /// Too few or too many leaves.
    #[error("got {got} chunks, an epoch's half of the lookahead has {expected}")]
    ChunkCount {
        /// Chunks in the proof.
        got: usize,
        /// Chunks of an epoch.
        expected: usize,
    },
    /// The state does not know this epoch's proposers.
    #[error("a state at slot {header_slot} knows the proposers of epochs {first} and {}, not of {epoch}", first.saturating_add(1))]
    Epoch {
        /// The header's slot.
        header_slot: u64,
        /// The header's epoch.
        first: u64,
        /// Epoch asked for.
        epoch: u64,
    },
    /// The ring of block roots does not hold both neighbours.
    #[error(
        "a state at slot {header_slot} keeps the roots of the {ring} slots before it: slot {slot} and its predecessor are not both among them"
    )]
    Ring {
        /// The header's slot.
        header_slot: u64,
        /// Slots the ring holds.
        ring: u64,
        /// Slot asked for.
        slot: u64,
    },
    /// Beyond the registry's limit or its present length.
    #[error("validator index {index} is not below {limit}")]
    ValidatorIndex {
        /// Index asked for.
        index: u64,
        /// First index that does not exist.
        limit: u64,
    },
    /// Empty slots were processed since the newest block: no header commits to this state.
    #[error(
        "the state is at slot {state_slot}, its newest block at {block_slot}: prove from the state right after a block"
    )]
    NotAfterBlock {
        /// The state's slot.
        state_slot: u64,
        /// Slot of the newest block.
        block_slot: u64,
    },
}
