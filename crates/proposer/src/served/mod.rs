//! Signed slots: on disk before they are signed, served to everybody, posted to relays.

mod api;
mod book;
mod log;
mod relays;

pub use api::serve;
pub use book::{SERVED_SLOTS, SlotBook, Standing};
pub use log::{LogError, MessageLog};
pub use relays::{DELEGATE, DELEGATIONS, Relays};
