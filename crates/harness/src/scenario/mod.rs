//! What happens, step by step. Each step is a function over [`Stage`]: the L1, the contracts on it, and the accounts.

pub mod accounts;
pub mod bonds;
pub mod chain;
pub mod deployment;
pub mod faults;
pub mod posting;
pub mod validators;

pub use chain::Stage;

mod settlement;

pub use settlement::settlement;
