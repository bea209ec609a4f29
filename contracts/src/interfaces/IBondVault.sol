// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRestaking} from "./IRestaking.sol";

/// ETH bonds in slices, one per rollup (R16). Unreserved ETH is the owner's; a slice leaves only after the last horizon under
/// which it can still be judged.
interface IBondVault is IRestaking {
    function deposit(uint32 gateway) external payable;

    /// ETH that secures no rollup.
    function freeOf(uint32 gateway) external view returns (uint256 amountWei);

    /// The slice that can be slashed, amounts under release included.
    function reserveOf(uint32 gateway, address rollup) external view returns (uint256 amountWei);

    /// The slice new windows may count on: without what is under release.
    function committedOf(uint32 gateway, address rollup) external view returns (uint256 amountWei);

    function reserve(uint32 gateway, address rollup, uint256 amountWei) external;

    /// Starts the way out of `amountWei`; one release at a time per slice. Going below the terms' minimum needs `quit` first.
    function requestRelease(uint32 gateway, address rollup, uint256 amountWei) external;

    function completeRelease(uint32 gateway, address rollup) external;

    function withdraw(uint32 gateway, address payable to, uint256 amountWei) external;

    /// No release completes while a lock is held. Locks count: each `lock` needs its `unlock`. Only the Slasher.
    function lock(uint32 gateway, address rollup) external;

    function unlock(uint32 gateway, address rollup) external;

    /// Gives slashed ETH back to the slice (liability moved to somebody else, R5). Only the Slasher.
    function restore(uint32 gateway, address rollup) external payable;
}
