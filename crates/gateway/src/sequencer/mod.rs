//! The sequencer: the one thread that owns the open block and the pool.
//!
//! It executes what the pool hands out and cuts a frag as soon as the promise log is ready for
//! one. It does no I/O, hashes no tries and signs nothing; when a block's time is over it hands
//! the block to the sealer and goes on with the next one at once.

mod actor;
mod admission;
mod input;
mod next_start;

pub use actor::{Sequencer, SequencerEnd, SequencerParts};
pub use admission::{AdmissionLimits, Refused};
pub use input::{PoolQuestion, SequencerInput, Submission};
pub use next_start::next_start;
