//! Cases, and rows of other kinds, on disk.

mod codec;
mod file;
mod places;
mod rows;
mod summary;

pub use codec::CodecError;
pub use file::{Added, CaseStore, StoreError};
pub use rows::{Rows, RowsError};
pub use summary::{Ended, Summary};
