//! Merkle proofs against beacon block roots, the ones that EIP-4788 exposes to contracts.
//!
//! | proof | says | leaves and branch |
//! |---|---|---|
//! | [`LookaheadProof`] | who proposes in each slot of an epoch (EIP-7917) | half of `proposer_lookahead`, up to the state root |
//! | [`SlotProof`] | who proposes in one slot | one chunk of it |
//! | [`ValidatorProof`] | public key and withdrawal credentials of a validator | the node over both |
//! | [`SlotPresenceProof`] | whether a slot has a block | two neighbours of `block_roots` |
//!
//! Every proof carries the five leaves of the block header, so that the header's own slot is proven and not inferred
//! from a timestamp: after missed slots the newest root may be from the epoch before. Positions come from the fork's
//! [`ForkLayout`], never from the proof, and a branch has exactly the length its position asks for: otherwise an inner
//! node could pass for a leaf, or validator 2v for v. Choose the layout by the fork of the header's slot, which is
//! proven, never by the word of whoever brings the proof.
//!
//! [`StateProver`] makes them from a state, [`from_served`] from the bytes that a beacon node serves; `verify` checks
//! them without it, as the contracts do.

mod error;
mod gindex;
mod layout;
mod lookahead;
mod merkle;
mod presence;
mod prover;
mod served;
mod validator;

pub use error::ProofError;
pub use gindex::Gindex;
pub use layout::{Fork, ForkLayout, LookaheadHalf};
pub use lookahead::{LookaheadProof, SlotProof};
pub use merkle::{branch, fold, verify_branch};
pub use presence::{Presence, SlotPresenceProof};
pub use prover::StateProver;
pub use served::{Proves, ServedStateError, from_served};
pub use validator::ValidatorProof;

use alloy_primitives::B256;
use tree_hash::TreeHash;

use crate::containers::BeaconBlockHeader;

/// Rebuilds the block root from the header's five leaves and compares.
fn check_header(header: &BeaconBlockHeader, block_root: B256) -> Result<(), ProofError> {
    let got = header.tree_hash_root();
    if got == block_root {
        Ok(())
    } else {
        Err(ProofError::BlockRoot {
            got,
            expected: block_root,
        })
    }
}

/// Walks up from a node of the state and compares with the state root in the header.
fn check_state_node(
    header: &BeaconBlockHeader,
    node: B256,
    branch: &[B256],
    at: Gindex,
) -> Result<(), ProofError> {
    let got = verify_branch(node, branch, at)?;
    if got == header.state_root {
        Ok(())
    } else {
        Err(ProofError::StateRoot {
            got,
            expected: header.state_root,
        })
    }
}
