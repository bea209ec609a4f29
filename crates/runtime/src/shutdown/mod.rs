//! How a process ends: once, for a reason, with everything it started gone.
//!
//! The first SIGINT or SIGTERM, or the first failure anywhere, requests the end through one
//! [`Shutdown`]; everything that runs watches it. [`Threads`] makes sure that threads with final
//! writes to do have done them, within a deadline. A second signal ends the process at once: the
//! promise log is made for that.

mod signals;
mod threads;
mod token;

pub use threads::{Threads, ThreadsError};
pub use token::Shutdown;
