//! The last word about a batch: do the executed blocks have the hashes it claims (R4)?

use super::{BatchFault, BlockPlan};
use alloy_primitives::B256;
use forebond_types::Batch;

/// Compares the hashes of the executed blocks with everything the batch says about them. `blocks_root` is the root over `hashes`
/// from `claim.firstBlock` on (`blocks_tree` of the protocol's rules).
pub fn check_claim(
    claim: &Batch,
    plans: &[BlockPlan],
    hashes: &[B256],
    blocks_root: B256,
) -> Result<(), BatchFault> {
    let expected = claim
        .lastBlock
        .saturating_sub(claim.firstBlock)
        .saturating_add(1);
    for got in [plans.len(), hashes.len()] {
        if u64::try_from(got).ok() != Some(expected) {
            return Err(BatchFault::BlockCount { expected, got });
        }
    }
    for (plan, parent) in plans.iter().skip(1).zip(hashes) {
        if let Some(got) = plan.parent_hash
            && got != *parent
        {
            return Err(BatchFault::ParentHash {
                number: plan.number,
                expected: *parent,
                got,
            });
        }
    }
    let last = hashes.last().copied().unwrap_or_default();
    if claim.lastBlockHash != last {
        return Err(BatchFault::LastBlockHash {
            expected: last,
            got: claim.lastBlockHash,
        });
    }
    if claim.blocksRoot != blocks_root {
        return Err(BatchFault::BlocksRoot {
            expected: blocks_root,
            got: claim.blocksRoot,
        });
    }
    Ok(())
}
