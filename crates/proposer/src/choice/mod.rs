//! Which gateway gets our slots: measured, weighed, and changed only with good reason. Pure.
//!
//! - `health`: what looking at a gateway again and again says of it
//! - `policy`: minimums and weights
//! - `choose`: the decision
//! - `turns`: the decision for operators that lend to several

mod choose;
mod health;
mod policy;
mod turns;

pub use choose::{Candidate, Choice, Had, Unfit, choose};
pub use health::{Health, HealthTerms, Look};
pub use policy::{Offer, Policy, PolicyError, Weights};
