// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {ILookahead} from "../interfaces/ILookahead.sol";
import {IRewardsMessenger} from "../interfaces/IRewardsMessenger.sol";
import {IValidatorRegistry} from "../interfaces/IValidatorRegistry.sol";
import {SlotClock} from "../libraries/SlotClock.sol";

/// Whose validator a window belongs to. A window that somebody lent ends at that proposer's slot; all others are the fallback gateway's
/// and nobody's (R12). Registries answer for ever, but the Lookahead remembers proposers for some epochs only, which a long dispute may
/// outlast: so anybody may have the answer kept here.
abstract contract WindowOperators is IRewardsMessenger, SlotClock {
    /// EIP-4788 remembers 8191 slots: behind them nobody can prove an epoch any more.
    uint64 private constant PROVABLE_SLOTS = 8192;

    struct Note {
        address operator;
        bool known;
    }

    ILookahead public immutable lookahead;
    IGatewayRegistry public immutable gateways;
    IValidatorRegistry public immutable validators;
    /// Its windows.
    address public immutable rollup;

    mapping(uint64 window => Note) private _notes;

    constructor(ILookahead lookahead_, IGatewayRegistry gateways_, IValidatorRegistry validators_, address rollup_) {
        lookahead = lookahead_;
        gateways = gateways_;
        validators = validators_;
        rollup = rollup_;
    }

    /// @inheritdoc IRewardsMessenger
    function note(uint64 window) public returns (address operator) {
        Note memory known = _notes[window];
        if (known.known) return known.operator;
        uint64 epoch = window / slotsPerEpoch;
        if (lookahead.isProven(epoch)) {
            operator = validators.operatorAt(lookahead.proposerAt(window), epoch);
            // Not lent, or to a gateway that could not own windows: the window is the fallback gateway's.
            if (operator != address(0) && gateways.gatewayFor(operator, rollup, epoch) == 0) operator = address(0);
            emit OperatorNoted(window, operator);
        } else {
            if (currentSlot() <= (epoch + 1) * slotsPerEpoch + PROVABLE_SLOTS) revert EpochNotProven(epoch);
            emit OperatorUnknown(window);
        }
        _notes[window] = Note(operator, true);
    }
}
