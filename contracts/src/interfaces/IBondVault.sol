// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRestaking} from "./IRestaking.sol";

/// ETH bonds in slices, one per rollup (R16). Unreserved ETH is the owner's; a slice leaves only after the last horizon under
/// which it can still be judged.
interface IBondVault is IRestaking {
    event Deposited(uint32 indexed gateway, address indexed from, uint256 amountWei);
    event Reserved(uint32 indexed gateway, address indexed rollup, uint256 amountWei);
    /// The amount stays slashable until it is completed, not before `opensAt` (Unix seconds).
    event ReleaseRequested(uint32 indexed gateway, address indexed rollup, uint256 amountWei, uint64 opensAt);
    event ReleaseCompleted(uint32 indexed gateway, address indexed rollup, uint256 amountWei);
    event Withdrawn(uint32 indexed gateway, address indexed to, uint256 amountWei);
    event Locked(uint32 indexed gateway, address indexed rollup, uint32 locks);
    event Unlocked(uint32 indexed gateway, address indexed rollup, uint32 locks);
    event Restored(uint32 indexed gateway, address indexed rollup, uint256 amountWei);

    error NotTheOwner(uint32 gateway, address caller, address owner);
    error UnknownGateway(uint32 gateway);
    error ZeroAmount();
    error AmountTooLarge(uint256 gotWei, uint256 mostWei);
    error NotEnoughFree(uint256 askedWei, uint256 freeWei);
    error NotEnoughCommitted(uint256 askedWei, uint256 committedWei);
    /// The release would leave a member with less than the terms ask for: `quit` first.
    error StillMember(uint32 gateway, address rollup, uint256 leftWei, uint256 neededWei);
    error ReleasePending(uint32 gateway, address rollup, uint64 opensAt);
    error NothingToRelease(uint32 gateway, address rollup);
    error TooEarly(uint256 timestamp, uint64 opensAt);
    error SliceLocked(uint32 gateway, address rollup, uint32 locks);
    error NotLocked(uint32 gateway, address rollup);
    /// Longer than the parameters remember old horizons.
    error OracleSpanTooLong(uint256 gotSeconds, uint256 mostSeconds);
    /// The rollup does not answer `config()`, or its claim window and resolver time are longer than any bond is locked.
    error BadRollup(address rollup);
    error RollupHorizonTooLong(address rollup, uint256 gotSeconds, uint256 mostSeconds);

    /// Adds free ETH. Anyone may; it is the gateway owner's from then on.
    function deposit(uint32 gateway) external payable;

    /// ETH that secures no rollup.
    function freeOf(uint32 gateway) external view returns (uint256 amountWei);

    /// The slice that can be slashed, amounts under release included.
    function reserveOf(uint32 gateway, address rollup) external view returns (uint256 amountWei);

    /// The slice new windows may count on: without what is under release.
    function committedOf(uint32 gateway, address rollup) external view returns (uint256 amountWei);

    /// What is on its way out, when it may go (Unix seconds, 0 when nothing is), and the locks that hold it.
    function releaseOf(uint32 gateway, address rollup)
        external
        view
        returns (uint256 amountWei, uint64 opensAt, uint32 locks);

    /// Moves free ETH into the rollup's slice. Called by the gateway's owner.
    function reserve(uint32 gateway, address rollup, uint256 amountWei) external;

    /// Starts the way out of `amountWei`; one release at a time per slice. Going below the terms' minimum needs `quit` first.
    function requestRelease(uint32 gateway, address rollup, uint256 amountWei) external;

    /// Makes the amount free again once its release is open and no lock is held. Anyone may call.
    function completeRelease(uint32 gateway, address rollup) external;

    /// Sends free ETH to `to`. Called by the gateway's owner.
    function withdraw(uint32 gateway, address payable to, uint256 amountWei) external;

    /// No release completes while a lock is held. Locks count: each `lock` needs its `unlock`. Only the Slasher.
    function lock(uint32 gateway, address rollup) external;

    function unlock(uint32 gateway, address rollup) external;

    /// Gives slashed ETH back to the slice (liability moved to somebody else, R5). Only the Slasher.
    function restore(uint32 gateway, address rollup) external payable;
}
