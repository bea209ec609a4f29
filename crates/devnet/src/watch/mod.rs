//! What the devnet looks like from outside, once a slot.

mod batches;
mod heads;
mod windows;

pub(crate) use batches::{Posted, posted};
pub(crate) use heads::{Heads, heads};
pub(crate) use windows::{owner_of, window_at};
