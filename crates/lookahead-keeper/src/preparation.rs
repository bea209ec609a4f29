use alloy_primitives::B256;
use forebond_l1::beacon::{BeaconClient, BlockId, BlockState, StateError};
use forebond_protocol::SlotClock;
use tokio::task::JoinHandle;

use crate::{KeeperError, proof::EpochProof};

/// Empty slots after a block until its child is no longer looked for.
const MOST_EMPTY: u64 = 16;

/// A proof with the beacon block it is from.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    slot: u64,
    root: B256,
    epoch: u64,
    proof: EpochProof,
}

/// A proof in the making. On mainnet it takes a download of a quarter of a gigabyte and seconds of CPU, while batches have to go out.
#[derive(Debug, Default)]
pub(crate) enum Preparation {
    /// Nothing asked for.
    #[default]
    Idle,
    /// Being made.
    Running(u64, JoinHandle<Result<Prepared, KeeperError>>),
    /// Made.
    Ready(Box<Prepared>),
}

impl Preparation {
    /// Whether a proof of `epoch` is there; begins to make one when none is. Needs a tokio runtime.
    pub(crate) async fn is_ready(
        &mut self,
        beacon: &BeaconClient,
        clock: &SlotClock,
        epoch: u64,
    ) -> Result<bool, KeeperError> {
        *self = match std::mem::take(self) {
            Self::Ready(prepared) if prepared.epoch == epoch => Self::Ready(prepared),
            Self::Running(wanted, task) if wanted == epoch => {
                if !task.is_finished() {
                    *self = Self::Running(wanted, task);
                    return Ok(false);
                }
                let made = task.await;
                let made = made.map_err(|error| {
                    KeeperError::State(StateError::BrokenOff(error.to_string()))
                })??;
                Self::Ready(Box::new(made))
            }
            // Of another epoch: whatever it was for is over.
            Self::Running(_, task) => {
                task.abort();
                Self::begin(beacon, clock, epoch)
            }
            Self::Idle | Self::Ready(_) => Self::begin(beacon, clock, epoch),
        };
        Ok(matches!(self, Self::Ready(_)))
    }

    fn begin(beacon: &BeaconClient, clock: &SlotClock, epoch: u64) -> Self {
        let making = make(beacon.clone(), *clock, epoch);
        Self::Running(epoch, tokio::spawn(making))
    }

    /// The proof, and the time under which EIP-4788 keeps its block's root for a transaction in the block of `slot`. Forgets a
    /// proof of a block that is no longer canonical.
    pub(crate) async fn for_slot(
        &mut self,
        beacon: &BeaconClient,
        clock: &SlotClock,
        slot: u64,
    ) -> Result<Option<(EpochProof, u64)>, KeeperError> {
        let Self::Ready(prepared) = &*self else {
            return Ok(None);
        };
        let newest = beacon.header(BlockId::Head).await?;
        if newest.root == prepared.root {
            // In the block of `slot`, the next one, the root of the block before stands under the slot's own time.
            return Ok(Some((prepared.proof.clone(), clock.start_s(slot))));
        }
        let last = newest.slot.min(prepared.slot.saturating_add(MOST_EMPTY));
        for child in prepared.slot.saturating_add(1)..=last {
            let Some(header) = beacon.header_at_slot(child).await? else {
                continue;
            };
            if header.parent_root == prepared.root {
                return Ok(Some((prepared.proof.clone(), clock.start_s(child))));
            }
            break;
        }
        *self = Self::Idle;
        Ok(None)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::Idle;
    }
}

async fn make(beacon: BeaconClient, clock: SlotClock, epoch: u64) -> Result<Prepared, KeeperError> {
    let header = beacon.header(BlockId::Head).await?;
    let (slot, root) = (header.slot, header.root);
    let state = BlockState::after(&beacon, &clock, header).await?;
    let proof = state.prove(move |state| state.lookahead(epoch)).await?;
    Ok(Prepared {
        slot,
        root,
        epoch,
        proof: EpochProof::new(epoch, proof),
    })
}
