//! The protocol's types as the structs of `Evidence.sol`: the same fields in the same order, so a missing one does not compile.

use alloy_primitives::U256;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{Base, Batch, BlockEnv, Delegation, Frag, Leaf, Seal};

/// One list of fields for both directions.
macro_rules! both_ways {
    ($message:ident: $write:ident, $read:ident { $($field:ident),* $(,)? }) => {
        pub(crate) const fn $write(from: &$message) -> abi::$message {
            abi::$message { $($field: from.$field),* }
        }

        pub(crate) const fn $read(from: &abi::$message) -> $message {
            $message { $($field: from.$field),* }
        }
    };
}

both_ways!(Base: base, read_base {
    window,
    attempt,
    parentBlock,
    parentBlockHash,
    parentFrag,
    parentSeal,
});

both_ways!(Frag: frag, read_frag {
    base,
    blockNumber,
    sequence,
    previousFrag,
    timestamp,
    l1OriginNumber,
    l1OriginHash,
    issuedAtMs,
    firstTransaction,
    transactionCount,
    promisesRoot,
    gasUsed,
    windowCoverage,
    orderingRule,
    blockEnv,
});

both_ways!(Seal: seal, read_seal {
    base,
    blockNumber,
    blockHash,
    lastSequence,
    lastFrag,
    endOfWindow,
});

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
