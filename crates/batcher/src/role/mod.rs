//! The process: reads the situation, does what is decided, reports.

mod acting;
mod bases;
mod batcher;
mod clock;
mod config;
mod deciding;
mod recovered;
mod run;
mod standing;

pub use batcher::{Batcher, Parts, Round, RoundError};
pub use clock::{Clock, SystemClock};
pub use config::{BatcherConfig, Timing};
pub use run::run;
