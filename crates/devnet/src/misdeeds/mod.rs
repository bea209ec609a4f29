//! Gateways and validators that break the rules on purpose, in the open: each misdeed of `specs/rules.md`'s table of faults, done with
//! the gateway's own keys, and the question whether the money moved as it must.
//!
//! No role knows how to misbehave. A dishonest operator runs other software with the same keys, and that is what stands here.

mod acts;
mod announced;
mod arrived;
mod choice;
mod culprit;
mod hands;
mod kind;
mod letters;
mod money;
mod posting;
mod relay;
mod scene;
mod scratch;
mod stage;
mod tampering;

pub(crate) use announced::{announced, fetch_refunds};
pub(crate) use arrived::{Growth, carried_out, measure_refunds};
pub(crate) use culprit::Held;
pub(crate) use hands::Order;
pub use kind::{Misdeed, MisdeedError, PlannedMisdeed};
pub(crate) use money::{Deed, Settled, settled};
pub(crate) use relay::Relay;
pub(crate) use scene::Scene;
pub(crate) use stage::Misdeeds;
