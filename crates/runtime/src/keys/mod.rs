//! The committer key: where it comes from, and the type that holds it.
//!
//! Nothing here prints a secret. A configuration names a *source* (`env:NAME` or a file); a text
//! that looks like the secret itself is refused without being repeated, because the message may
//! end up in a log.

mod committer_key;
mod error;
mod keystore;
mod source;

pub use committer_key::CommitterKey;
pub use error::KeyError;
pub use source::{KeySource, PasswordSource, SourceError};
