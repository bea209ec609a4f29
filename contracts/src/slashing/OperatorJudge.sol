// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultIds} from "../libraries/FaultIds.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Terms} from "../types/Terms.sol";
import {Judge} from "./Judge.sol";

/// Faults of operators: they hold no bond here, so a verdict forfeits rewards and costs nothing else.
abstract contract OperatorJudge is Judge {
    /// Terms of the slot's epoch, if evidence about it is still heard.
    function _termsOf(uint64 slot) internal view returns (Terms memory terms) {
        terms = parameters.termsAt(_hearable(slot));
        _young(slot, terms.evidenceHorizonSeconds);
    }

    function _ofOperator(FaultKind kind, address operator, address rollup, uint64 place, uint64 slot)
        internal
        pure
        returns (Fault memory fault)
    {
        fault.kind = kind;
        fault.id = FaultIds.ofOperator(kind, operator, rollup, place);
        fault.operator = operator;
        fault.rollup = rollup;
        fault.window = slot;
    }
}
