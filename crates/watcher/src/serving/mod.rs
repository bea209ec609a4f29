//! What users hand in, and what everybody may see of cases.

mod cases;
mod delegations;
mod methods;
mod quality;
mod refusals;
mod submission;

pub use cases::{CaseView, cases};
pub use delegations::{DelegationDesk, delegation_methods};
pub use methods::{Served, watcher_methods};
pub use quality::quality_methods;
pub use refusals::SubmitRefusal;
pub use submission::{MOST_SUBMISSION_BYTES, Submission, submit};
