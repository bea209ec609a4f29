//! Cases on disk.

mod codec;
mod file;

pub use codec::CodecError;
pub use file::{Added, CaseStore, StoreError};
