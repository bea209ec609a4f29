//! Signatures on batches: each is in a log on disk before it is used, and no two of them contradict each other.

mod log;
mod signatory;

pub use log::{SignError, SignedLog};
pub use signatory::Signatory;
