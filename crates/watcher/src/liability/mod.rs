//! Liability follows the verdict (R5): what a gateway could not keep because of whom it built on is moved to the one who is convicted
//! of it, whoever accused whom.

mod announced;
mod following;
mod grounds;
mod shifter;

pub use announced::{Announced, Fault};
pub use shifter::{LiabilityError, Shifter};
