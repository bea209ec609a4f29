//! Batches with the blocks they hold, and where a block differs from a promise.

mod compare;
mod opened;
mod trie;

pub use compare::{Difference, content, difference};
pub use opened::{BlockContents, OpenError, OpenedBatch, OpenedBlock};
pub use trie::{proof, root};
