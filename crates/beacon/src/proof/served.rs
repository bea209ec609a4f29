use alloy_primitives::B256;
use ssz::Decode;

use super::{LookaheadProof, ProofError, SlotPresenceProof, StateProver, ValidatorProof};
use crate::{
    containers::BeaconState,
    preset::{Mainnet, Minimal, Preset, is_minimal},
};

/// What a state proves, whichever preset it is of.
pub trait Proves {
    /// As [`StateProver::lookahead`].
    ///
    /// # Errors
    /// As there.
    fn lookahead(&self, epoch: u64) -> Result<LookaheadProof, ProofError>;

    /// As [`StateProver::validators`].
    ///
    /// # Errors
    /// As there.
    fn validators(&self, wanted: &[u64]) -> Result<Vec<ValidatorProof>, ProofError>;

    /// As [`StateProver::presence`].
    ///
    /// # Errors
    /// As there.
    fn presence(&self, slot: u64) -> Result<SlotPresenceProof, ProofError>;
}

impl<P: Preset> Proves for StateProver<'_, P> {
    fn lookahead(&self, epoch: u64) -> Result<LookaheadProof, ProofError> {
        StateProver::lookahead(self, epoch)
    }

    fn validators(&self, wanted: &[u64]) -> Result<Vec<ValidatorProof>, ProofError> {
        StateProver::validators(self, wanted)
    }

    fn presence(&self, slot: u64) -> Result<SlotPresenceProof, ProofError> {
        StateProver::presence(self, slot)
    }
}

/// Why a state that a beacon node served proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServedStateError {
    /// No Fulu state of the chain's preset.
    #[error("the beacon state can't be read: expected SSZ of a Fulu state, got {0}")]
    Unreadable(String),
    /// The node answered with another state than was asked for.
    #[error("the beacon state is of block {got}, asked for that of {expected}")]
    OtherBlock {
        /// Root of the block it is of.
        got: B256,
        /// Root of the block that was asked for.
        expected: B256,
    },
    /// The state does not prove it.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// Reads the state after the block with `block_root` and proves from it. Seconds of CPU for a mainnet state.
///
/// # Errors
/// [`ServedStateError`].
pub fn from_served<T>(
    ssz: &[u8],
    slots_per_epoch: u64,
    block_root: B256,
    prove: impl FnOnce(&dyn Proves) -> Result<T, ProofError>,
) -> Result<T, ServedStateError> {
    if is_minimal(slots_per_epoch) {
        of_preset::<Minimal, T>(ssz, block_root, prove)
    } else {
        of_preset::<Mainnet, T>(ssz, block_root, prove)
    }
}

fn of_preset<P: Preset, T>(
    ssz: &[u8],
    block_root: B256,
    prove: impl FnOnce(&dyn Proves) -> Result<T, ProofError>,
) -> Result<T, ServedStateError> {
    let state = BeaconState::<P>::from_ssz_bytes(ssz)
        .map_err(|error| ServedStateError::Unreadable(format!("{error:?}")))?;
    let prover = StateProver::new(&state)?;
    if prover.block_root() != block_root {
        return Err(ServedStateError::OtherBlock {
            got: prover.block_root(),
            expected: block_root,
        });
    }
    Ok(prove(&prover)?)
}
