//! Sealed blocks: in memory while they are recent, encoded for the store afterwards.

mod body;
mod sealed;

pub use body::{BodyError, decode_body, decode_header, encode_body};
pub use sealed::{Content, SealedBlock};
