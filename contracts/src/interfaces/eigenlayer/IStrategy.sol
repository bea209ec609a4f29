// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A vault of one token.
interface IStrategy {
    function underlyingToken() external view returns (address);

    function sharesToUnderlyingView(uint256 amountShares) external view returns (uint256 amountTokens);
}
