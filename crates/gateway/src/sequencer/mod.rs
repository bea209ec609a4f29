//! The sequencer: the one thread that owns the open block and the pool.
//!
//! It executes what the pool hands out and cuts a frag as soon as the promise log is ready for
//! one. It does no I/O, hashes no tries and signs nothing; when a block's time is over it hands
//! the block to the sealer and goes on with the next one at once.

mod admission;
mod input;
mod next_start;
mod open_block;
mod sequencer;

pub use admission::{AdmissionLimits, Refused};
pub use next_start::next_start;
pub use input::{PoolQuestion, SequencerInput, Submission};
pub use open_block::{FragLimits, OpenBlock, PausedOpenBlock};
pub use sequencer::{Sequencer, SequencerError, SequencerParts};
