//! unkept (R6, R7): the Confirmed block of somebody else, or of another base, differs from a promise. Costs twice its coverage.

use alloy_primitives::Bytes;
use forebond_contracts::bindings::IEvidenceShapes as abi;

use crate::{
    Accusation, Accused, Promise,
    blocks::{self, OpenedBatch},
    shapes,
};

/// A batch of the Inbox that a promise is held against.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    /// Its number.
    pub batch_id: u32,
    /// Who signed it.
    pub gateway: u32,
    /// The batch with its blocks.
    pub batch: &'a OpenedBatch,
}

/// Accuses when the batch, once Confirmed, breaks a promise that has coverage.
///
/// `insured_wei` is what stands behind the base (`Slasher.insuredWei`): promises beyond it were never covered (R6). `excuse` is
/// the encoded shift of the liability when whoever the base rests on was convicted (R5), else empty.
pub fn accuse(
    accused: &Accused,
    promise: &Promise,
    against: Against<'_>,
    insured_wei: u128,
    excuse: Bytes,
) -> Option<Accusation> {
    let batch = &against.batch.batch().message;
    let base = accused.base_hash();
    if promise.frag.message.base != base {
        return None;
    }
    // The own batch under the own base is for the lie judge.
    if against.gateway == accused.gateway() && batch.base == base {
        return None;
    }
    let (coverage, window) = (promise.leaf.coverage, promise.frag.message.windowCoverage);
    let insured = window
        .checked_mul(2)
        .is_some_and(|twice| twice <= insured_wei);
    if coverage == 0 || coverage > window || !insured {
        return None;
    }
    let evidence = abi::UnkeptEvidence {
        accused: accused.shape(),
        promised: promise.shape(),
        batchId: against.batch_id,
        confirmed: shapes::batch(batch),
        content: blocks::content(promise, against.batch)?,
        excuse,
    };
    let frag = promise.frag.struct_hash();
    Some(Accusation::of_promise(
        accused,
        frag,
        promise.leaf.index,
        against.batch_id,
        &evidence,
    ))
}
