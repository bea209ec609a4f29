// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Shares} from "../types/Rewards.sol";

/// The split itself. Shares round down and the gateway gets the rest, so nothing is made and nothing is lost.
library Split {
    uint256 internal constant WHOLE_BPS = 10_000;

    function isWhole(Shares memory shares) internal pure returns (bool) {
        return uint256(shares.rollupBps) + shares.operatorBps + shares.gatewayBps == WHOLE_BPS;
    }

    /// Parts of `amountWei` (below 2^240). Their sum is `amountWei` for all shares that sum to the whole.
    function divide(uint256 amountWei, Shares memory shares)
        internal
        pure
        returns (uint256 rollupWei, uint256 operatorWei, uint256 gatewayWei)
    {
        rollupWei = amountWei * shares.rollupBps / WHOLE_BPS;
        operatorWei = amountWei * shares.operatorBps / WHOLE_BPS;
        gatewayWei = amountWei - rollupWei - operatorWei;
    }
}
