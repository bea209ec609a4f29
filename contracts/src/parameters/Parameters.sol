// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHorizons} from "../interfaces/IHorizons.sol";
import {IParameters} from "../interfaces/IParameters.sol";
import {EpochTrace} from "../libraries/checkpoints/EpochTrace.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {Terms} from "../types/Terms.sol";
import {TermsBounds} from "./TermsBounds.sol";

/// The one place that governance can change, and only for windows at least two epochs ahead (R16). The governor is a timelock.
contract Parameters is IParameters, IHorizons, SlotClock {
    using EpochTrace for EpochTrace.Trace;

    struct Version {
        Terms terms;
        /// Longest horizons of this version and of those before it that windows may still be judged under.
        uint64 longestEvidenceSeconds;
        uint64 longestClaimSeconds;
    }

    address public immutable governor;

    /// Epoch → place in `versions`.
    EpochTrace.Trace private trace;
    Version[] private versions;

    /// @param governor_ an OpenZeppelin TimelockController; its delay is the notice that everybody gets.
    /// @param initial holds from epoch 0 on.
    constructor(
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_,
        address governor_,
        Terms memory initial
    ) SlotClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_) {
        TermsBounds.check(initial);
        governor = governor_;
        versions.push(Version(initial, initial.evidenceHorizonSeconds, initial.claimPeriodSeconds));
        trace.begin(0);
        emit TermsChanged(0, initial);
    }

    /// Lets `terms` hold from `fromEpoch` on, at least two epochs ahead. Replaces a change that is still to come. Only the governor.
    function change(Terms calldata terms, uint64 fromEpoch) external {
        if (msg.sender != governor) revert NotTheGovernor(msg.sender, governor);
        TermsBounds.check(terms);
        uint64 epoch = currentEpoch();
        (uint64 since, uint72 place) = trace.newest();
        Version storage last = versions[place];
        // Windows of versions before `last` are settled once `last` has been in force for the longest lock there can be.
        bool settled = startOf((since + 1) * slotsPerEpoch) + 2 * TermsBounds.MOST_SECONDS < block.timestamp;
        uint64 evidence = settled ? last.terms.evidenceHorizonSeconds : last.longestEvidenceSeconds;
        uint64 claim = settled ? last.terms.claimPeriodSeconds : last.longestClaimSeconds;
        if (terms.evidenceHorizonSeconds > evidence) evidence = terms.evidenceHorizonSeconds;
        if (terms.claimPeriodSeconds > claim) claim = terms.claimPeriodSeconds;
        trace.set(epoch, fromEpoch, uint72(versions.length));
        versions.push(Version(terms, evidence, claim));
        emit TermsChanged(fromEpoch, terms);
    }

    function termsAt(uint64 epoch) external view returns (Terms memory) {
        return versions[trace.valueAt(epoch)].terms;
    }

    function newestTerms() external view returns (Terms memory) {
        (, uint72 place) = trace.newest();
        return versions[place].terms;
    }

    function longestHorizonsAt(uint64 epoch)
        external
        view
        returns (uint64 evidenceHorizonSeconds, uint64 claimPeriodSeconds)
    {
        Version storage version = versions[trace.valueAt(epoch)];
        return (version.longestEvidenceSeconds, version.longestClaimSeconds);
    }
}
