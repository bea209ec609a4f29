//! brokenBase (R5): the own batch under a Base has another hash at the block that the Base was signed on.

use alloy_primitives::B256;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::Batch;

use crate::{Accusation, Accused, Attested, Judge, blocks::OpenedBatch};

/// Accuses when the batch begins right behind the base's block and names another parent. Needs no blocks.
pub fn by_claim(accused: &Accused, own: &Attested<Batch>) -> Option<Accusation> {
    let follows = accused.base().parentBlock.checked_add(1) == Some(own.message.firstBlock);
    follows
        .then(|| accusation(accused, own, own.message.parentBlockHash, Vec::new()))
        .flatten()
}

/// Accuses by the batch's claim, or by the block in it when it covers the predecessor too.
pub fn accuse(accused: &Accused, own: &OpenedBatch) -> Option<Accusation> {
    if let Some(found) = by_claim(accused, own.batch()) {
        return Some(found);
    }
    let (block, branch) = own.block(accused.base().parentBlock)?;
    accusation(accused, own.batch(), block.hash(), branch)
}

fn accusation(
    accused: &Accused,
    own: &Attested<Batch>,
    block_hash: B256,
    branch: Vec<B256>,
) -> Option<Accusation> {
    let kept = block_hash == accused.base().parentBlockHash;
    if kept || own.message.base != accused.base_hash() {
        return None;
    }
    let evidence = abi::BrokenBaseEvidence {
        accused: accused.shape(),
        own: own.shape(),
        blockHash: block_hash,
        branch,
    };
    Some(Accusation::safety(Judge::BrokenBase, accused, &evidence))
}
