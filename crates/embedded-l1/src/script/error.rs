//! Why something can't be made to happen.

use crate::{consensus::TransitionError, execution::ExecutionError};

/// An order that was refused; nothing of it was done unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The slot is over.
    #[error("slot {got} is over, the chain stands at slot {head}; name a later slot")]
    SlotOver {
        /// The slot named.
        got: u64,
        /// The newest slot.
        head: u64,
    },
    /// A reorg of no slot, of genesis or of something finalized.
    #[error(
        "a reorg of depth {got} is not possible: expected 1 to {max}, what is older is finalized or genesis"
    )]
    ReorgDepth {
        /// Asked for, slots.
        got: u64,
        /// Deepest possible at present, slots.
        max: u64,
    },
    /// More than a hundred percent.
    #[error("participation: expected 0 to 100 percent, got {got}")]
    Percent {
        /// Asked for.
        got: u8,
    },
    /// Too much is planned.
    #[error("{max} actions are planned already; wait until some have happened")]
    PlanFull {
        /// How many are kept.
        max: usize,
    },
    /// No such block.
    #[error("no block at slot {slot} is kept")]
    NoBlock {
        /// The slot named.
        slot: u64,
    },
    /// A validator that can't do what is asked.
    #[error("validator {validator}: {reason}")]
    Validator {
        /// Its index.
        validator: u64,
        /// What is in the way.
        reason: String,
    },
    /// Virtual time is moved by its owner, real time by the clock.
    #[error("the chain runs in real time; slots pass by themselves")]
    RealTime,
    /// The consensus rules refused our own block.
    #[error("the consensus half refused: {0}")]
    Consensus(#[from] TransitionError),
    /// The execution rules refused our own block.
    #[error("the execution half refused: {0}")]
    Execution(#[from] ExecutionError),
}
