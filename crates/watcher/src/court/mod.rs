//! What L1 shows of a case.

mod addresses;
mod reader;

pub use addresses::{Addresses, MissingJudge};
pub use reader::{Court, CourtError};
pub(crate) use reader::{claim_call, revert_of};
