// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// What windows cost: `Lookahead.cacheWindows` asks `gatewayFor` up to 32 times and has 600,000 gas for everything.
contract GatewayGasTest is BondsWorld {
    uint256 private constant OPERATORS = 32;

    address[] private operators;
    uint32[] private gateways;

    function setUp() public {
        setUpWorld(ReleasePhase.Blacklist);
        for (uint256 i; i < OPERATORS; ++i) {
            string memory name = string.concat("gateway ", vm.toString(i));
            address owner_ = makeAddr(name);
            uint32 gateway = registerGateway(owner_, name);
            gateways.push(gateway);
            fund(gateway, owner_, rollup, 100 ether);
            vm.prank(owner_);
            registry.join(gateway, rollup);
            address operator = makeAddr(string.concat("operator ", vm.toString(i)));
            operators.push(operator);
            vm.prank(operator);
            registry.delegate(delegationTo(gateway, operator, 12, 1000, 0), "");
        }
        toEpoch(12);
    }

    /// The first read of a transaction also pays for the contract itself and for the phase.
    function test_theFirstColdReadPaysForTheContractToo() public {
        address operator = operators[0];
        address rollup_ = rollup;
        vm.cool(address(registry));
        uint256 before = gasleft();
        uint32 gateway = registry.gatewayFor(operator, rollup_, 13);
        uint256 used = before - gasleft();
        assertEq(gateway, gateways[0]);
        vm.snapshotValue("GatewayRegistry", "gatewayFor, first cold read", used);
        assertLe(used, 16_000);
    }

    /// Distinct operators and distinct gateways, in the phase that reads most.
    function test_anEpochOfDistinctOperatorsAndGatewaysStaysInItsShareOfCaching() public {
        uint256 used = readAll();
        vm.snapshotValue("GatewayRegistry", "gatewayFor, 32 distinct operators and gateways, blacklist", used);
        assertLe(used / OPERATORS, 12_000);
        vm.prank(address(timelock));
        registry.switchPhase(ReleasePhase.Open);
        toEpoch(14);
        used = readAll();
        vm.snapshotValue("GatewayRegistry", "gatewayFor, 32 distinct operators and gateways, open", used);
        assertLe(used / OPERATORS, 9_000);
    }

    function readAll() private returns (uint256 used) {
        address[] memory list = operators;
        address rollup_ = rollup;
        vm.cool(address(registry));
        used = gasleft();
        for (uint256 i; i < OPERATORS; ++i) {
            registry.gatewayFor(list[i], rollup_, 14);
        }
        used -= gasleft();
    }

    function test_writesAreMeasured() public {
        uint32 gateway = registerGateway(owner, "measured");
        vm.snapshotGasLastCall("GatewayRegistry", "register, one key");
        fund(gateway, owner, rollup, 100 ether);
        vm.prank(owner);
        registry.join(gateway, rollup);
        vm.snapshotGasLastCall("GatewayRegistry", "join");
        address operator = makeAddr("measured operator");
        vm.prank(operator);
        registry.delegate(delegationTo(gateway, operator, 14, 1000, 0), "");
        vm.snapshotGasLastCall("GatewayRegistry", "delegate, one rollup");
        toEpoch(20);
        vm.prank(owner);
        registry.quit(gateway, rollup);
        vm.snapshotGasLastCall("GatewayRegistry", "quit");
        vm.prank(slasher);
        registry.suspend(gateway, rollup);
        vm.snapshotGasLastCall("GatewayRegistry", "suspend");
    }
}
