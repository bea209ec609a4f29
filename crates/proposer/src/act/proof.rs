//! Proofs of validators from a recent beacon state.

use alloy_primitives::B256;
use forebond_beacon::{
    containers::BeaconState,
    preset::{Mainnet, Minimal, Preset},
    proof::{ProofError, StateProver, ValidatorProof},
};
use forebond_l1::{
    L1Error,
    beacon::{BeaconClient, BlockId},
};
use forebond_protocol::SlotClock;
use ssz::Decode;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofSourceError {
    /// The beacon node.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// Its state is not what it has to be.
    #[error("the beacon state can't be used: {0}")]
    State(String),
    /// The state does not prove it.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// Proofs against one block's root.
#[derive(Clone, Debug)]
pub struct ValidatorProofs {
    /// The time under which EIP-4788 keeps that root: of the block's child, Unix seconds.
    pub root_timestamp_s: u64,
    /// One a validator, as asked.
    pub proofs: Vec<ValidatorProof>,
}

impl ValidatorProofs {
    /// Proves from the state before the newest block's: its child is known, so the transaction may land in any block to come.
    ///
    /// # Errors
    /// [`ProofSourceError`].
    pub async fn fetch(
        beacon: &BeaconClient,
        clock: &SlotClock,
        wanted: Vec<u64>,
    ) -> Result<Self, ProofSourceError> {
        let head = beacon.header(BlockId::Head).await?;
        let parent = beacon.header(BlockId::Root(head.parent_root)).await?;
        let ssz = beacon.state_ssz(BlockId::Slot(parent.slot)).await?;
        let is_minimal = clock.slots_per_epoch == 8;
        // Seconds of CPU for a mainnet state.
        let proving = tokio::task::spawn_blocking(move || {
            if is_minimal {
                prove::<Minimal>(&ssz, parent.root, &wanted)
            } else {
                prove::<Mainnet>(&ssz, parent.root, &wanted)
            }
        });
        let proofs = proving
            .await
            .map_err(|error| ProofSourceError::State(error.to_string()))??;
        Ok(Self {
            root_timestamp_s: clock.start_s(head.slot),
            proofs,
        })
    }
}

fn prove<P: Preset>(
    ssz: &[u8],
    root: B256,
    wanted: &[u64],
) -> Result<Vec<ValidatorProof>, ProofSourceError> {
    let state = BeaconState::<P>::from_ssz_bytes(ssz)
        .map_err(|error| ProofSourceError::State(format!("{error:?}")))?;
    let prover = StateProver::new(&state)?;
    if prover.block_root() != root {
        return Err(ProofSourceError::State(format!(
            "it is of block {}, asked for that of {root}",
            prover.block_root()
        )));
    }
    Ok(prover.validators(wanted)?)
}
