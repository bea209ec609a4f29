// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// How the fees of a window's blocks are split, in 1/10,000. The three always sum to 10,000.
struct Shares {
    uint16 rollupBps;
    uint16 operatorBps;
    uint16 gatewayBps;
}

/// Who earned the fees of one Confirmed batch, as L1 tells it to the rollup. Everything that could change later is fixed in it.
struct Attribution {
    /// Rollup blocks of the batch, both included.
    uint64 firstBlock;
    uint64 lastBlock;
    /// Rewards period of the window's epoch (R25): what the operator can lose as a whole.
    uint64 period;
    /// Unix seconds from which the operator's rewards of the period may be paid.
    uint64 opensAt;
    /// Account on the rollup of the owner of the gateway that signed the batch.
    address gateway;
    /// The validator operator that lent the window, by its L1 address; zero when nobody did (the fallback gateway's windows).
    address operator;
    /// Its account on the rollup.
    address operatorAccount;
    /// Account on the rollup of the rollup operator.
    address rollupOperator;
    Shares shares;
}

/// What the fee vaults held at the end of a block, proven from its header. Nodes run from the root down.
struct FeeProof {
    /// RLP of the header.
    bytes header;
    /// Accounts in the state trie: 0x4200…0011, …0019, …001A, …001B.
    bytes[] manager;
    bytes[] baseFees;
    bytes[] l1Fees;
    bytes[] operatorFees;
    /// Slot 0 of 0x4200…0011 and of 0x4200…001A.
    bytes[] managerProcessed;
    bytes[] l1Processed;
}

/// What one settlement gave to whom, in wei.
struct Settlement {
    /// Priority, base and operator fees of the batch's blocks; these are split.
    uint256 sharedWei;
    /// L1 fees of the batch's blocks; these are the gateway's, who paid for the blobs.
    uint256 l1FeesWei;
    uint256 gatewayWei;
    uint256 operatorWei;
    /// The rollup operator's share, without `unmeasuredWei`.
    uint256 rollupWei;
    /// Earned in blocks since the last settlement that no batch, or none that could be measured, accounts for: the rollup operator's.
    uint256 unmeasuredWei;
}

/// Rewards of one operator in one period, not released yet.
struct Pot {
    uint128 amountWei;
    /// Unix seconds.
    uint64 opensAt;
    bool forfeited;
    /// Who may claim them once released.
    address account;
}

/// What was credited so far, by party, and what was burned, in wei.
struct Revenue {
    uint128 gatewaysWei;
    uint128 operatorsWei;
    uint128 rollupWei;
    uint128 burnedWei;
}
