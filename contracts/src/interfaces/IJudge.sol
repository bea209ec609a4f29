// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fault} from "../types/Faults.sol";
import {IEvidence} from "./IEvidence.sol";

/// Judges one kind of fault from messages and L1 state alone: no interaction, no clock but the evidence horizon, no memory.
/// Reverts with a named error when the evidence does not prove the fault.
interface IJudge is IEvidence {
    /// `evidence`: abi.encode of the struct that the judge names, from `slashing/Evidence.sol`, and nothing else.
    function judge(bytes calldata evidence) external view returns (Fault memory);
}
