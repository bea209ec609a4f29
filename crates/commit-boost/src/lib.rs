//! What a commit module needs to have messages signed by a validator's keys, through a Commit-Boost signer.
//!
//! The validator's keys stay with the signer. This crate asks it, believes nothing it says before the signature verifies,
//! and asks for nothing that could contradict what was asked before.
//!
//! - [`config`]: what the operator's environment and the shared TOML say about this module
//! - [`jwt`]: the token that each request carries, and its strict check
//! - [`dialect`]: the three signer interfaces found in the field, and the root that each signs
//! - [`protection`]: the database of what was asked for; written and synced before the signer hears of it
//! - [`client`]: the signer over HTTP
//! - [`safe`]: protection and client joined: the one door to a signature
//! - [`check`]: what a process looks at before its first slot
//!
//! Rules, roots and the interchange format: `specs/proposer-signing.md`.

pub mod check;
pub mod client;
pub mod config;
pub mod dialect;
pub mod jwt;
pub mod protection;
pub mod safe;
mod secret;

pub use secret::{Secret, SecretFileError};
