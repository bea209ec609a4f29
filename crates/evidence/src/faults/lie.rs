//! lie (R7): other content, nothing, or other header fields at a promised position in the accused's own batch under the promise's
//! base. Judged at once, posted or not.

use forebond_contracts::bindings::IEvidenceShapes as abi;

use crate::{Accusation, Accused, Judge, Promise, blocks};

/// Accuses when the accused's own batch breaks the promise. Whose batch it is was checked by its signature.
pub fn accuse(
    accused: &Accused,
    promise: &Promise,
    own: &blocks::OpenedBatch,
) -> Option<Accusation> {
    let base = accused.base_hash();
    if promise.frag.message.base != base || own.batch().message.base != base {
        return None;
    }
    let evidence = abi::LieEvidence {
        accused: accused.shape(),
        promised: promise.shape(),
        own: own.batch().shape(),
        content: blocks::content(promise, own)?,
    };
    Some(Accusation::safety(Judge::Lie, accused, &evidence))
}
