use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolCall;
use forebond_beacon::{
    containers::BeaconState,
    preset::{Mainnet, Minimal, Preset},
    proof::StateProver,
};
use forebond_contracts::bindings::Lookahead;
use ssz::Decode;

use crate::KeeperError;

/// A proof of an epoch's proposers from the state after one beacon block, but for the time under which EIP-4788 keeps that
/// block's root: the time of the block's child.
#[derive(Clone, Debug)]
pub(crate) struct EpochProof {
    epoch: u64,
    proof: Lookahead::LookaheadProof,
}

impl EpochProof {
    /// Reads a state and proves from it. Seconds of CPU for a mainnet state: call it on a blocking thread.
    pub(crate) fn make(
        ssz: &[u8],
        slots_per_epoch: u64,
        block_root: B256,
        epoch: u64,
    ) -> Result<Self, KeeperError> {
        // The two presets that exist differ in this.
        if slots_per_epoch == 8 {
            Self::of::<Minimal>(ssz, block_root, epoch)
        } else {
            Self::of::<Mainnet>(ssz, block_root, epoch)
        }
    }

    fn of<P: Preset>(ssz: &[u8], block_root: B256, epoch: u64) -> Result<Self, KeeperError> {
        let state = BeaconState::<P>::from_ssz_bytes(ssz)
            .map_err(|error| KeeperError::State(format!("{error:?}")))?;
        let prover = StateProver::new(&state)?;
        if prover.block_root() != block_root {
            return Err(KeeperError::State(format!(
                "it is of block {}, asked for that of {block_root}",
                prover.block_root()
            )));
        }
        let proof = prover.lookahead(epoch)?;
        let header = proof.header;
        Ok(Self {
            epoch,
            proof: Lookahead::LookaheadProof {
                header: Lookahead::HeaderProof {
                    rootTimestamp: 0,
                    header: Lookahead::BeaconHeader {
                        slot: header.slot,
                        proposerIndex: header.proposer_index,
                        parentRoot: header.parent_root,
                        stateRoot: header.state_root,
                        bodyRoot: header.body_root,
                    },
                },
                chunks: proof.chunks,
                branch: proof.branch,
            },
        })
    }

    /// Calldata; `timestamp_s` is the time of the proven block's child, Unix seconds.
    pub(crate) fn call(&self, timestamp_s: u64) -> Bytes {
        let mut proof = self.proof.clone();
        proof.header.rootTimestamp = timestamp_s;
        Lookahead::proveCall {
            epoch: self.epoch,
            proof,
        }
        .abi_encode()
        .into()
    }
}
