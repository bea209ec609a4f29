// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The cheat codes that halmos and forge both know and that these checks use.
interface HalmosVm {
    function assume(bool condition) external pure;
    function deal(address account, uint256 balance) external;
    function prank(address sender) external;
    function roll(uint256 blockNumber) external;
    function warp(uint256 timestamp) external;
}
