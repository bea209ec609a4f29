//! Proofs of validators from a recent beacon state.

use forebond_beacon::proof::ValidatorProof;
use forebond_l1::beacon::{BeaconClient, BlockState, StateError};
use forebond_protocol::SlotClock;

/// Proofs against one block's root.
#[derive(Clone, Debug)]
pub struct ValidatorProofs {
    /// The time under which EIP-4788 keeps that root: of the block's child, Unix seconds.
    pub root_timestamp_s: u64,
    /// One a validator, as asked.
    pub proofs: Vec<ValidatorProof>,
}

impl ValidatorProofs {
    /// Proves from the state before the newest block's.
    ///
    /// # Errors
    /// [`StateError`].
    pub async fn fetch(
        beacon: &BeaconClient,
        clock: &SlotClock,
        wanted: Vec<u64>,
    ) -> Result<Self, StateError> {
        let (state, root_timestamp_s) = BlockState::before_newest(beacon, clock).await?;
        let proofs = state.prove(move |state| state.validators(&wanted)).await?;
        Ok(Self {
            root_timestamp_s,
            proofs,
        })
    }
}
