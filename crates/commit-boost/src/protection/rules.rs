//! The decision, without disk or clock.

use super::{
    Content, KeySignature, Position, ProtectionError, Request, SigningKey, record::Record,
};
use crate::dialect::SignerDialect;

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was signed: here it is.
    Signed(SignerDialect, KeySignature),
    /// The signer may be asked, once the content is on disk.
    Ask,
    /// Another content stands there.
    Conflict(Content),
    /// Too old.
    Below,
}

/// `lowest_slot`: the proposer's; `found`: what stands at the position.
pub(super) fn judge(
    position: &Position,
    lowest_slot: u64,
    found: Option<&Record>,
    asked: &Content,
) -> Verdict {
    match found {
        Some(record) if record.content != *asked => Verdict::Conflict(record.content),
        // Showing a signature again signs nothing: the lowest slot does not matter.
        Some(Record {
            dialect,
            signature: Some(signature),
            ..
        }) => Verdict::Signed(*dialect, *signature),
        _ if position.kind.passes_with_slots() && position.slot < lowest_slot => Verdict::Below,
        _ => Verdict::Ask,
    }
}

/// What is refused whatever the database holds.
pub(super) fn sound(request: &Request) -> Result<(), ProtectionError> {
    let position = request.position;
    for (what, value) in [("the slot", position.slot), ("the nonce", request.nonce)] {
        if value == u64::MAX {
            return Err(ProtectionError::Reserved {
                position: Box::new(position),
                what,
            });
        }
    }
    match request.key {
        SigningKey::Consensus(key) if key != position.proposer => {
            Err(ProtectionError::OtherProposer {
                position: Box::new(position),
            })
        }
        _ => Ok(()),
    }
}
