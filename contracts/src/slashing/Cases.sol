// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultKind} from "../types/Faults.sol";
import {Terms} from "../types/Terms.sol";

/// What all faults of one gateway under one base have cost so far. Two words; a safety fault alone writes the first only.
struct Case {
    uint88 takenWei;
    /// Sum of the safety amounts, before caps.
    uint88 safetyWei;
    /// Unix seconds; 0 while closed.
    uint32 closesAt;
    /// Last slot of the window whose terms hold.
    uint40 window;
    uint8 round;
    /// Sum of the liveness amounts, before caps.
    uint88 livenessWei;
    uint88 refundsWei;
    uint80 coverWei;
}

/// A fault as recorded. One word.
struct Record {
    address watcher;
    uint80 takenWei;
    uint8 kind;
    uint8 round;
}

/// Where a liveness fault belongs and who is owed what.
struct Debt {
    bytes32 caseKey;
    address payee;
    uint88 owedWei;
}

/// How a case was settled: what was owed, and the pools that pay it pro rata.
struct Settlement {
    uint88 refundsOwedWei;
    uint88 refundsWei;
    uint80 coverOwedWei;
    uint80 coverWei;
    uint88 bountyWei;
    uint88 takenWei;
    uint88 bountyLeftWei;
}

/// The arithmetic of cases; no calls, no storage of its own.
library Cases {
    /// Amounts are clamped to this (1.2 million ETH), so that sums of them fit the packed fields.
    uint256 internal constant MOST_WEI = type(uint80).max;

    function key(uint32 gateway, address rollup, bytes32 base) internal pure returns (bytes32) {
        return keccak256(abi.encode(gateway, rollup, base));
    }

    function clamp(uint256 amountWei) internal pure returns (uint256) {
        return amountWei < MOST_WEI ? amountWei : MOST_WEI;
    }

    /// What a case costs: the larger of the two sums. So liveness already paid is credited to safety, and the other way round, in
    /// whatever order they are reported (R10).
    function due(Case memory c) internal pure returns (uint256) {
        return c.safetyWei > c.livenessWei ? c.safetyWei : c.livenessWei;
    }

    /// Puts a late or unkept fault into the case: what it costs, and what its payee is owed from which pool.
    function addLiveness(Case memory c, FaultKind kind, uint256 amountWei, uint256 owedWei) internal pure {
        c.livenessWei = add(c.livenessWei, amountWei);
        if (kind == FaultKind.Unkept) c.refundsWei = add(c.refundsWei, owedWei);
        else c.coverWei = add80(c.coverWei, owedWei);
    }

    /// Takes it out again.
    function lessLiveness(Case memory c, FaultKind kind, uint256 amountWei, uint256 owedWei) internal pure {
        c.livenessWei = less(c.livenessWei, amountWei);
        if (kind == FaultKind.Unkept) c.refundsWei = less(c.refundsWei, owedWei);
        else c.coverWei = uint80(less(c.coverWei, owedWei));
    }

    /// Splits `amountWei` at what the case has taken and what it costs: what it still lacks, and what goes beyond.
    function lacking(Case memory c, uint256 amountWei) internal pure returns (uint256 keptWei, uint256 beyondWei) {
        uint256 lacksWei = less(uint88(due(c)), c.takenWei);
        keptWei = amountWei < lacksWei ? amountWei : lacksWei;
        beyondWei = amountWei - keptWei;
    }

    function add(uint88 sum, uint256 amountWei) internal pure returns (uint88) {
        uint256 total = uint256(sum) + amountWei;
        return total < type(uint88).max ? uint88(total) : type(uint88).max;
    }

    function add80(uint80 sum, uint256 amountWei) internal pure returns (uint80) {
        return uint80(clamp(uint256(sum) + amountWei));
    }

    function less(uint88 sum, uint256 amountWei) internal pure returns (uint88) {
        return amountWei < sum ? uint88(sum - amountWei) : 0;
    }

    /// Shares of what was taken: refunds first, then the coverer's cost, then the bounty, together at most half (R6, R9).
    function settle(Case memory c, Terms memory terms) internal pure returns (Settlement memory s, uint256 burnedWei) {
        uint256 left = c.takenWei / 2;
        s.takenWei = c.takenWei;
        s.refundsOwedWei = c.refundsWei;
        s.refundsWei = c.refundsWei < left ? c.refundsWei : uint88(left);
        left -= s.refundsWei;
        s.coverOwedWei = c.coverWei;
        s.coverWei = c.coverWei < left ? c.coverWei : uint80(left);
        left -= s.coverWei;
        uint256 bounty = uint256(c.takenWei) * terms.bountyBps / 10_000;
        if (bounty > terms.bountyCapWei) bounty = terms.bountyCapWei;
        if (bounty > left) bounty = left;
        s.bountyWei = uint88(bounty);
        s.bountyLeftWei = uint88(bounty);
        burnedWei = uint256(c.takenWei) - s.refundsWei - s.coverWei - bounty;
    }

    /// One creditor's part of a pool.
    function share(uint256 pool, uint256 owed, uint256 allOwed) internal pure returns (uint256) {
        return allOwed == 0 ? 0 : pool * owed / allOwed;
    }

    function later(uint256 a, uint256 b) internal pure returns (uint32) {
        uint256 most = a > b ? a : b;
        return most < type(uint32).max ? uint32(most) : type(uint32).max;
    }
}
