// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fault, FaultKind} from "../types/Faults.sol";

/// Identity of a fault: from the messages alone, so changed evidence bytes cannot make it a second one (R10).
library FaultIds {
    /// lie, fork, brokenBase, falseClaim, order: once per base and kind.
    function underBase(FaultKind kind, uint32 gateway, address rollup, bytes32 base) internal pure returns (bytes32) {
        return keccak256(abi.encode(kind, gateway, rollup, base));
    }

    /// unkept: once per promise.
    function ofPromise(uint32 gateway, address rollup, bytes32 base, bytes32 frag, uint256 index)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(FaultKind.Unkept, gateway, rollup, base, frag, index));
    }

    /// late: once per window.
    function ofWindow(uint32 gateway, address rollup, uint64 window) internal pure returns (bytes32) {
        return keccak256(abi.encode(FaultKind.Late, gateway, rollup, window));
    }

    /// A slot of an operator sold twice for a rollup, or not proposed in.
    function ofOperator(FaultKind kind, address operator, address rollup, uint64 place)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(kind, operator, rollup, place));
    }
}
