//! fork (g): an own batch under a base against an own seal under it. Two batches are never a fork (R2).

use alloy_primitives::B256;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{Batch, Seal};

use crate::{Accusation, Accused, Attested, Judge, blocks::OpenedBatch, shapes};

/// Accuses when the batch goes on behind the seal that ended the window. Needs no blocks.
pub fn behind_the_end(
    accused: &Accused,
    seal: &Attested<Seal>,
    own: &Attested<Batch>,
) -> Option<Accusation> {
    let ended = seal.message.endOfWindow && own.message.lastBlock > seal.message.blockNumber;
    ended
        .then(|| accusation(accused, seal, own, B256::ZERO, Vec::new()))
        .flatten()
}

/// Accuses when the batch has another hash at the sealed block.
pub fn accuse(accused: &Accused, seal: &Attested<Seal>, own: &OpenedBatch) -> Option<Accusation> {
    if let Some(found) = behind_the_end(accused, seal, own.batch()) {
        return Some(found);
    }
    let (block, branch) = own.block(seal.message.blockNumber)?;
    if block.hash() == seal.message.blockHash {
        return None;
    }
    accusation(accused, seal, own.batch(), block.hash(), branch)
}

fn accusation(
    accused: &Accused,
    seal: &Attested<Seal>,
    own: &Attested<Batch>,
    block_hash: B256,
    branch: Vec<B256>,
) -> Option<Accusation> {
    let base = accused.base_hash();
    if seal.message.base != base || own.message.base != base {
        return None;
    }
    let evidence = abi::SealedBatchEvidence {
        accused: accused.shape(),
        seal: shapes::seal(&seal.message),
        sealSignature: seal.signature.clone(),
        own: own.shape(),
        blockHash: block_hash,
        branch,
    };
    Some(Accusation::safety(Judge::BatchFork, accused, &evidence))
}
