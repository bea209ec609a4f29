//! A validator operator's side: lends the slots of its validators to gateways, without a hand and without risk to the keys.
//!
//! - [`config`]: what the operator says, in Commit-Boost's environment and TOML
//! - [`duties`], [`choice`]: what L1 shows → what is due, and for which gateway; pure
//! - [`seen`]: what L1, the beacon node and the gateways show
//! - [`act`]: registrations, loans, signed slots
//! - [`served`]: the signed slots, for everybody and for relays
//! - [`guard`]: between beacon node and relays: no bid without the batch's blobs
//! - [`doctor`]: what is wrong, and how to mend it
//! - [`role`]: the process

pub mod act;
pub mod choice;
pub mod config;
pub mod doctor;
pub mod duties;
pub mod figures;
pub mod guard;
mod http_client;
pub mod role;
pub mod seen;
pub mod served;
