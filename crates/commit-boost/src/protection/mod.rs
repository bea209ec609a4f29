//! What was asked of the signer, and what therefore must never be asked again in another form.
//!
//! One position (signing id, proposer, slot, kind) has one content: the object root, the key that signs it and the nonce.
//! The content is on disk, synced, before the signer hears of it; the signature is on disk before anybody gets it.
//!
//! 1. The same content again gives the stored signature, or, if none came back, one more request for the same root.
//! 2. Another content for the position is refused.
//! 3. Below a proposer's lowest slot nothing new is asked for. That slot only rises.
//! 4. An import adds restrictions and takes none away.
//!
//! A [`Permit`] is the proof that this was done: no client signs without one, and only [`ProtectionDb::admit`] makes them.

mod constants;
mod database;
mod error;
mod folder;
mod import;
mod interchange;
mod permit;
mod position;
mod record;
mod rules;
mod tables;
#[cfg(test)]
mod tests;
mod write;

pub use database::{Admission, ProtectionDb};
pub use error::ProtectionError;
pub use import::ImportReport;
pub use interchange::{FORMAT, Interchange, Metadata, OwnerEntry, SignedEntry, VERSION};
pub use permit::Permit;
pub use position::{Kind, Position, Request, SigningKey};
pub use record::{Content, KeySignature, StoredSignature};

/// Positions kept for one proposer under one signing id. Beyond that the oldest slots leave, and the lowest slot rises
/// above them.
pub const KEPT_POSITIONS: u64 = 4_096;
