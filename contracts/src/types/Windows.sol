// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A run of L1 slots in which one gateway alone may post a rollup's blocks. `lastSlot` is its identity (`Base.window`).
struct Window {
    uint32 gateway;
    uint64 firstSlot;
    uint64 lastSlot;
}

/// The fixed facts of a rollup, immutable in its Inbox.
struct RollupConfig {
    /// Unix seconds of rollup block 0; block n has the timestamp l2GenesisTime + n * blockTimeSeconds.
    uint64 l2GenesisTime;
    uint64 blockTimeSeconds;
    /// Hash of rollup block 0.
    bytes32 l2GenesisHash;
    /// H of R1: a turn is its window shifted this many slots earlier.
    uint64 handoverSlots;
    /// Slots into an epoch before owners are taken from the next epoch's first registered proposer, on top of H (R12).
    uint64 lookaheadDepth;
    /// Owns what no registered proposer owns; never 0.
    uint32 fallbackGateway;
    /// 0 arrival, 1 descending priority fee (R19).
    uint8 orderingRule;
    /// First L1 epoch in which the rollup has windows. Epochs before it have no owners.
    uint64 firstEpoch;
    /// A batch that nobody disputes for so long is confirmed.
    uint64 claimWindowSeconds;
    /// Longest time a resolver may take, its veto delay included.
    uint64 resolverSeconds;
    /// What a disputer locks.
    uint256 disputeBondWei;
    /// The last block of a batch may lag at most this many L1 blocks behind (R23).
    uint64 maxOriginLag;
}

/// Who signs for a gateway: `threshold` distinct members. One key is a set of one with threshold 1 (R15).
struct CommitterSet {
    uint8 threshold;
    /// Ascending, no duplicates, no zero.
    address[] members;
}
