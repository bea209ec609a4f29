//! What L1 shows of a case.

mod addresses;
mod reader;

pub use addresses::{Addresses, MissingContract};
pub use reader::{Court, CourtError, Heard};
pub(crate) use reader::{claim_call, standing};
