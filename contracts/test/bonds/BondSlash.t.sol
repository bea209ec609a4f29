// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// What a slash takes, and what it leaves alone (R10, R16).
contract BondSlashTest is BondsWorld {
    uint32 private gateway;

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
        gateway = joinedGateway();
        toEpoch(20);
    }

    function slash(uint256 amountWei) private returns (uint256 paidWei) {
        uint256 pendingWei;
        uint256 before = slasher.balance;
        vm.prank(slasher);
        (paidWei, pendingWei) = vault.slash(gateway, rollup, amountWei, "fault");
        assertEq(pendingWei, 0);
        assertEq(slasher.balance - before, paidWei);
    }

    function release(uint256 amountWei) private returns (uint64 opensAt) {
        vm.startPrank(owner);
        registry.quit(gateway, rollup);
        vault.requestRelease(gateway, rollup, amountWei);
        vm.stopPrank();
        (, opensAt,) = vault.releaseOf(gateway, rollup);
    }

    function test_aSlashIsPaidAtOnceAndCappedByTheSlice() public {
        fund(gateway, owner, otherRollup, 50 ether);
        assertEq(slash(1 ether), 1 ether);
        assertEq(slash(5000 ether), 999 ether);
        assertEq(vault.reserveOf(gateway, otherRollup), 50 ether, "another rollup's slice is another's");
    }

    function test_freeMoneyIsNotTaken() public {
        vm.deal(address(this), 5 ether);
        vault.deposit{value: 5 ether}(gateway);
        slash(5000 ether);
        assertEq(vault.freeOf(gateway), 5 ether);
    }

    /// A fault must be recordable whatever is left to take.
    function test_slashingAnEmptySliceTakesNothingAndDoesNotRevert() public {
        slash(1000 ether);
        assertEq(slash(1000 ether), 0);
        vm.prank(slasher);
        (uint256 paidWei, uint256 pendingWei) = vault.slash(99, address(1), 1 ether, "fault");
        assertEq(paidWei, 0);
        assertEq(pendingWei, 0);
    }

    function test_moneyUnderReleaseIsSlashableAndTakenFirst() public {
        release(600 ether);
        assertEq(slash(100 ether), 100 ether);
        assertEq(vault.committedOf(gateway, rollup), 400 ether);
        assertEq(vault.reserveOf(gateway, rollup), 900 ether);
        assertEq(slash(600 ether), 600 ether);
        assertEq(vault.committedOf(gateway, rollup), 300 ether);
    }

    function test_whatWasReleasedIsNotSlashableAnyMore() public {
        vm.warp(release(1000 ether));
        vault.completeRelease(gateway, rollup);
        assertEq(slash(1000 ether), 0);
    }

    /// Self-slash for dust: reporting oneself opens no window and moves no date (R10).
    function test_aSlashShortensNoLock() public {
        uint64 opensAt = release(1000 ether);
        slash(1);
        (uint256 amountWei, uint64 after_,) = vault.releaseOf(gateway, rollup);
        assertEq(after_, opensAt);
        assertEq(amountWei, 1000 ether - 1);
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.TooEarly.selector, opensAt - 1, opensAt));
        vault.completeRelease(gateway, rollup);
    }

    function test_aReleaseThatWasSlashedToNothingStillCompletes() public {
        uint64 opensAt = release(1000 ether);
        slash(1000 ether);
        vm.warp(opensAt);
        vault.completeRelease(gateway, rollup);
        assertEq(vault.freeOf(gateway), 0);
    }

    function test_restoredMoneyIsCommittedAgain() public {
        slash(400 ether);
        vm.prank(slasher);
        vault.restore{value: 300 ether}(gateway, rollup);
        assertEq(vault.committedOf(gateway, rollup), 900 ether);
        assertEq(vault.freeOf(gateway), 0);
    }

    function test_nothingIsLeftToCollect() public {
        slash(400 ether);
        vm.prank(slasher);
        assertEq(vault.collect("fault"), 0);
    }

    function test_theSlashersPathIsMeasured() public {
        vm.startPrank(slasher);
        vault.slash(gateway, rollup, 1 ether, "fault");
        vm.snapshotGasLastCall("BondVault", "slash");
        vault.lock(gateway, rollup);
        vm.snapshotGasLastCall("BondVault", "lock");
        vault.restore{value: 1 ether}(gateway, rollup);
        vm.snapshotGasLastCall("BondVault", "restore");
    }

    /// Whatever is asked in whatever order: a slash takes min(asked, slice), and nothing else changes hands.
    function testFuzz_aSlashTakesWhatIsAskedOrWhatIsThere(uint256 asked, uint256 under) public {
        under = bound(under, 1, 1000 ether);
        release(under);
        uint256 paid = slash(asked);
        assertEq(paid, asked < 1000 ether ? asked : 1000 ether);
        (uint256 releasing,,) = vault.releaseOf(gateway, rollup);
        assertEq(releasing, under > paid ? under - paid : 0);
        assertEq(vault.reserveOf(gateway, rollup), 1000 ether - paid);
        assertEq(address(vault).balance, 1000 ether - paid);
    }
}
