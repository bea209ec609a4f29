use forebond_beacon::{
    containers::BeaconState,
    preset::{Mainnet, Minimal, Preset},
    proof::{ProofError, StateProver},
};
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_l1::{
    L1Error,
    beacon::{BeaconClient, BlockId},
};
use forebond_protocol::SlotClock;
use ssz::Decode;

/// Slots of an epoch in the preset that isn't mainnet's: the two that exist differ in this.
const MINIMAL_EPOCH_SLOTS: u64 = 8;

/// Why a slot's block, or its absence, cannot be proven now.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// No beacon node, or it does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The state is not what it has to be.
    #[error("the beacon state can't be used: {0}")]
    State(String),
    /// The state does not prove it.
    #[error(transparent)]
    Proof(#[from] ProofError),
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
        if self.clock.slots_per_epoch == MINIMAL_EPOCH_SLOTS {
            Minimal::slots_per_historical_root()
        } else {
            Mainnet::slots_per_historical_root()
        }
    }

    /// Proofs for slots in the ring of the state after the block before the newest one: its root is what EIP-4788 keeps under the
    /// newest block's time. Downloads a state: seconds and hundreds of megabytes on mainnet.
    ///
    /// # Errors
    /// [`PresenceError`].
    pub async fn prove(
        &self,
        slots: Vec<u64>,
    ) -> Result<Vec<abi::SlotPresenceProof>, PresenceError> {
        let beacon = self.beacon.as_ref().ok_or(PresenceError::NoBeacon)?;
        let newest = beacon.header(BlockId::Head).await?;
        let before = beacon.header(BlockId::Root(newest.parent_root)).await?;
        let ssz = beacon.state_ssz(BlockId::Slot(before.slot)).await?;
        let root_timestamp_s = self.clock.start_s(newest.slot);
        let slots_per_epoch = self.clock.slots_per_epoch;
        let expected = before.root;
        tokio::task::spawn_blocking(move || {
            if slots_per_epoch == MINIMAL_EPOCH_SLOTS {
                proofs::<Minimal>(&ssz, expected, root_timestamp_s, &slots)
            } else {
                proofs::<Mainnet>(&ssz, expected, root_timestamp_s, &slots)
            }
        })
        .await
        .map_err(|error| PresenceError::State(error.to_string()))?
    }
}

fn proofs<P: Preset>(
    ssz: &[u8],
    expected: alloy_primitives::B256,
    root_timestamp_s: u64,
    slots: &[u64],
) -> Result<Vec<abi::SlotPresenceProof>, PresenceError> {
    let state = BeaconState::<P>::from_ssz_bytes(ssz)
        .map_err(|error| PresenceError::State(format!("{error:?}")))?;
    let prover = StateProver::new(&state)?;
    if prover.block_root() != expected {
        return Err(PresenceError::State(format!(
            "it is of block {}, asked for that of {expected}",
            prover.block_root()
        )));
    }
    slots
        .iter()
        .map(|slot| {
            let proof = prover.presence(*slot)?;
            let header = proof.header;
            Ok(abi::SlotPresenceProof {
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
            })
        })
        .collect()
}
