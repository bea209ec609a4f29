// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IReleasePhases, ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {ReleasePhases} from "../../src/registry/ReleasePhases.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

contract ReleasePhasesTest is BondsWorld {
    uint32 private gateway;

    function setUp() public {
        setUpWorld(ReleasePhase.FallbackOnly);
        gateway = joinedGateway();
        toEpoch(20);
    }

    function switchTo(ReleasePhase phase) private {
        vm.prank(address(timelock));
        registry.switchPhase(phase);
    }

    function list(bool white, bool black) private {
        vm.prank(address(timelock));
        registry.list(gateway, white, black);
    }

    function eligible(uint64 epoch) private view returns (bool) {
        return registry.eligibleAt(gateway, rollup, epoch);
    }

    function test_inTheFirstPhaseNobodyButTheFallbackOwnsWindows() public {
        list(true, false);
        assertFalse(eligible(20));
        assertFalse(eligible(22));
    }

    function test_theSwitchTurnsForwardAndBackTwoEpochsLater() public {
        switchTo(ReleasePhase.Open);
        assertFalse(eligible(21));
        assertTrue(eligible(22));
        toEpoch(30);
        switchTo(ReleasePhase.FallbackOnly);
        assertTrue(eligible(31));
        assertFalse(eligible(32));
        toEpoch(40);
        assertTrue(eligible(31), "history stays");
    }

    function test_theWhitelistAdmitsAndItsChangesWaitTwoEpochs() public {
        switchTo(ReleasePhase.Whitelist);
        assertFalse(eligible(22));
        toEpoch(30);
        list(true, false);
        assertFalse(eligible(31));
        assertTrue(eligible(32));
        toEpoch(40);
        list(false, false);
        assertTrue(eligible(41));
        assertFalse(eligible(42));
    }

    function test_theBlacklistShutsOutAndOpenIgnoresIt() public {
        switchTo(ReleasePhase.Blacklist);
        assertTrue(eligible(22));
        toEpoch(30);
        list(true, true);
        assertTrue(eligible(31));
        assertFalse(eligible(32));
        toEpoch(40);
        switchTo(ReleasePhase.Open);
        assertFalse(eligible(41));
        assertTrue(eligible(42));
        (bool white, bool black) = registry.listingAt(gateway, 42);
        assertTrue(white);
        assertTrue(black);
    }

    function test_onlyTheTimelockTurnsTheSwitch() public {
        bytes memory refusal =
            abi.encodeWithSelector(IReleasePhases.NotTheGovernor.selector, address(this), address(timelock));
        vm.expectRevert(refusal);
        registry.switchPhase(ReleasePhase.Open);
        vm.expectRevert(refusal);
        registry.list(gateway, true, false);
    }

    function test_theSwitchTurnsThroughTheTimelocksDelay() public {
        bytes memory call = abi.encodeCall(ReleasePhases.switchPhase, (ReleasePhase.Open));
        timelock.schedule(address(registry), 0, call, 0, 0, 2 days);
        vm.expectRevert();
        timelock.execute(address(registry), 0, call, 0, 0);
        vm.warp(block.timestamp + 2 days);
        timelock.execute(address(registry), 0, call, 0, 0);
        assertTrue(registry.phaseAt(registry.currentEpoch() + 2) == ReleasePhase.Open);
    }
}
