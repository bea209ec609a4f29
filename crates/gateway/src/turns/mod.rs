//! A gateway's turns: when one opens and on what, the threads that sequence it, and how it ends. Between turns the process is a
//! follower like any other.
//!
//! - `pilot`: looks at every tick what is due
//! - `opening`: the base of a turn, logged, guarded, signed
//! - `restart`: what the promise log knows after a restart (R17)
//! - `own_number`: which gateway of the registry this is
//! - `l1`: L1 as the sequencer asks it

mod l1;
mod opening;
mod own_number;
mod pilot;
mod restart;

pub use own_number::own_number;
pub use pilot::{TurnPilot, TurnSettings};
pub use restart::{RestartSettings, restart};
