//! Cases on their way.

mod docks;
mod order;
mod prosecutor;

pub use docks::{Docks, Standings, WantedAnew, run};
pub use prosecutor::{ProsecutionError, Prosecutor};
