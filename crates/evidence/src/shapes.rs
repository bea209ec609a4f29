//! The protocol's types as the structs of `Evidence.sol`: the same fields in the same order, so a missing one does not compile.

use alloy_primitives::U256;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{Base, Batch, BlockEnv, Delegation, Frag, Leaf, Seal};

pub(crate) const fn base(from: &Base) -> abi::Base {
    abi::Base {
        window: from.window,
        attempt: from.attempt,
        parentBlock: from.parentBlock,
        parentBlockHash: from.parentBlockHash,
        parentFrag: from.parentFrag,
        parentSeal: from.parentSeal,
    }
}

pub(crate) const fn read_base(from: &abi::Base) -> Base {
    Base {
        window: from.window,
        attempt: from.attempt,
        parentBlock: from.parentBlock,
        parentBlockHash: from.parentBlockHash,
        parentFrag: from.parentFrag,
        parentSeal: from.parentSeal,
    }
}

pub(crate) const fn env(from: &BlockEnv) -> abi::BlockEnv {
    abi::BlockEnv {
        coinbase: from.coinbase,
        gasLimit: from.gasLimit,
        baseFee: from.baseFee,
        prevRandao: from.prevRandao,
        parentBeaconRoot: from.parentBeaconRoot,
        extraDataHash: from.extraDataHash,
    }
}

pub(crate) const fn frag(from: &Frag) -> abi::Frag {
    abi::Frag {
        base: from.base,
        blockNumber: from.blockNumber,
        sequence: from.sequence,
        previousFrag: from.previousFrag,
        timestamp: from.timestamp,
        l1OriginNumber: from.l1OriginNumber,
        l1OriginHash: from.l1OriginHash,
        issuedAtMs: from.issuedAtMs,
        firstTransaction: from.firstTransaction,
        transactionCount: from.transactionCount,
        promisesRoot: from.promisesRoot,
        gasUsed: from.gasUsed,
        windowCoverage: from.windowCoverage,
        orderingRule: from.orderingRule,
        blockEnv: from.blockEnv,
    }
}

pub(crate) const fn read_frag(from: &abi::Frag) -> Frag {
    Frag {
        base: from.base,
        blockNumber: from.blockNumber,
        sequence: from.sequence,
        previousFrag: from.previousFrag,
        timestamp: from.timestamp,
        l1OriginNumber: from.l1OriginNumber,
        l1OriginHash: from.l1OriginHash,
        issuedAtMs: from.issuedAtMs,
        firstTransaction: from.firstTransaction,
        transactionCount: from.transactionCount,
        promisesRoot: from.promisesRoot,
        gasUsed: from.gasUsed,
        windowCoverage: from.windowCoverage,
        orderingRule: from.orderingRule,
        blockEnv: from.blockEnv,
    }
}

pub(crate) const fn seal(from: &Seal) -> abi::Seal {
    abi::Seal {
        base: from.base,
        blockNumber: from.blockNumber,
        blockHash: from.blockHash,
        lastSequence: from.lastSequence,
        lastFrag: from.lastFrag,
        endOfWindow: from.endOfWindow,
    }
}

pub(crate) const fn read_seal(from: &abi::Seal) -> Seal {
    Seal {
        base: from.base,
        blockNumber: from.blockNumber,
        blockHash: from.blockHash,
        lastSequence: from.lastSequence,
        lastFrag: from.lastFrag,
        endOfWindow: from.endOfWindow,
    }
}

pub(crate) fn batch(from: &Batch) -> abi::Batch {
    abi::Batch {
        base: from.base,
        window: from.window,
        parentBatch: from.parentBatch,
        firstBlock: from.firstBlock,
        lastBlock: from.lastBlock,
        parentBlockHash: from.parentBlockHash,
        lastBlockHash: from.lastBlockHash,
        blocksRoot: from.blocksRoot,
        lastFrag: from.lastFrag,
        lastOriginNumber: from.lastOriginNumber,
        lastOriginHash: from.lastOriginHash,
        blobHashes: from.blobHashes.clone(),
    }
}

pub(crate) fn leaf(from: &Leaf) -> abi::Leaf {
    abi::Leaf {
        index: U256::from(from.index),
        txHash: from.tx_hash,
        sender: from.sender,
        receiptHash: from.receipt_hash,
        writesHash: from.writes_hash,
        coverage: from.coverage,
    }
}

pub(crate) fn delegation(from: &Delegation) -> abi::Delegation {
    abi::Delegation {
        operator: from.operator,
        gateway: from.gateway,
        firstEpoch: from.firstEpoch,
        lastEpoch: from.lastEpoch,
        nonce: from.nonce,
        rollups: from.rollups.clone(),
        slashers: from.slashers.clone(),
    }
}
