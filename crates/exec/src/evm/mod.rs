//! Execution of one block after another under OP Stack rules, on op-revm through alloy-op-evm.
//!
//! [`WorkingState`] is what the one executing thread reads and writes; [`BlockRun`] is an open
//! block on top of it; [`call`] runs read-only calls over any [`BaseState`].

mod base;
mod block_run;
mod call;
mod changes;
mod env;
mod prepared;
mod working_state;

pub use base::{BaseState, StateError};
pub use block_run::{BlockRun, ExecuteError, Executed, PausedBlock, Refused};
pub use call::{CallEnv, CallOutcome, CallRequest, call};
pub use changes::{Changes, changes_of};
pub use env::evm_env;
pub use prepared::{DecodeError, PreparedTx};
pub use working_state::WorkingState;
