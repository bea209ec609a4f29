use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;
use forebond_beacon::proof::LookaheadProof;
use forebond_contracts::bindings::Lookahead;

/// A proof of an epoch's proposers from the state after one beacon block, but for the time under which EIP-4788 keeps that
/// block's root: the time of the block's child.
#[derive(Clone, Debug)]
pub(crate) struct EpochProof {
    epoch: u64,
    proof: Lookahead::LookaheadProof,
}

impl EpochProof {
    pub(crate) fn new(epoch: u64, proof: LookaheadProof) -> Self {
        let header = proof.header;
        Self {
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
        }
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
