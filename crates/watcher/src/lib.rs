//! Brings accusations to L1 and fetches their bounties: through restarts, reorgs and competing watchers.
//!
//! - [`store`]: cases on disk; what was taken in survives `kill -9`
//! - [`court`]: what L1 shows of a case, and what its judge says to a simulation
//! - [`prosecution`]: the step a case is due, paid for from one account
//!
//! Which step is due is [`forebond_evidence::case`]'s to say. Where accusations come from is the caller's business.

pub mod court;
pub mod prosecution;
pub mod quality;
pub mod store;
