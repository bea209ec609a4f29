use alloy_primitives::B256;
use forebond_beacon::{
    containers::{BeaconBlock, BeaconBlockHeader, BeaconState},
    preset::Preset,
};
use tree_hash::TreeHash as _;

use super::super::{
    access::{proposer_index, validator},
    error::{Result, TransitionError},
};

pub(super) fn process_block_header<P: Preset>(
    state: &mut BeaconState<P>,
    block: &BeaconBlock<P>,
) -> Result<()> {
    if block.slot != state.slot {
        return Err(TransitionError::Slot {
            got: block.slot,
            expected: state.slot,
        });
    }
    let parent = state.latest_block_header;
    if block.slot <= parent.slot {
        return Err(TransitionError::NotNewer {
            got: block.slot,
            parent: parent.slot,
        });
    }
    let expected = proposer_index(state);
    if block.proposer_index != expected {
        return Err(TransitionError::Proposer {
            got: block.proposer_index,
            expected,
        });
    }
    let parent_root = parent.tree_hash_root();
    if block.parent_root != parent_root {
        return Err(TransitionError::Root {
            what: "parent root",
            got: block.parent_root,
            expected: parent_root,
        });
    }
    if validator(state, block.proposer_index)?.slashed {
        return Err(TransitionError::ProposerSlashed {
            index: block.proposer_index,
        });
    }
    // The state root is filled in when the next slot begins: only then is it known.
    state.latest_block_header = BeaconBlockHeader {
        state_root: B256::ZERO,
        ..block.to_header()
    };
    Ok(())
}
