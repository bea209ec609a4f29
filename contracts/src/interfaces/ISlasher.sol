// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fault, FaultKind} from "../types/Faults.sol";
import {IJudge} from "./IJudge.sol";

/// Records each fault once, takes the bond, and pays what is owed when claims are closed (R9, R10).
interface ISlasher {
    /// keccak256(abi.encode(judge, keccak256(evidence), watcher)), at least one block before `slash`: nobody can take a
    /// watcher's bounty by copying its transaction.
    function commit(bytes32 commitment) external;

    function slash(IJudge judge, bytes calldata evidence, address watcher) external returns (bytes32 faultId);

    /// A safety verdict of this kind stands against the gateway under this base.
    function hasVerdict(uint32 gateway, address rollup, bytes32 base, FaultKind kind) external view returns (bool);
}
