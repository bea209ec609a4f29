//! An L1 slot that its lent proposer let pass: forfeiture only (R25).

use alloy_primitives::Address;
use forebond_contracts::bindings::IEvidenceShapes as abi;

use crate::{Accusation, Judge};

/// Accuses the operator of the slot's proposer when neighbouring block roots are equal: a positive proof, never a missing root.
///
/// `operator` owns the proposer and had lent it for the rollup in the slot's epoch.
pub fn accuse(
    rollup: Address,
    operator: Address,
    absence: abi::SlotPresenceProof,
) -> Option<Accusation> {
    if absence.rootBefore != absence.rootAt || operator == Address::ZERO {
        return None;
    }
    let slot = absence.slot;
    let evidence = abi::MissedSlotEvidence { rollup, absence };
    Some(Accusation::of_operator(
        Judge::MissedSlot,
        operator,
        rollup,
        slot,
        slot,
        &evidence,
    ))
}
