// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {Terms} from "../../src/types/Terms.sol";
import {BondsFakeRollup} from "../support/bonds/BondsFakeRollup.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// The way out (R16): never before the last horizon under which the money can still be judged.
contract BondReleaseTest is BondsWorld {
    uint32 private gateway;

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
        gateway = joinedGateway();
        toEpoch(20);
    }

    function request(uint256 amountWei) private returns (uint64 opensAt) {
        vm.prank(owner);
        vault.requestRelease(gateway, rollup, amountWei);
        (, opensAt,) = vault.releaseOf(gateway, rollup);
    }

    function quit() private {
        vm.prank(owner);
        registry.quit(gateway, rollup);
    }

    function changeHorizons(uint64 evidence, uint64 claim) private {
        Terms memory terms = defaultTerms();
        terms.evidenceHorizonSeconds = evidence;
        terms.claimPeriodSeconds = claim;
        uint64 fromEpoch = parameters.currentEpoch() + 2;
        vm.prank(address(timelock));
        parameters.change(terms, fromEpoch);
    }

    function test_aReleaseOpensAfterTheLastWindowItsEvidenceAndItsClaims() public {
        quit();
        uint64 opensAt = request(1000 ether);
        assertEq(opensAt, startOfEpoch(24) + 7 days + 7 days);
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.TooEarly.selector, opensAt - 1, opensAt));
        vault.completeRelease(gateway, rollup);
        vm.warp(opensAt);
        vault.completeRelease(gateway, rollup);
        assertEq(vault.freeOf(gateway), 1000 ether);
        assertEq(vault.reserveOf(gateway, rollup), 0);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.NothingToRelease.selector, gateway, rollup));
        vault.completeRelease(gateway, rollup);
    }

    function test_aMemberKeepsTheMinimum() public {
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.StillMember.selector, gateway, rollup, 99 ether, 100 ether));
        vault.requestRelease(gateway, rollup, 901 ether);
        vault.requestRelease(gateway, rollup, 900 ether);
        assertEq(vault.committedOf(gateway, rollup), 100 ether);
        assertEq(vault.reserveOf(gateway, rollup), 1000 ether, "still slashable");
    }

    function test_aRequestBeforeTheQuitTakesEffectCannotLeaveEarlier() public {
        quit();
        uint64 opensAt = request(1000 ether);
        assertGe(opensAt, startOfEpoch(registry.membershipEnd(gateway, rollup)) + 14 days);
    }

    /// A zero-delay exit through a rollup that judges longer than the terms would outrun its resolver.
    function test_theRollupsOwnResolverIsWaitedFor() public {
        address slow = address(new BondsFakeRollup(20 days, 5 days));
        fund(gateway, owner, slow, 10 ether);
        vm.prank(owner);
        vault.requestRelease(gateway, slow, 10 ether);
        (, uint64 opensAt,) = vault.releaseOf(gateway, slow);
        assertEq(opensAt, startOfEpoch(24) + 25 days + 7 days);
    }

    function test_theLifeOfTheOraclesIsWaitedFor() public {
        address quick = address(new BondsFakeRollup(1, 1));
        changeHorizons(1, 1);
        toEpoch(200_000);
        changeHorizons(1, 1);
        toEpoch(200_003);
        fund(gateway, owner, quick, 10 ether);
        vm.prank(owner);
        vault.requestRelease(gateway, quick, 10 ether);
        (, uint64 opensAt,) = vault.releaseOf(gateway, quick);
        assertEq(opensAt, startOfEpoch(200_007) + 8191 * SLOT + 1);
    }

    /// Governance that shortens a horizon does not free what windows of the longer one can still claim.
    function test_shorterTermsDoNotShortenTheWayOut() public {
        changeHorizons(1 days, 1 days);
        toEpoch(30);
        quit();
        assertEq(request(1000 ether), startOfEpoch(34) + 7 days + 7 days);
    }

    function test_theDateIsFixedAtTheRequest() public {
        quit();
        uint64 opensAt = request(1000 ether);
        changeHorizons(60 days, 60 days);
        BondsFakeRollup(rollup).turn(60 days, 0, false);
        vm.warp(opensAt);
        vault.completeRelease(gateway, rollup);
        assertEq(vault.freeOf(gateway), 1000 ether);
    }

    function test_aRollupThatStopsAnsweringTrapsNobody() public {
        BondsFakeRollup(rollup).turn(0, 0, true);
        quit();
        vm.warp(request(1000 ether));
        vault.completeRelease(gateway, rollup);
        assertEq(vault.freeOf(gateway), 1000 ether);
    }

    function test_aRollupThatAnswersLessLaterFreesNobody() public {
        BondsFakeRollup(rollup).turn(20 days, 0, false);
        fund(gateway, owner, rollup, 1);
        BondsFakeRollup(rollup).turn(1, 0, false);
        fund(gateway, owner, rollup, 1);
        quit();
        assertEq(request(1000 ether), startOfEpoch(24) + 20 days + 7 days);
    }

    function test_oneReleaseAtATimePerSlice() public {
        uint64 opensAt = request(1 ether);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.ReleasePending.selector, gateway, rollup, opensAt));
        vault.requestRelease(gateway, rollup, 1 ether);
        fund(gateway, owner, otherRollup, 1 ether);
        vm.prank(owner);
        vault.requestRelease(gateway, otherRollup, 1 ether);
    }

    function test_noMoreIsReleasedThanIsCommitted() public {
        quit();
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.NotEnoughCommitted.selector, 1001 ether, 1000 ether));
        vault.requestRelease(gateway, rollup, 1001 ether);
        vm.expectRevert(IBondVault.ZeroAmount.selector);
        vault.requestRelease(gateway, rollup, 0);
    }

    /// Deregistration that ignores the lock: an open case holds the money, however old the request is.
    function test_noReleaseCompletesWhileALockIsHeld() public {
        quit();
        uint64 opensAt = request(1000 ether);
        vm.startPrank(slasher);
        vault.lock(gateway, rollup);
        vault.lock(gateway, rollup);
        vault.unlock(gateway, rollup);
        vm.stopPrank();
        vm.warp(opensAt + 1000 days);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.SliceLocked.selector, gateway, rollup, 1));
        vault.completeRelease(gateway, rollup);
        vm.prank(slasher);
        vault.unlock(gateway, rollup);
        vault.completeRelease(gateway, rollup);
    }

    function test_eachUnlockNeedsItsLock() public {
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.NotLocked.selector, gateway, rollup));
        vault.unlock(gateway, rollup);
    }

    function test_slashableCountsWhatIsStillThereAtTheTime() public {
        uint64 now_ = uint64(block.timestamp);
        assertEq(vault.slashable(gateway, rollup, now_), 1000 ether);
        uint64 opensAt = request(900 ether);
        assertEq(vault.slashable(gateway, rollup, opensAt - 1), 1000 ether);
        assertEq(vault.slashable(gateway, rollup, opensAt), 0, "all of it could be out by then");
        toEpoch(21);
        assertEq(vault.slashable(gateway, rollup, opensAt), 100 ether);
        assertEq(vault.slashable(gateway, rollup, FOREVER), 0);
    }

    function testFuzz_noReleaseCompletesBeforeItsHorizon(uint32 wait, uint64 claimWindow, uint64 evidence, uint64 claim)
        public
    {
        claimWindow = uint64(bound(claimWindow, 0, 60 days));
        evidence = uint64(bound(evidence, 1, 60 days));
        claim = uint64(bound(claim, 1, 60 days));
        changeHorizons(evidence, claim);
        toEpoch(22);
        address other = address(new BondsFakeRollup(claimWindow, 0));
        fund(gateway, owner, other, 1 ether);
        vm.prank(owner);
        vault.requestRelease(gateway, other, 1 ether);
        uint256 judged = evidence > 7 days ? evidence : 7 days;
        if (claimWindow > judged) judged = claimWindow;
        uint256 horizon = startOfEpoch(26) + judged + (claim > 7 days ? claim : 7 days);
        vm.warp(block.timestamp + wait);
        if (block.timestamp < horizon) {
            vm.expectRevert(abi.encodeWithSelector(IBondVault.TooEarly.selector, block.timestamp, horizon));
        }
        vault.completeRelease(gateway, other);
    }
}
