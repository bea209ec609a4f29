//! Rules of the network as plain code: no socket, no clock, no task. Time comes in as milliseconds of a clock that never
//! runs back; every table is bounded.

mod asking;
mod evidence;
mod intake;
mod peers;
mod rate;
mod redial;
mod seen;
mod waiting;

pub(crate) use asking::{Asking, Choice};
pub(crate) use evidence::{Evidence, Finding};
pub(crate) use intake::{Ignored, Intake, Outcome, Verdict};
pub use peers::Offence;
pub(crate) use peers::{PeerBook, Refusal};
pub(crate) use rate::Bucket;
pub(crate) use redial::Backoff;
pub(crate) use seen::{Seen, Sight};
pub(crate) use waiting::Waiting;
