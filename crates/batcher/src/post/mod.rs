//! One batch on its way: packed, proven, signed, sent slot by slot until a block has it or its window is over.

mod poster;
mod waiting;
mod work;

pub(crate) use poster::fees_of;
pub use poster::{Job, Outcome, PostError, Poster, PosterConfig};
pub use waiting::{Commitment, WaitingBatch};
