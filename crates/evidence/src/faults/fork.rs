//! fork (a)-(e), OutOfOrder and two Bases (R2): two messages of one signer under one base that cannot both be true.

use alloy_primitives::Bytes;
use alloy_sol_types::{SolStruct, SolValue};
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_protocol::{Signed, fork};

use crate::{Accusation, Accused, Judge};

/// A signed message with its signatures.
#[derive(Clone, Debug)]
pub struct Testimony {
    /// The message.
    pub message: Signed,
    /// Signatures of the accused's set.
    pub signature: Bytes,
}

/// Accuses of a fork when the two messages contradict each other. Both signatures were checked; for two Bases `accused` may
/// name either.
pub fn accuse(accused: &Accused, first: &Testimony, second: &Testimony) -> Option<Accusation> {
    fork(&first.message, &second.message)?;
    let (first, second) = match (&first.message, &second.message) {
        (Signed::Base(a), Signed::Base(b)) if b.eip712_hash_struct() < a.eip712_hash_struct() => {
            (second, first)
        }
        _ => (first, second),
    };
    // Two Bases are judged under the lower one, so that swapping them is no second fault (R10).
    let accused = match &first.message {
        Signed::Base(lower) => accused.under(lower.clone()),
        _ if base_of(&first.message) == accused.base_hash() => accused.clone(),
        _ => return None,
    };
    let evidence = abi::ForkEvidence {
        accused: accused.shape(),
        first: shape(first),
        second: shape(second),
    };
    Some(Accusation::safety(Judge::Fork, &accused, &evidence))
}

fn base_of(message: &Signed) -> alloy_primitives::B256 {
    match message {
        Signed::Base(base) => base.eip712_hash_struct(),
        Signed::Frag(frag) => frag.base,
        Signed::Seal(seal) => seal.base,
    }
}

fn shape(testimony: &Testimony) -> abi::SignedMessage {
    let (kind, message) = match &testimony.message {
        Signed::Base(base) => (0, base.abi_encode()),
        Signed::Frag(frag) => (1, frag.abi_encode()),
        Signed::Seal(seal) => (2, seal.abi_encode()),
    };
    abi::SignedMessage {
        kind,
        message: message.into(),
        signature: testimony.signature.clone(),
    }
}
