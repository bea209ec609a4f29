use forebond_beacon::{
    preset::{Mainnet, Minimal, Preset, is_minimal},
    proof::{ProofError, SlotPresenceProof},
};
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_l1::beacon::{BeaconClient, BlockState, StateError};
use forebond_protocol::SlotClock;

/// Why a slot's block, or its absence, cannot be proven now.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// The beacon node does not answer, or its state is not what it has to be.
    #[error(transparent)]
    State(#[from] StateError),
    /// No endpoint.
    #[error("no beacon endpoint is given: --l1-beacon")]
    NoBeacon,
}

/// Proves from beacon states whether slots had blocks.
#[derive(Clone, Debug)]
pub struct Presence {
    beacon: Option<BeaconClient>,
    clock: SlotClock,
}

impl Presence {
    /// With a beacon node that serves states.
    pub const fn new(beacon: Option<BeaconClient>, clock: SlotClock) -> Self {
        Self { beacon, clock }
    }

    /// Slots behind the newest one that a state's ring of block roots still shows.
    pub fn reach_slots(&self) -> u64 {
        if is_minimal(self.clock.slots_per_epoch) {
            Minimal::slots_per_historical_root()
        } else {
            Mainnet::slots_per_historical_root()
        }
    }

    /// A proof for each slot, or why the state does not prove it. The state is that after the block before the newest one: its root is
    /// what EIP-4788 keeps under the newest block's time, and its ring ends before its own slot. Downloads a state, seconds and
    /// hundreds of megabytes on mainnet: ask for all slots at once.
    ///
    /// # Errors
    /// [`PresenceError`].
    pub async fn prove(
        &self,
        slots: Vec<u64>,
    ) -> Result<Vec<Result<abi::SlotPresenceProof, ProofError>>, PresenceError> {
        let beacon = self.beacon.as_ref().ok_or(PresenceError::NoBeacon)?;
        let state = BlockState::before_newest(beacon, &self.clock).await;
        let (state, root_timestamp_s) = state.map_err(StateError::from)?;
        let proofs: Vec<Result<SlotPresenceProof, ProofError>> = state
            .prove(move |state| Ok(slots.iter().map(|slot| state.presence(*slot)).collect()))
            .await?;
        Ok(proofs
            .into_iter()
            .map(|proof| Ok(shape(proof?, root_timestamp_s)))
            .collect())
    }
}

fn shape(proof: SlotPresenceProof, root_timestamp_s: u64) -> abi::SlotPresenceProof {
    let header = proof.header;
    abi::SlotPresenceProof {
        header: abi::HeaderProof {
            rootTimestamp: root_timestamp_s,
            header: abi::BeaconHeader {
                slot: header.slot,
                proposerIndex: header.proposer_index,
                parentRoot: header.parent_root,
                stateRoot: header.state_root,
                bodyRoot: header.body_root,
            },
        },
        slot: proof.slot,
        rootBefore: proof.root_before,
        rootAt: proof.root_at,
        branchBefore: proof.branch_before,
        branchAt: proof.branch_at,
    }
}

/// Whether a slot is only too new for the state: that of the block before the newest one knows nothing of its own slot and those behind
/// it, and a later one does. A beacon node that is behind serves such states for as long as it is.
pub(super) const fn is_too_new(error: &ProofError) -> bool {
    matches!(error, ProofError::Ring { header_slot, slot, .. } if *slot >= *header_slot)
}

/// What the proofs of several slots come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown<T> {
    /// One of them shows it.
    This(T),
    /// None of them does, and none ever will.
    Nothing,
    /// Not all could be proven yet.
    Later,
}

/// The first proof in which `find` finds something.
pub(super) fn first_in<P, T>(
    proofs: Vec<Result<P, ProofError>>,
    mut find: impl FnMut(P) -> Option<T>,
) -> Shown<T> {
    let mut shown = Shown::Nothing;
    for proof in proofs {
        match proof.map(&mut find) {
            Ok(Some(found)) => return Shown::This(found),
            Ok(None) => {}
            Err(error) if is_too_new(&error) => shown = Shown::Later,
            Err(error) => {
                tracing::warn!(%error, "a slot is too old for any state to remember");
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn unproven(slot: u64) -> ProofError {
        ProofError::Ring {
            header_slot: 100,
            ring: 64,
            slot,
        }
    }

    /// Pitfall: a state that is too old for a slot is taken for one that has forgotten it, and whoever is guilty is let go.
    #[test]
    fn only_a_slot_that_no_state_to_come_remembers_is_given_up() {
        let even = |slot: u64| slot.is_multiple_of(2).then_some(slot);
        assert_eq!(
            first_in(vec![Ok(97), Err(unproven(100))], even),
            Shown::Later
        );
        assert_eq!(
            first_in(vec![Ok(97), Err(unproven(36))], even),
            Shown::Nothing
        );
        let all = vec![Err(unproven(130)), Err(unproven(2)), Ok(98)];
        assert_eq!(first_in(all, even), Shown::This(98));
        assert_eq!(first_in(vec![Ok(97), Ok(99)], even), Shown::Nothing);
    }
}
