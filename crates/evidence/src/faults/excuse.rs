//! The one excuse for an unkept promise (R5): a fork or falseClaim verdict against whom the base rests on.

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::{SolStruct, SolValue};
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{Base, Batch, Seal};

use crate::{Accused, Attested, shapes};

/// What a base rests on.
#[derive(Clone, Copy, Debug)]
pub enum Rests<'a> {
    /// The predecessor's end-of-window seal.
    Sealed(&'a Attested<Seal>),
    /// The predecessor's posted batch that ends in the base's parent, with its number.
    Posted(u32, &'a Batch),
}

/// Encoded evidence that moves the liability for everything promised under `accused`'s base to `before`, convicted under
/// `convicted` (its own base, or another one of the same window). `None` when the base does not rest on this.
pub fn shift(
    accused: &Accused,
    before: &Accused,
    rests: Rests<'_>,
    convicted: &Base,
) -> Option<Bytes> {
    let base = accused.base();
    let same_window = convicted.window == before.base().window;
    let other = before.gateway() != accused.gateway() && before.rollup() == accused.rollup();
    if !same_window || !other {
        return None;
    }
    let (seal, seal_signature, batch_id, batch) = match rests {
        Rests::Sealed(seal) => {
            let message = &seal.message;
            let is_parent = message.eip712_hash_struct() == base.parentSeal
                && message.base == before.base_hash()
                && message.endOfWindow
                && message.blockNumber == base.parentBlock
                && message.blockHash == base.parentBlockHash;
            if !is_parent {
                return None;
            }
            (
                shapes::seal(message),
                seal.signature.clone(),
                0,
                shapes::batch(&no_batch()),
            )
        }
        Rests::Posted(batch_id, batch) => {
            let is_parent = base.parentSeal == B256::ZERO
                && batch.base == before.base_hash()
                && batch.lastBlock == base.parentBlock
                && batch.lastBlockHash == base.parentBlockHash;
            if !is_parent {
                return None;
            }
            (
                shapes::seal(&no_seal()),
                Bytes::new(),
                batch_id,
                shapes::batch(batch),
            )
        }
    };
    let evidence = abi::ShiftEvidence {
        accused: accused.shape(),
        excuse: abi::Excuse {
            predecessor: before.shape(),
            seal,
            sealSignature: seal_signature,
            batchId: batch_id,
            batch,
            convicted: shapes::base(convicted),
        },
    };
    Some(evidence.abi_encode().into())
}

const fn no_seal() -> Seal {
    Seal {
        base: B256::ZERO,
        blockNumber: 0,
        blockHash: B256::ZERO,
        lastSequence: 0,
        lastFrag: B256::ZERO,
        endOfWindow: false,
    }
}

const fn no_batch() -> Batch {
    Batch {
        base: B256::ZERO,
        window: 0,
        parentBatch: B256::ZERO,
        firstBlock: 0,
        lastBlock: 0,
        parentBlockHash: B256::ZERO,
        lastBlockHash: B256::ZERO,
        blocksRoot: B256::ZERO,
        lastFrag: B256::ZERO,
        lastOriginNumber: 0,
        lastOriginHash: B256::ZERO,
        blobHashes: Vec::new(),
    }
}
