//! What a holder of a promise is owed, and how it gets the money: from a preconfirmation object to where it stands on L1, and to the
//! one call that pays. `specs/refunds.md` has the arithmetic.
//!
//! [`Held`] is the promise as a judge hears it; [`Desk`] reads L1; [`standing`] decides, without I/O; [`Counterpart`] asks a node
//! what became of the block, and hands what was not kept to a watcher. Nobody has to be trusted with money: whoever sends the claim,
//! the contract pays the leaf's sender alone (R9).

mod counterpart;
mod desk;
mod error;
mod held;
mod liable;
mod payout;
mod standing;
mod words;

pub use counterpart::{Counterpart, Finding, HandedIn};
pub use desk::{Desk, Paying, WalletCall};
pub use error::RefundError;
pub use held::Held;
pub use liable::Liable;
pub use payout::expected_wei;
pub use standing::{Claim, Facts, Settled, Standing, standing};
