//! What happens, step by step. Each step is a function over [`Stage`]: the L1, the contracts on it, and the accounts.

pub mod accounts;
pub mod beacon_proofs;
pub mod bonds;
pub mod chain;
pub mod deployment;
pub mod faults;
pub mod keys;
pub mod opening;
pub mod posting;
pub mod rollup_file;
pub mod validators;

pub use chain::Stage;

pub mod duties;
mod landing;
pub mod late;
mod on_anvil;
mod refund;
mod settlement;

pub use duties::duties;
pub use late::late;
pub use on_anvil::on_anvil;
pub use refund::refund;
pub use settlement::settlement;
