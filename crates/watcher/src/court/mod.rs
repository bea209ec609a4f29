//! What L1 shows of a case.

mod addresses;
mod reader;
mod searching;

pub use addresses::Addresses;
pub use reader::{Court, CourtError, Heard};
pub(crate) use reader::{claim_call, standing};
pub(crate) use searching::{Searched, search, search_all};
