// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {Terms} from "../../src/types/Terms.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// Joining, quitting, suspension: everything two epochs later, and history for ever.
contract GatewayStandingTest is BondsWorld {
    uint32 private gateway;

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
        gateway = registerGateway(owner, "committer");
    }

    function test_joiningTakesEffectTwoEpochsLater() public {
        fund(gateway, owner, rollup, 100 ether);
        vm.prank(owner);
        registry.join(gateway, rollup);
        assertFalse(registry.eligibleAt(gateway, rollup, NOW_EPOCH + 1));
        assertTrue(registry.eligibleAt(gateway, rollup, NOW_EPOCH + 2));
        assertFalse(registry.eligibleAt(gateway, otherRollup, NOW_EPOCH + 2), "per rollup");
        assertEq(registry.membershipEnd(gateway, rollup), FOREVER);
    }

    function test_joiningNeedsTheReserveOfTheNewestTerms() public {
        fund(gateway, owner, rollup, 100 ether);
        Terms memory terms = defaultTerms();
        terms.minReserveWei = 150 ether;
        vm.prank(address(timelock));
        parameters.change(terms, NOW_EPOCH + 5);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ReserveTooSmall.selector, 100 ether, 150 ether));
        registry.join(gateway, rollup);
    }

    function test_moneyUnderReleaseDoesNotCountForJoining() public {
        fund(gateway, owner, rollup, 100 ether);
        vm.startPrank(owner);
        vault.requestRelease(gateway, rollup, 1);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ReserveTooSmall.selector, 100 ether - 1, 100 ether));
        registry.join(gateway, rollup);
    }

    function test_anotherRollupsReserveDoesNotCount() public {
        fund(gateway, owner, otherRollup, 100 ether);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ReserveTooSmall.selector, 0, 100 ether));
        registry.join(gateway, rollup);
    }

    /// A zero-delay exit would move a lookahead that is already proven.
    function test_quittingNeverMovesTheCurrentOrNextEpoch() public {
        gateway = joined();
        toEpoch(20);
        vm.prank(owner);
        registry.quit(gateway, rollup);
        assertTrue(registry.eligibleAt(gateway, rollup, 20));
        assertTrue(registry.eligibleAt(gateway, rollup, 21));
        assertFalse(registry.eligibleAt(gateway, rollup, 22));
        assertEq(registry.membershipEnd(gateway, rollup), 22);
        toEpoch(5000);
        assertTrue(registry.eligibleAt(gateway, rollup, 21), "history stays");
        assertEq(registry.membershipEnd(gateway, rollup), 22);
    }

    function test_quittingTwiceOrJoiningTwiceIsRefused() public {
        gateway = joined();
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.AlreadyMember.selector, gateway, rollup));
        registry.join(gateway, rollup);
        registry.quit(gateway, rollup);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotAMember.selector, gateway, rollup));
        registry.quit(gateway, rollup);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotAMember.selector, gateway, otherRollup));
        registry.quit(gateway, otherRollup);
    }

    function test_onlyTheOwnerJoinsQuitsAndResumes() public {
        gateway = joined();
        bytes memory refusal =
            abi.encodeWithSelector(IGatewayRegistry.NotTheOwner.selector, gateway, address(this), owner);
        vm.expectRevert(refusal);
        registry.join(gateway, rollup);
        vm.expectRevert(refusal);
        registry.quit(gateway, rollup);
        vm.expectRevert(refusal);
        registry.resume(gateway, rollup);
    }

    function test_membershipEndOfAGatewayThatNeverJoinedIsZero() public view {
        assertEq(registry.membershipEnd(gateway, rollup), 0);
    }

    function test_membershipEndStaysWhenASuspensionFollowsTheQuit() public {
        gateway = joined();
        toEpoch(20);
        vm.prank(owner);
        registry.quit(gateway, rollup);
        toEpoch(25);
        vm.prank(slasher);
        registry.suspend(gateway, rollup);
        assertEq(registry.membershipEnd(gateway, rollup), 22);
    }

    function test_onlyTheSlasherSuspends() public {
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotTheSlasher.selector, owner, slasher));
        registry.suspend(gateway, rollup);
    }

    function test_aSuspendedGatewayIsSkippedTwoEpochsLaterUntilItResumes() public {
        gateway = joined();
        toEpoch(20);
        vm.prank(slasher);
        registry.suspend(gateway, rollup);
        assertTrue(registry.eligibleAt(gateway, rollup, 21));
        assertFalse(registry.eligibleAt(gateway, rollup, 22));
        toEpoch(30);
        vm.prank(owner);
        registry.resume(gateway, rollup);
        assertFalse(registry.eligibleAt(gateway, rollup, 31));
        assertTrue(registry.eligibleAt(gateway, rollup, 32));
    }

    function test_resumingNeedsTheReserveToppedUp() public {
        gateway = joined();
        vm.startPrank(slasher);
        vault.slash(gateway, rollup, 950 ether, "fault");
        registry.suspend(gateway, rollup);
        vm.stopPrank();
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ReserveTooSmall.selector, 50 ether, 100 ether));
        registry.resume(gateway, rollup);
        fund(gateway, owner, rollup, 50 ether);
        vm.startPrank(owner);
        registry.resume(gateway, rollup);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotSuspended.selector, gateway, rollup));
        registry.resume(gateway, rollup);
    }

    /// Recording a fault must never fail because an earlier one suspended the gateway already.
    function test_suspendingASuspendedGatewayChangesNothingAndDoesNotRevert() public {
        gateway = joined();
        toEpoch(20);
        vm.startPrank(slasher);
        registry.suspend(gateway, rollup);
        toEpoch(21);
        vm.recordLogs();
        registry.suspend(gateway, rollup);
        vm.stopPrank();
        assertEq(vm.getRecordedLogs().length, 0, "nothing changes, nothing is said");
        assertFalse(registry.eligibleAt(gateway, rollup, 22));
    }

    function test_quittingDoesNotWashASuspensionOff() public {
        gateway = joined();
        toEpoch(20);
        vm.prank(slasher);
        registry.suspend(gateway, rollup);
        vm.startPrank(owner);
        registry.quit(gateway, rollup);
        registry.join(gateway, rollup);
        vm.stopPrank();
        assertFalse(registry.eligibleAt(gateway, rollup, 22));
        (bool member, bool suspended) = registry.standingAt(gateway, rollup, 22);
        assertTrue(member);
        assertTrue(suspended);
    }

    function joined() private returns (uint32) {
        fund(gateway, owner, rollup, 1000 ether);
        vm.prank(owner);
        registry.join(gateway, rollup);
        return gateway;
    }
}
