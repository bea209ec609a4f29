use bytes::Bytes;
use forebond_beacon::proof::{ProofError, Proves, ServedStateError, from_served};
use forebond_protocol::SlotClock;

use super::{BeaconClient, BlockId, Header};
use crate::L1Error;

/// Why nothing was proven.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The beacon node does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// Its state is not what it has to be, or does not prove it.
    #[error(transparent)]
    State(#[from] ServedStateError),
    /// The process ends.
    #[error("proving broke off: {0}")]
    BrokenOff(String),
}

/// The state right after a block, to prove from. Hundreds of megabytes on mainnet: not for keeping.
pub struct BlockState {
    header: Header,
    slots_per_epoch: u64,
    ssz: Bytes,
}

impl BlockState {
    /// Of the block with this header.
    ///
    /// # Errors
    /// As any request.
    pub async fn after(
        beacon: &BeaconClient,
        clock: &SlotClock,
        header: Header,
    ) -> Result<Self, L1Error> {
        let ssz = beacon.state_ssz(BlockId::Slot(header.slot)).await?;
        Ok(Self {
            header,
            slots_per_epoch: clock.slots_per_epoch,
            ssz,
        })
    }

    /// Of the block before the newest one, with the time under which EIP-4788 keeps that block's root, Unix seconds: its child is
    /// known, so a transaction with a proof may land in any block to come.
    ///
    /// # Errors
    /// As any request.
    pub async fn before_newest(
        beacon: &BeaconClient,
        clock: &SlotClock,
    ) -> Result<(Self, u64), L1Error> {
        let newest = beacon.header(BlockId::Head).await?;
        let before = beacon.header(BlockId::Root(newest.parent_root)).await?;
        let state = Self::after(beacon, clock, before).await?;
        Ok((state, clock.start_s(newest.slot)))
    }

    /// Proves on a blocking thread: seconds of CPU for a mainnet state.
    ///
    /// # Errors
    /// [`StateError`].
    pub async fn prove<T: Send + 'static>(
        self,
        prove: impl FnOnce(&dyn Proves) -> Result<T, ProofError> + Send + 'static,
    ) -> Result<T, StateError> {
        let proving = tokio::task::spawn_blocking(move || {
            from_served(&self.ssz, self.slots_per_epoch, self.header.root, prove)
        });
        let proven = proving.await;
        Ok(proven.map_err(|error| StateError::BrokenOff(error.to_string()))??)
    }
}
