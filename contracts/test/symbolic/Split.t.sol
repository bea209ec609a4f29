// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Split} from "../../src/rewards/Split.sol";
import {Shares} from "../../src/types/Rewards.sol";

/// Halmos checks (`halmos --contract SplitSymbolic`) of the split, for every amount there can be and all shares.
contract SplitSymbolic {
    /// The parts are the whole, whatever the shares: dust is the gateway's.
    function check_theSplitConserves(uint120 amountWei, uint16 rollupBps, uint16 operatorBps) public pure {
        Shares memory shares = Shares(rollupBps, operatorBps, 0);
        if (uint256(rollupBps) + operatorBps > Split.WHOLE_BPS) return;
        shares.gatewayBps = uint16(Split.WHOLE_BPS) - rollupBps - operatorBps;
        assert(Split.isWhole(shares));
        (uint256 rollupWei, uint256 operatorWei, uint256 gatewayWei) = Split.divide(amountWei, shares);
        assert(rollupWei + operatorWei + gatewayWei == amountWei);
    }

    /// Shares that do not sum to the whole are never taken for whole: no overflow of small numbers.
    function check_onlyWholeSharesAreWhole(Shares memory shares) public pure {
        uint256 sum = uint256(shares.rollupBps) + shares.operatorBps + shares.gatewayBps;
        assert(Split.isWhole(shares) == (sum == 10_000));
    }
}
