//! What validators sign: SSZ signing roots of the beacon chain, of Commit-Boost and of Fabric's messages.
//!
//! An *object root* names a message. A *signing root* mixes it with a domain, so that a signature made for one purpose,
//! fork or chain means nothing for another. Keys sign signing roots only.
//!
//! - [`domain`]: the beacon chain's own domains (phase0/beacon-chain.md, `compute_domain`, `compute_signing_root`).
//! - [`commit_boost`]: the roots a Commit-Boost signer signs, in each dialect found in the field.
//! - [`registration`]: a validator's consent to be registered under an operator, as our own registry checks it.
//! - [`fabric`]: object roots of the messages of Fabric's registry (URC), commitments and constraints.

pub mod commit_boost;
pub mod domain;
pub mod fabric;
pub mod registration;
