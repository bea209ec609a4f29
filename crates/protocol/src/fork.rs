//! Fork: two signatures of one gateway under one base that cannot both be true (R2 a-e).
//!
//! "Different" compares struct hashes, never signature bytes. Kinds (f) and (g), two leaves at one
//! place and an own batch against a seal, need a batch or a branch and live with their judges.

use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_types::{Base, Frag, Seal};

/// A message whose signature by the accused was checked.
#[derive(Clone, Debug)]
pub enum Signed {
    /// A base.
    Base(Base),
    /// A frag.
    Frag(Frag),
    /// A seal.
    Seal(Seal),
}

/// How two messages contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// Two bases of one window. Attempts 0 and 1 side by side are no fork by themselves: R5 judges
    /// them by the chain.
    TwoBases,
    /// (a) equal sequence, other frag.
    SameSequence,
    /// (b) equal predecessor, other frag.
    SamePredecessor,
    /// (c) equal block number, other timestamp, origin, ordering rule or environment.
    BlockFields,
    /// (d) two seals of one block.
    TwoSeals,
    /// (e) a seal and a frag that cannot both be true.
    SealAgainstFrag,
    /// (e) two frags, or two seals, whose sequences run against the order of their blocks: somewhere
    /// between them a block was both sealed and continued. Without this kind, the holder of (10, 5)
    /// and the holder of (11, 4) would need a third message to prove the fork they hold.
    OutOfOrder,
    /// (e) a message behind the end of the window.
    AfterEnd,
}

/// The contradiction between two messages of one signer, if there is one.
pub fn fork(first: &Signed, second: &Signed) -> Option<Fork> {
    match (first, second) {
        (Signed::Base(a), Signed::Base(b)) => base_base(a, b),
        (Signed::Frag(a), Signed::Frag(b)) => frag_frag(a, b),
        (Signed::Seal(a), Signed::Seal(b)) => seal_seal(a, b),
        (Signed::Seal(seal), Signed::Frag(frag)) | (Signed::Frag(frag), Signed::Seal(seal)) => {
            seal_frag(seal, frag)
        }
        _ => None,
    }
}

fn base_base(a: &Base, b: &Base) -> Option<Fork> {
    if a.window != b.window || a.eip712_hash_struct() == b.eip712_hash_struct() {
        return None;
    }
    let first_and_second = matches!((a.attempt, b.attempt), (0, 1) | (1, 0));
    (!first_and_second).then_some(Fork::TwoBases)
}

fn frag_frag(a: &Frag, b: &Frag) -> Option<Fork> {
    if a.base != b.base || a.eip712_hash_struct() == b.eip712_hash_struct() {
        return None;
    }
    if a.sequence == b.sequence {
        return Some(Fork::SameSequence);
    }
    if a.previousFrag == b.previousFrag {
        return Some(Fork::SamePredecessor);
    }
    let fields = |f: &Frag| {
        (
            f.timestamp,
            f.l1OriginNumber,
            f.l1OriginHash,
            f.orderingRule,
            f.blockEnv,
        )
    };
    if a.blockNumber == b.blockNumber {
        return (fields(a) != fields(b)).then_some(Fork::BlockFields);
    }
    ((a.blockNumber < b.blockNumber) != (a.sequence < b.sequence)).then_some(Fork::OutOfOrder)
}

fn seal_seal(a: &Seal, b: &Seal) -> Option<Fork> {
    if a.base != b.base || a.eip712_hash_struct() == b.eip712_hash_struct() {
        return None;
    }
    if a.blockNumber == b.blockNumber {
        return Some(Fork::TwoSeals);
    }
    let (earlier, later) = if a.blockNumber < b.blockNumber {
        (a, b)
    } else {
        (b, a)
    };
    if later.lastSequence <= earlier.lastSequence {
        return Some(Fork::OutOfOrder);
    }
    earlier.endOfWindow.then_some(Fork::AfterEnd)
}

fn seal_frag(seal: &Seal, frag: &Frag) -> Option<Fork> {
    if seal.base != frag.base {
        return None;
    }
    let hash: B256 = frag.eip712_hash_struct();
    let contradicts = (frag.sequence == seal.lastSequence && hash != seal.lastFrag)
        || (frag.blockNumber == seal.blockNumber && frag.sequence > seal.lastSequence)
        || (frag.blockNumber > seal.blockNumber && frag.sequence <= seal.lastSequence)
        || (frag.blockNumber < seal.blockNumber && frag.sequence >= seal.lastSequence);
    if contradicts {
        return Some(Fork::SealAgainstFrag);
    }
    (seal.endOfWindow && frag.sequence > seal.lastSequence).then_some(Fork::AfterEnd)
}
