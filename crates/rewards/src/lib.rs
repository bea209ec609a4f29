//! A rollup's fees, read from the rollup (`specs/rewards.md`): who earned what, who may claim it and from when, what burned.
//!
//! - [`book`]: the rewards manager's events put together to one account a party; pure
//! - [`rollup`]: the manager's state, its events as the chain of them grows, and proofs of what came in
//! - [`overview`]: all of it at one block, for people and for scripts
//! - [`claim`]: taking one's rewards

pub mod book;
pub mod claim;
pub mod overview;
pub mod rollup;
