// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Parameters that governance may change, for later windows only: judges read the terms of the window's epoch (R16).
struct Terms {
    /// A late window costs this (default 1 ETH).
    uint128 livenessWei;
    /// A safety fault costs this, capped by the rollup's reserve (default 1000 ETH).
    uint128 safetyWei;
    /// Reserve a gateway needs per rollup to own windows.
    uint128 minReserveWei;
    /// Largest bounty of a watcher.
    uint128 bountyCapWei;
    /// Share of a slash a watcher gets, at most 500 (5 %).
    uint16 bountyBps;
    /// The coverer of a late window gets its measured cost times this / 10,000 (default 12,500).
    uint16 coverBps;
    /// Evidence is heard until so long after the window's end (default 7 days).
    uint64 evidenceHorizonSeconds;
    /// Claims are collected for so long after a fault is recorded (default 7 days).
    uint64 claimPeriodSeconds;
    /// Length of a rewards period, in epochs, and missed slots forgiven in it (R25).
    uint64 rewardPeriodEpochs;
    uint16 freeMissesPerPeriod;
}
