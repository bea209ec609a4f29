//! What the watcher hears: every signed message and promise goes into the book of evidence once, and to disk.

mod desk;
mod ear;
mod journal;
mod promises;
mod registry;
mod row;

pub use desk::{Desk, DeskError, DeskParts, Taken};
pub use ear::{Ear, NotHeard, Outcome};
pub use journal::{Journal, JournalError};
pub use promises::promises_of;
pub use registry::{KnownSet, committer_sets, operators};
pub use row::{PostedRow, Row, RowError};

#[cfg(test)]
mod tests;
