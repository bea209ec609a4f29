// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IParameters} from "../interfaces/IParameters.sol";
import {Terms} from "../types/Terms.sol";

/// What no governance may leave: a timelock gives time to see a change, these bounds say what can never be one.
library TermsBounds {
    uint256 internal constant MOST_BOUNTY_BPS = 500;
    /// Below 100 % nobody covers for a failed gateway.
    uint256 internal constant LEAST_COVER_BPS = 10_000;
    /// Above it covering pays more than posting, so a gateway gains by failing and covering for itself.
    uint256 internal constant MOST_COVER_BPS = 20_000;
    /// Longest evidence horizon, longest claim period and longest claim window + resolver time of a rollup. A bond is never
    /// locked for more than the sum of two of them.
    uint256 internal constant MOST_SECONDS = 60 days;
    uint256 internal constant MOST_PERIOD_EPOCHS = 100_000;

    function check(Terms memory terms) internal pure {
        within("livenessWei", terms.livenessWei, 1, type(uint128).max);
        within("safetyWei", terms.safetyWei, terms.livenessWei, type(uint128).max);
        // A gateway that cannot pay for one late window has nothing to lose by being late.
        within("minReserveWei", terms.minReserveWei, terms.livenessWei, type(uint128).max);
        within("bountyCapWei", terms.bountyCapWei, 0, terms.safetyWei);
        within("bountyBps", terms.bountyBps, 0, MOST_BOUNTY_BPS);
        within("coverBps", terms.coverBps, LEAST_COVER_BPS, MOST_COVER_BPS);
        within("evidenceHorizonSeconds", terms.evidenceHorizonSeconds, 1, MOST_SECONDS);
        within("claimPeriodSeconds", terms.claimPeriodSeconds, 1, MOST_SECONDS);
        within("rewardPeriodEpochs", terms.rewardPeriodEpochs, 1, MOST_PERIOD_EPOCHS);
    }

    function within(bytes32 field, uint256 got, uint256 least, uint256 most) private pure {
        if (got < least || got > most) revert IParameters.TermOutOfBounds(field, got, least, most);
    }
}
