// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IBondVault} from "../interfaces/IBondVault.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {IHorizons} from "../interfaces/IHorizons.sol";
import {IParameters} from "../interfaces/IParameters.sol";
import {IRestaking} from "../interfaces/IRestaking.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {ReleaseHorizon} from "./ReleaseHorizon.sol";

/// ETH bonds in slices, one per (gateway, rollup), so that one bond is never promised to two rollups (R16).
///
/// Money in = free + reserved + withdrawn + slashed, always. A slice is slashable until its release completes; a slash takes the
/// part under release first, so that what stays longest pays last, and it moves no date: reporting oneself for dust opens nothing.
contract BondVault is IBondVault, ReleaseHorizon, ReentrancyGuardTransient {
    struct Slice {
        uint128 committedWei;
        uint128 releasingWei;
        /// Unix seconds; 0 when nothing is under release.
        uint64 opensAt;
        uint32 locks;
        /// Longest claim window + resolver time the rollup named when money was reserved for it.
        uint64 rollupSeconds;
    }

    IParameters public immutable parameters;
    address public immutable slasher;

    mapping(uint32 gateway => uint256) private free;
    mapping(uint32 gateway => mapping(address rollup => Slice)) private slices;

    /// @param parameters_ also answers `IHorizons`.
    /// @param slasher_ the only account that locks, slashes and restores; takes plain ETH.
    constructor(
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_,
        IGatewayRegistry registry_,
        IParameters parameters_,
        address slasher_,
        uint64 oracleSlots_
    )
        SlotClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_)
        ReleaseHorizon(registry_, IHorizons(address(parameters_)), oracleSlots_)
    {
        parameters = parameters_;
        slasher = slasher_;
    }

    modifier onlyOwnerOf(uint32 gateway) {
        address owner = registry.ownerOf(gateway);
        if (msg.sender != owner) revert NotTheOwner(gateway, msg.sender, owner);
        _;
    }

    modifier onlySlasher() {
        if (msg.sender != slasher) revert NotTheSlasher(msg.sender, slasher);
        _;
    }

    // --- The owner's money ---

    function deposit(uint32 gateway) external payable {
        if (msg.value == 0) revert ZeroAmount();
        if (registry.ownerOf(gateway) == address(0)) revert UnknownGateway(gateway);
        free[gateway] += msg.value;
        emit Deposited(gateway, msg.sender, msg.value);
    }

    function reserve(uint32 gateway, address rollup, uint256 amountWei) external nonReentrant onlyOwnerOf(gateway) {
        if (amountWei == 0) revert ZeroAmount();
        uint256 available = free[gateway];
        if (amountWei > available) revert NotEnoughFree(amountWei, available);
        uint64 rollupSeconds = _rollupSeconds(rollup);
        free[gateway] = available - amountWei;
        Slice storage slice = slices[gateway][rollup];
        slice.committedWei = _narrow(slice.committedWei + amountWei);
        if (rollupSeconds > slice.rollupSeconds) slice.rollupSeconds = rollupSeconds;
        emit Reserved(gateway, rollup, amountWei);
    }

    function requestRelease(uint32 gateway, address rollup, uint256 amountWei) external onlyOwnerOf(gateway) {
        if (amountWei == 0) revert ZeroAmount();
        Slice storage slice = slices[gateway][rollup];
        if (slice.opensAt != 0) revert ReleasePending(gateway, rollup, slice.opensAt);
        uint256 committed = slice.committedWei;
        if (amountWei > committed) revert NotEnoughCommitted(amountWei, committed);
        uint256 left = committed - amountWei;
        uint256 needed = parameters.newestTerms().minReserveWei;
        if (left < needed && registry.membershipEnd(gateway, rollup) == type(uint64).max) {
            revert StillMember(gateway, rollup, left, needed);
        }
        uint64 opensAt = _opensAt(slice.rollupSeconds);
        slice.committedWei = uint128(left);
        slice.releasingWei = uint128(amountWei);
        slice.opensAt = opensAt;
        emit ReleaseRequested(gateway, rollup, amountWei, opensAt);
    }

    function completeRelease(uint32 gateway, address rollup) external {
        Slice storage slice = slices[gateway][rollup];
        uint64 opensAt = slice.opensAt;
        if (opensAt == 0) revert NothingToRelease(gateway, rollup);
        if (block.timestamp < opensAt) revert TooEarly(block.timestamp, opensAt);
        if (slice.locks != 0) revert SliceLocked(gateway, rollup, slice.locks);
        uint256 amountWei = slice.releasingWei;
        slice.releasingWei = 0;
        slice.opensAt = 0;
        free[gateway] += amountWei;
        emit ReleaseCompleted(gateway, rollup, amountWei);
    }

    function withdraw(uint32 gateway, address payable to, uint256 amountWei)
        external
        nonReentrant
        onlyOwnerOf(gateway)
    {
        if (amountWei == 0) revert ZeroAmount();
        uint256 available = free[gateway];
        if (amountWei > available) revert NotEnoughFree(amountWei, available);
        free[gateway] = available - amountWei;
        emit Withdrawn(gateway, to, amountWei);
        SafeTransferLib.safeTransferETH(to, amountWei);
    }

    // --- The Slasher's side ---

    function lock(uint32 gateway, address rollup) external onlySlasher {
        uint32 locks = ++slices[gateway][rollup].locks;
        emit Locked(gateway, rollup, locks);
    }

    function unlock(uint32 gateway, address rollup) external onlySlasher {
        Slice storage slice = slices[gateway][rollup];
        if (slice.locks == 0) revert NotLocked(gateway, rollup);
        uint32 locks = --slice.locks;
        emit Unlocked(gateway, rollup, locks);
    }

    /// @inheritdoc IRestaking
    /// @dev An empty slice pays nothing and does not revert: a fault is recorded whatever is left to take.
    function slash(uint32 gateway, address rollup, uint256 amountWei, bytes32 faultId)
        external
        nonReentrant
        onlySlasher
        returns (uint256 paidWei, uint256 pendingWei)
    {
        Slice storage slice = slices[gateway][rollup];
        uint256 releasing = slice.releasingWei;
        uint256 committed = slice.committedWei;
        uint256 fromRelease = amountWei < releasing ? amountWei : releasing;
        uint256 fromCommitted = amountWei - fromRelease;
        if (fromCommitted > committed) fromCommitted = committed;
        slice.releasingWei = uint128(releasing - fromRelease);
        slice.committedWei = uint128(committed - fromCommitted);
        paidWei = fromRelease + fromCommitted;
        pendingWei = 0;
        emit Slashed(faultId, gateway, rollup, amountWei, paidWei, 0);
        if (paidWei != 0) SafeTransferLib.safeTransferETH(msg.sender, paidWei);
    }

    /// @inheritdoc IRestaking
    /// @dev ETH is paid at once, so nothing is ever left to collect.
    function collect(bytes32) external view onlySlasher returns (uint256 paidWei) {
        return 0;
    }

    function restore(uint32 gateway, address rollup) external payable onlySlasher {
        Slice storage slice = slices[gateway][rollup];
        slice.committedWei = _narrow(slice.committedWei + msg.value);
        emit Restored(gateway, rollup, msg.value);
    }

    // --- Views ---

    function freeOf(uint32 gateway) external view returns (uint256 amountWei) {
        return free[gateway];
    }

    function reserveOf(uint32 gateway, address rollup) external view returns (uint256 amountWei) {
        Slice storage slice = slices[gateway][rollup];
        return uint256(slice.committedWei) + slice.releasingWei;
    }

    function committedOf(uint32 gateway, address rollup) external view returns (uint256 amountWei) {
        return slices[gateway][rollup].committedWei;
    }

    function releaseOf(uint32 gateway, address rollup)
        external
        view
        returns (uint256 amountWei, uint64 opensAt, uint32 locks)
    {
        Slice storage slice = slices[gateway][rollup];
        return (slice.releasingWei, slice.opensAt, slice.locks);
    }

    /// @inheritdoc IRestaking
    /// @dev The committed part counts while even a release asked for now would not open by then.
    function slashable(uint32 gateway, address rollup, uint64 untilTimestamp)
        external
        view
        returns (uint256 amountWei)
    {
        Slice storage slice = slices[gateway][rollup];
        if (untilTimestamp < _opensAt(slice.rollupSeconds)) amountWei = slice.committedWei;
        if (untilTimestamp < slice.opensAt) amountWei += slice.releasingWei;
    }

    function _narrow(uint256 amountWei) private pure returns (uint128) {
        if (amountWei > type(uint128).max) revert AmountTooLarge(amountWei, type(uint128).max);
        return uint128(amountWei);
    }
}
