// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IReleasePhases, ReleasePhase} from "../interfaces/IReleasePhases.sol";
import {EpochTrace} from "../libraries/checkpoints/EpochTrace.sol";
import {SlotClock} from "../libraries/SlotClock.sol";

/// One switch and two lists, each traced by epoch: neither can take a window away that is already known (R12, R16).
abstract contract ReleasePhases is IReleasePhases, SlotClock {
    using EpochTrace for EpochTrace.Trace;

    uint72 private constant WHITELISTED = 1;
    uint72 private constant BLACKLISTED = 2;

    /// An OpenZeppelin TimelockController.
    address public immutable governor;

    EpochTrace.Trace private phases;
    mapping(uint32 gateway => EpochTrace.Trace) private listings;

    constructor(address governor_, ReleasePhase initial) {
        governor = governor_;
        phases.begin(uint72(initial));
        emit PhaseChanged(initial, 0);
    }

    modifier onlyGovernor() {
        if (msg.sender != governor) revert NotTheGovernor(msg.sender, governor);
        _;
    }

    function switchPhase(ReleasePhase phase) external onlyGovernor {
        uint64 epoch = currentEpoch();
        phases.setSoon(epoch, uint72(phase));
        emit PhaseChanged(phase, epoch + EpochTrace.LEAD_EPOCHS);
    }

    function list(uint32 gateway, bool whitelisted, bool blacklisted) external onlyGovernor {
        uint64 epoch = currentEpoch();
        listings[gateway].setSoon(epoch, (whitelisted ? WHITELISTED : 0) | (blacklisted ? BLACKLISTED : 0));
        emit ListingChanged(gateway, whitelisted, blacklisted, epoch + EpochTrace.LEAD_EPOCHS);
    }

    function phaseAt(uint64 epoch) public view returns (ReleasePhase) {
        return ReleasePhase(phases.valueAt(epoch));
    }

    function listingAt(uint32 gateway, uint64 epoch) external view returns (bool whitelisted, bool blacklisted) {
        uint72 listing = listings[gateway].valueAt(epoch);
        return (listing & WHITELISTED != 0, listing & BLACKLISTED != 0);
    }

    function admittedAt(uint32 gateway, uint64 epoch) public view returns (bool) {
        ReleasePhase phase = phaseAt(epoch);
        if (phase == ReleasePhase.Open) return true;
        if (phase == ReleasePhase.FallbackOnly) return false;
        uint72 listing = listings[gateway].valueAt(epoch);
        return phase == ReleasePhase.Whitelist ? listing & WHITELISTED != 0 : listing & BLACKLISTED == 0;
    }
}
