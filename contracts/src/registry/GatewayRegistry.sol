// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../interfaces/IBondVault.sol";
import {IParameters} from "../interfaces/IParameters.sol";
import {ReleasePhase} from "../interfaces/IReleasePhases.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {DelegationBook} from "./DelegationBook.sol";
import {GatewayStanding} from "./GatewayStanding.sol";
import {ReleasePhases} from "./ReleasePhases.sol";

/// Gateways and everything that decides which of them may write: keys (GatewayKeys), rollups and suspension (GatewayStanding),
/// release phase (ReleasePhases), operators' delegations (DelegationBook). Immutable; only the release switch has a governor.
///
/// `eligibleAt` and `gatewayFor` are pure functions of their arguments for every epoch up to the next one: no later call, by
/// anybody, changes an answer that a lookahead may already rest on.
contract GatewayRegistry is DelegationBook {
    /// @param vault_ answers what a gateway has committed to a rollup.
    /// @param slasher_ the only account that suspends, and the one every delegation must name.
    /// @param governor_ the timelock that turns the release switch.
    /// @param initialPhase holds from epoch 0 on.
    constructor(
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_,
        IBondVault vault_,
        IParameters parameters_,
        address slasher_,
        address governor_,
        ReleasePhase initialPhase
    )
        SlotClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_)
        ReleasePhases(governor_, initialPhase)
        GatewayStanding(vault_, parameters_, slasher_)
    {}
}
