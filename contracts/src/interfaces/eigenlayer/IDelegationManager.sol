// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface IDelegationManager {
    /// The virtual strategy of native ETH, which no redistributing set takes.
    function beaconChainETHStrategy() external view returns (address);
}
