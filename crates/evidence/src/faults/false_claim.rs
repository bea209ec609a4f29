//! falseClaim (R4.4): the resolver found that the accused's batch does not derive to its claim. Orphaned is no fault.

use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::Batch;

use crate::{Accusation, Accused, Attested, Judge};

/// Accuses of a batch that the Inbox holds Void under this number.
pub fn accuse(accused: &Accused, own: &Attested<Batch>, batch_id: u32) -> Option<Accusation> {
    if own.message.base != accused.base_hash() {
        return None;
    }
    let evidence = abi::FalseClaimEvidence {
        accused: accused.shape(),
        own: own.shape(),
        batchId: batch_id,
    };
    Some(Accusation::safety(Judge::FalseClaim, accused, &evidence))
}
