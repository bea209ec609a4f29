//! Cases on disk.

mod codec;
mod file;
mod summary;

pub use codec::CodecError;
pub use file::{Added, CaseStore, StoreError};
pub use summary::{Ended, Summary};
