//! Proofs of the beacon state in the contracts' shapes.

use alloy_sol_types::SolValue;
use eyre::Result;
use forebond_beacon::{containers::BeaconBlockHeader, preset::Preset, proof::StateProver};
use forebond_contracts::{
    bindings::{IEvidenceShapes as shapes, Lookahead, ValidatorRegistry},
    convert,
};

use super::validators::Proven;

fn header<P: Preset>(proven: &Proven<P>, header: &BeaconBlockHeader) -> shapes::HeaderProof {
    shapes::HeaderProof {
        rootTimestamp: proven.root_timestamp_s,
        header: shapes::BeaconHeader {
            slot: header.slot,
            proposerIndex: header.proposer_index,
            parentRoot: header.parent_root,
            stateRoot: header.state_root,
            bodyRoot: header.body_root,
        },
    }
}

/// Keys and withdrawal credentials of validators.
///
/// # Errors
/// For an index that the state does not have.
pub fn validators<P: Preset>(
    proven: &Proven<P>,
    wanted: &[u64],
) -> Result<Vec<ValidatorRegistry::ValidatorProof>> {
    let proofs = StateProver::new(&proven.state)?.validators(wanted)?;
    proofs
        .into_iter()
        .map(|proof| {
            Ok(ValidatorRegistry::ValidatorProof {
                header: convert(&header(proven, &proof.header))?,
                validatorIndex: proof.validator_index,
                pubkeyRoot: proof.pubkey_root,
                withdrawalCredentials: proof.withdrawal_credentials,
                branch: proof.branch,
            })
        })
        .collect()
}

/// The proposers of the state's epoch or the next one.
///
/// # Errors
/// For any other epoch.
pub fn lookahead<P: Preset>(proven: &Proven<P>, epoch: u64) -> Result<Lookahead::LookaheadProof> {
    let proof = StateProver::new(&proven.state)?.lookahead(epoch)?;
    Ok(Lookahead::LookaheadProof {
        header: convert(&header(proven, &proof.header))?,
        chunks: proof.chunks,
        branch: proof.branch,
    })
}

/// The proposer of one slot, encoded as a posting carries it: abi.encode(SlotProof).
///
/// # Errors
/// For a slot outside the two epochs that the state knows.
pub fn slot<P: Preset>(proven: &Proven<P>, slot: u64) -> Result<Vec<u8>> {
    let proof = StateProver::new(&proven.state)?.slot(slot)?;
    Ok((header(proven, &proof.header), proof.chunk, proof.branch).abi_encode())
}

/// Whether `slot`, which must lie before the state's block and in its ring, had a block.
///
/// # Errors
/// For any other slot.
pub fn presence<P: Preset>(proven: &Proven<P>, slot: u64) -> Result<shapes::SlotPresenceProof> {
    let proof = StateProver::new(&proven.state)?.presence(slot)?;
    Ok(shapes::SlotPresenceProof {
        header: header(proven, &proof.header),
        slot: proof.slot,
        rootBefore: proof.root_before,
        rootAt: proof.root_at,
        branchBefore: proof.branch_before,
        branchAt: proof.branch_at,
    })
}
