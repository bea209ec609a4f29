//! What the devnet looks like from outside, once a slot.

mod batches;
mod cases;
mod heads;
mod windows;

pub(crate) use batches::{Posted, posted};
pub(crate) use cases::opened_cases;
pub(crate) use heads::{Heads, heads};
pub(crate) use windows::{Registries, lender_of, owner_of, window_at};
