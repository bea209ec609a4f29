// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

// The signed messages of the Forebond protocol (EIP-712). This file is their only declaration: the
// Rust types are generated from it, and golden vectors in `fixtures/` freeze every digest.
// Field by field, with units: `specs/messages.md`.
//
// Domain of the chain messages: name "Forebond", version "1", chainId = the L1's, verifyingContract = the rollup's Inbox.

/// Opens a gateway's turn: which window, on which parent. Signed and logged before the first frag.
struct Base {
    uint64 window;
    uint8 attempt;
    uint64 parentBlock;
    bytes32 parentBlockHash;
    bytes32 parentFrag;
    bytes32 parentSeal;
}

/// The header fields of a block that are fixed before its first transaction.
struct BlockEnv {
    address coinbase;
    uint64 gasLimit;
    uint64 baseFee;
    bytes32 prevRandao;
    bytes32 parentBeaconRoot;
    bytes32 extraDataHash;
}

/// A run of executed transactions of one block. One hash chain from the base on, across blocks.
struct Frag {
    bytes32 base;
    uint64 blockNumber;
    uint32 sequence;
    bytes32 previousFrag;
    uint64 timestamp;
    uint64 l1OriginNumber;
    bytes32 l1OriginHash;
    uint64 issuedAtMs;
    uint32 firstTransaction;
    uint32 transactionCount;
    bytes32 promisesRoot;
    uint64 gasUsed;
    uint128 windowCoverage;
    uint8 orderingRule;
    bytes32 blockEnv;
}

/// Binds a block's hash to its last frag; the last one of a turn says so.
struct Seal {
    bytes32 base;
    uint64 blockNumber;
    bytes32 blockHash;
    uint32 lastSequence;
    bytes32 lastFrag;
    bool endOfWindow;
}

/// What L1 sees of a run of blocks: whole channels over exactly `blobHashes` (R8). Signed by the gateway that posts.
struct Batch {
    bytes32 base;
    uint64 window;
    bytes32 parentBatch;
    uint64 firstBlock;
    uint64 lastBlock;
    bytes32 parentBlockHash;
    bytes32 lastBlockHash;
    bytes32 blocksRoot;
    bytes32 lastFrag;
    uint64 lastOriginNumber;
    bytes32 lastOriginHash;
    bytes32[] blobHashes;
}

// The messages below span rollups: their verifyingContract is the GatewayRegistry (R15).

/// An operator lends its slots of whole epochs, for the named rollups, to one gateway.
struct Delegation {
    address operator;
    uint32 gateway;
    uint64 firstEpoch;
    uint64 lastEpoch;
    uint64 nonce;
    address[] rollups;
    address[] slashers;
}

/// Ends a delegation early: no slot after `lastEpoch` is lent any more.
struct Revocation {
    address operator;
    address rollup;
    uint64 lastEpoch;
    uint64 nonce;
}

/// Proof that the holder of a key wants to sign for a gateway owner: without it a key could be claimed by a stranger.
struct CommitterKey {
    address owner;
    bytes32 committerSet;
}
