// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Test} from "../Test.sol";

/// What a call would cost as a transaction of its own: intrinsic gas, calldata, cold storage.
abstract contract TransactionGas is Test {
    address[] private _cold;

    /// Contracts whose accounts and storage a transaction finds cold.
    function coldInTransactions(address account) internal {
        _cold.push(account);
    }

    /// Makes the call and returns its whole gas: 21,000, 16 or 4 a byte of calldata, execution; at least EIP-7623's floor.
    function sendCold(address to, bytes memory data) internal returns (uint256) {
        for (uint256 i; i < _cold.length; ++i) {
            vm.cool(_cold[i]);
        }
        uint256 before = gasleft();
        (bool ok, bytes memory answer) = to.call(data);
        uint256 execution = before - gasleft();
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        uint256 tokens;
        for (uint256 i; i < data.length; ++i) {
            tokens += data[i] == 0 ? 1 : 4;
        }
        // A transaction's target is warm: the call's 2,600 for a cold account are none of its cost.
        uint256 total = 21_000 + 4 * tokens + execution - 2_600;
        uint256 floor = 21_000 + 10 * tokens;
        return total > floor ? total : floor;
    }

    /// Execution gas of a view call to a cold contract, calldata not counted.
    function callCold(address to, bytes memory data) internal returns (uint256) {
        for (uint256 i; i < _cold.length; ++i) {
            vm.cool(_cold[i]);
        }
        uint256 before = gasleft();
        (bool ok,) = to.staticcall(data);
        uint256 execution = before - gasleft();
        assertTrue(ok, "call failed");
        return execution;
    }
}
