//! The one place that holds the committer key: every signature passes the guard and leaves a
//! record outside the data directory first.

mod guard_file;
mod guarded;

pub use guard_file::{GuardFile, GuardFileError};
pub use guarded::{ReplaySigner, Signer, SignerError};
