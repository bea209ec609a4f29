//! Transactions that wait for a block: bounded, one per sender and nonce, handed out by what they pay.

mod admit;
mod entry;
mod ordering;
mod store;

pub use admit::Admitted;
pub use entry::PoolTransaction;
pub(super) use ordering::Candidates;
pub use store::{Pool, PoolLimits};
