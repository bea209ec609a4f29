// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../interfaces/IBondVault.sol";
import {IParameters} from "../interfaces/IParameters.sol";
import {EpochTrace} from "../libraries/checkpoints/EpochTrace.sol";
import {GatewayKeys} from "./GatewayKeys.sol";
import {ReleasePhases} from "./ReleasePhases.sol";

/// Which rollups a gateway serves, and whether it is suspended: one trace per (gateway, rollup), because both change by the same
/// rule, two epochs later, and are always read together.
abstract contract GatewayStanding is GatewayKeys, ReleasePhases {
    using EpochTrace for EpochTrace.Trace;

    // A standing: flags, and above them the epoch of the last quit.
    uint72 private constant MEMBER = 1;
    uint72 private constant SUSPENDED = 2;
    uint72 private constant FLAGS = MEMBER | SUSPENDED;
    uint256 private constant QUIT_SHIFT = 8;

    IBondVault public immutable vault;
    IParameters public immutable parameters;
    address public immutable slasher;

    mapping(uint32 gateway => mapping(address rollup => EpochTrace.Trace)) private standings;

    constructor(IBondVault vault_, IParameters parameters_, address slasher_) {
        vault = vault_;
        parameters = parameters_;
        slasher = slasher_;
    }

    function join(uint32 gateway, address rollup) external onlyOwnerOf(gateway) {
        uint72 standing = _newest(gateway, rollup);
        if (standing & MEMBER != 0) revert AlreadyMember(gateway, rollup);
        _requireReserve(gateway, rollup);
        emit Joined(gateway, rollup, _put(gateway, rollup, standing | MEMBER));
    }

    function quit(uint32 gateway, address rollup) external onlyOwnerOf(gateway) {
        uint72 standing = _newest(gateway, rollup);
        if (standing & MEMBER == 0) revert NotAMember(gateway, rollup);
        uint72 end = uint72(currentEpoch() + EpochTrace.LEAD_EPOCHS);
        emit Quit(gateway, rollup, _put(gateway, rollup, (end << uint72(QUIT_SHIFT)) | (standing & SUSPENDED)));
    }

    function suspend(uint32 gateway, address rollup) external {
        if (msg.sender != slasher) revert NotTheSlasher(msg.sender, slasher);
        uint72 standing = _newest(gateway, rollup);
        // Already suspended, from no later than now: nothing to add, and a fault must never fail to be recorded.
        if (standing & SUSPENDED != 0) return;
        emit Suspended(gateway, rollup, _put(gateway, rollup, standing | SUSPENDED));
    }

    function resume(uint32 gateway, address rollup) external onlyOwnerOf(gateway) {
        uint72 standing = _newest(gateway, rollup);
        if (standing & SUSPENDED == 0) revert NotSuspended(gateway, rollup);
        _requireReserve(gateway, rollup);
        emit Resumed(gateway, rollup, _put(gateway, rollup, standing & ~SUSPENDED));
    }

    function membershipEnd(uint32 gateway, address rollup) external view returns (uint64 epoch) {
        uint72 standing = _newest(gateway, rollup);
        return standing & MEMBER != 0 ? type(uint64).max : uint64(standing >> QUIT_SHIFT);
    }

    /// The standing alone, without the release phase.
    function standingAt(uint32 gateway, address rollup, uint64 epoch)
        external
        view
        returns (bool member, bool suspended)
    {
        uint72 standing = standings[gateway][rollup].valueAt(epoch);
        return (standing & MEMBER != 0, standing & SUSPENDED != 0);
    }

    function eligibleAt(uint32 gateway, address rollup, uint64 epoch) public view returns (bool) {
        return standings[gateway][rollup].valueAt(epoch) & FLAGS == MEMBER && admittedAt(gateway, epoch);
    }

    function _newest(uint32 gateway, address rollup) private view returns (uint72 standing) {
        (, standing) = standings[gateway][rollup].newest();
    }

    function _put(uint32 gateway, address rollup, uint72 standing) private returns (uint64 fromEpoch) {
        uint64 epoch = currentEpoch();
        standings[gateway][rollup].setSoon(epoch, standing);
        return epoch + EpochTrace.LEAD_EPOCHS;
    }

    /// Only what is not on its way out counts: else a gateway could join, or resume, on money that is leaving.
    function _requireReserve(uint32 gateway, address rollup) private view {
        uint256 needed = parameters.newestTerms().minReserveWei;
        uint256 committed = vault.committedOf(gateway, rollup);
        if (committed < needed) revert ReserveTooSmall(committed, needed);
    }
}
