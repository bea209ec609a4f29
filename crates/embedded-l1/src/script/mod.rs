//! What shall happen on the chain, and when: the same things can be written down before the start ([`Script`]), asked
//! for while it runs ([`Control`]) and sent over JSON-RPC (`l1_…`).

mod action;
mod control;
mod error;
mod plan;

pub use action::{Action, Deposit, Reorg, Script};
pub use control::{Control, Scripted, Status};
pub use error::ScriptError;
pub(crate) use plan::{Plan, SlotPlan};
