//! One process's copy of the rollup: blocks, promises, state, and what readers see of them.
//!
//! [`promise`] has executed transactions on their way to becoming promises, [`OpenBlock`] the block that is being written,
//! [`Sealer`] computes its hash, [`chain`] keeps it, [`journal`] writes it down; [`board`] is what everybody may see and
//! [`rpc`] how they ask. [`Ledger`] is all of it at work on one thread. Gateways write here what they sequence, followers what they hear and derive.

pub mod board;
pub mod chain;
mod commit;
pub mod envelopes;
mod genesis;
pub mod journal;
mod ledger;
mod open_block;
pub mod promise;
pub mod proofs;
pub mod rpc;
mod sealing;

pub use commit::commit;
pub use genesis::{accounts, dev_domain, genesis_block};
pub use ledger::{AtRest, DeriveError, FollowError, Ledger, LedgerError, LedgerSettings, Tip};
pub use open_block::{FragLimits, OpenBlock, PausedOpenBlock};
pub use sealing::{ClosedBlock, SealedHeader, Sealer, transactions_root};
