// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// Governance of parameters, release phases and later beacon layouts: whoever proposes waits, and whoever mistrusts it can leave
/// in the meantime. It has no power over bonds, judges or what was promised. Nobody but itself can change its roles.
contract Timelock is TimelockController {
    constructor(uint256 minDelaySeconds, address[] memory proposers, address[] memory executors)
        TimelockController(minDelaySeconds, proposers, executors, address(0))
    {}
}
