//! The rewards manager as a node of the rollup shows it.

mod manager;
mod measure;
mod proof;
mod scan;

pub use manager::{Manager, RewardsError};
pub use measure::Measure;
pub use scan::Scan;
