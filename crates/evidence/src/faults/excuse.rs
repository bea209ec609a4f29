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

/// A fork or falseClaim verdict that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convicted {
    /// Who.
    pub gateway: u32,
    /// Under which base.
    pub base: Base,
}

/// Something a base may rest on, as it was heard or posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Who signed it, under the base that it names.
    pub before: Accused,
    /// The seal or batch.
    pub on: On,
}

/// As [`Rests`], kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// An end-of-window seal.
    Seal(Attested<Seal>),
    /// A posted batch, with its number.
    Batch(u32, Batch),
}

impl On {
    const fn rests(&self) -> Rests<'_> {
        match self {
            Self::Seal(seal) => Rests::Sealed(seal),
            Self::Batch(id, batch) => Rests::Posted(*id, batch),
        }
    }
}

/// Somebody on whom the liability can be put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liable {
    /// The convicted gateway.
    pub gateway: u32,
    /// Struct hash of the base it was convicted under.
    pub base: B256,
    /// As [`shift`] encodes it.
    pub evidence: Bytes,
}

/// On whom the verdicts put what was promised under `accused`'s base: each convicted base once, in the order of the verdicts. Empty
/// when the base rests on nobody who was convicted.
pub fn liable(accused: &Accused, grounds: &[Ground], verdicts: &[Convicted]) -> Vec<Liable> {
    let mut found: Vec<Liable> = Vec::new();
    for verdict in verdicts {
        let may_rest = grounds
            .iter()
            .any(|ground| ground.before.gateway() == verdict.gateway);
        if !may_rest {
            continue;
        }
        let base = verdict.base.eip712_hash_struct();
        let is_known = found
            .iter()
            .any(|known| (known.gateway, known.base) == (verdict.gateway, base));
        if is_known {
            continue;
        }
        let evidence = grounds
            .iter()
            .filter(|ground| ground.before.gateway() == verdict.gateway)
            .find_map(|ground| shift(accused, &ground.before, ground.on.rests(), &verdict.base));
        found.extend(evidence.map(|evidence| Liable {
            gateway: verdict.gateway,
            base,
            evidence,
        }));
    }
    found
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
