//! Brings the rollup's fees to those who earned them (`specs/rewards.md`): checkpoints of what came in, who earned it from L1 to the
//! rollup, settlements, and forfeitures to their end. Anybody may do each of these; gateways take turns, so that two of them do not
//! both pay.
//!
//! - [`borders`]: which block's fees are recorded next; pure
//! - [`messages`]: what L1 told the rollup, and what has not arrived; pure
//! - [`turns`]: whose turn it is; pure
//! - [`l1_view`]: batches, messages and forfeitures on L1
//! - [`steward`]: the task that does it on the rollup, and says what is to be done on L1
//! - [`errand`]: what is to be done on L1, for the account that posts batches: those and proofs go first
//! - [`figures`]: fee revenue, for the operator's metrics

pub mod borders;
mod errand;
mod figures;
mod l1_view;
pub mod messages;
mod steward;
pub mod turns;

pub use errand::{Errand, Errands};
pub use figures::RevenueFigures;
pub use steward::{Steward, StewardError, StewardParts};
