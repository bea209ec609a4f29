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
