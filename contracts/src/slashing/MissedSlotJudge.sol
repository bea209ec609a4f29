// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILookahead} from "../interfaces/ILookahead.sol";
import {ISlotPresence} from "../interfaces/ISlotPresence.sol";
import {IValidatorRegistry} from "../interfaces/IValidatorRegistry.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {MissedSlotEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {OperatorJudge} from "./OperatorJudge.sol";

/// An operator lent its slot and its validator proposed nothing in it. Forfeiture only, some free per period: the next proposer can
/// orphan a block, and it looks the same from here (R25). The positive proof is equality of neighbouring block roots, never a
/// missing beacon root.
contract MissedSlotJudge is OperatorJudge {
    error SlotHadABlock(uint64 slot);
    error SlotNotLent(uint64 slot, address operator);

    ILookahead public immutable lookahead;
    ISlotPresence public immutable presence;
    IValidatorRegistry public immutable validators;

    constructor(Wiring memory wiring, ILookahead lookahead_, ISlotPresence presence_, IValidatorRegistry validators_)
        Judge(wiring)
    {
        lookahead = lookahead_;
        presence = presence_;
        validators = validators_;
    }

    /// `evidence`: abi.encode(MissedSlotEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        MissedSlotEvidence memory e = abi.decode(_measured(evidence), (MissedSlotEvidence));
        _onlySpelling(evidence, abi.encode(e));
        uint64 slot = e.absence.slot;
        _termsOf(slot);
        uint64 epoch = slot / slotsPerEpoch;
        address operator = validators.operatorAt(lookahead.proposerAt(slot), epoch);
        if (operator == address(0) || registry.delegateAt(operator, e.rollup, epoch) == 0) {
            revert SlotNotLent(slot, operator);
        }
        if (!presence.wasMissed(e.absence)) revert SlotHadABlock(slot);
        return _ofOperator(FaultKind.MissedSlot, operator, e.rollup, slot, slot);
    }
}
