//! What L1 shows → what is due. Pure and synchronous: no clock, no disk, no request.
//!
//! - [`validators`]: whom to register
//! - [`loans`]: what to lend to which gateway, and what to end
//! - [`slots`]: which slots to hand over by a signed message
//! - [`patience`]: when a signer that failed is asked again

pub mod loans;
pub mod patience;
pub mod slots;
pub mod validators;

#[cfg(test)]
mod loans_against_a_registry;
