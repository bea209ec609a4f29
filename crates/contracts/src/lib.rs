//! The L1 contracts as Rust sees them: typed calls, creation code, deployment plans, and revert reasons in words. No I/O.

mod artifact;
pub mod bindings;
mod convert;
mod plan;
mod revert;

pub use artifact::{Artifact, artifact, artifacts};
pub use convert::{ConvertError, convert};
pub use plan::{Creation, Plan, PlanError};
pub use revert::explain;
