// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RollupConfig} from "../../../src/types/Windows.sol";

/// As much of an Inbox as a bond sees: its two horizons. It can also stop answering, or answer something else later.
contract BondsFakeRollup {
    uint64 private claimWindowSeconds;
    uint64 private resolverSeconds;
    bool private silent;

    constructor(uint64 claimWindowSeconds_, uint64 resolverSeconds_) {
        claimWindowSeconds = claimWindowSeconds_;
        resolverSeconds = resolverSeconds_;
    }

    function turn(uint64 claimWindowSeconds_, uint64 resolverSeconds_, bool silent_) external {
        claimWindowSeconds = claimWindowSeconds_;
        resolverSeconds = resolverSeconds_;
        silent = silent_;
    }

    function config() external view returns (RollupConfig memory answer) {
        require(!silent, "silent");
        answer.claimWindowSeconds = claimWindowSeconds;
        answer.resolverSeconds = resolverSeconds;
    }
}
