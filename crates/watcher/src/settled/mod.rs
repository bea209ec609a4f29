//! What L1 shows, held against what was heard: posted batches, windows that are over, slots without a block.

mod batches;
mod blocks;
mod late;
mod looks;
mod missed;
mod presence;
mod review;

pub use batches::{Batches, Brought};
pub use late::{LateError, LateWindows};
pub use missed::{MissedError, MissedSlots};
pub use presence::{Presence, PresenceError};
pub use review::{ReviewError, Reviewer};
