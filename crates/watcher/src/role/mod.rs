//! The process: a follower with a tap, and everything that listens to it.

mod catching_up;
mod config;
mod ingress;
mod listening;
mod looking;
mod measuring;
mod passing;
mod run;

pub use config::WatcherConfig;
pub use passing::{Observer, Passing};
pub use run::{run, run_with};
