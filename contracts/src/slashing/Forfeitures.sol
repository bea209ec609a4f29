// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISlasher} from "../interfaces/ISlasher.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Terms} from "../types/Terms.sol";

/// Faults of operators, for the contracts that pay rewards: which operator lost which period (R25).
abstract contract Forfeitures is ISlasher {
    /// Missed slots of a period, and whether its rewards are lost. Packed: forfeited ‖ misses.
    struct Conduct {
        uint32 misses;
        bool forfeited;
    }

    mapping(bytes32 operatorRollupPeriod => Conduct) private conducts;

    /// Counts a fault in the period of its epoch.
    function _conduct(Fault memory fault, uint64 epoch, Terms memory terms) internal {
        uint64 period = epoch / (terms.rewardPeriodEpochs == 0 ? 1 : terms.rewardPeriodEpochs);
        Conduct storage conduct = conducts[_key(fault.operator, fault.rollup, period)];
        bool lost = fault.kind == FaultKind.DoubleDelegation;
        if (fault.kind == FaultKind.MissedSlot) {
            conduct.misses += 1;
            lost = conduct.misses > terms.freeMissesPerPeriod;
        }
        emit OperatorFaultRecorded(fault.id, fault.operator, fault.rollup, fault.kind, fault.window, period);
        if (lost && !conduct.forfeited) {
            conduct.forfeited = true;
            emit Forfeited(fault.operator, fault.rollup, period);
        }
    }

    function isForfeited(address operator, address rollup, uint64 period) external view returns (bool) {
        return conducts[_key(operator, rollup, period)].forfeited;
    }

    function missesOf(address operator, address rollup, uint64 period) external view returns (uint32) {
        return conducts[_key(operator, rollup, period)].misses;
    }

    function _key(address operator, address rollup, uint64 period) private pure returns (bytes32) {
        return keccak256(abi.encode(operator, rollup, period));
    }
}
