//! The process: reads the situation, does what is decided, reports.

mod acting;
mod bases;
mod batcher;
mod config;
mod deciding;
mod recovered;
mod run;
mod serving;
mod standing;

pub use batcher::{Batcher, Parts, Round, RoundError};
pub use config::{BatcherConfig, Timing};
pub use forebond_runtime::{Clock, SystemClock};
pub use run::run;
pub use serving::serve;
