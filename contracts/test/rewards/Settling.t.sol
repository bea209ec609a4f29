// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRewardsManager} from "../../src/interfaces/IRewardsManager.sol";
import {Split} from "../../src/rewards/Split.sol";
import {Attribution, Revenue, Settlement, Shares} from "../../src/types/Rewards.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";

/// Who gets what of which blocks, with the worked examples of `specs/rewards.md`.
contract SettlingTest is RewardsWorld {
    address internal constant ROLLUP = address(0x4011);
    address internal constant GATEWAY = address(0x6A7E);
    address internal constant OPERATOR = address(0x09E4);

    function setUp() public {
        openRollup(messengerAlias);
    }

    /// Blocks 1 to `last`, each earning the same, and checkpoints of the borders given.
    function history(uint64 last, uint256 sharedWei, uint256 l1Wei, uint64[2] memory borders) internal {
        blocksUpTo(last, sharedWei, l1Wei);
        checkpoint(borders[0]);
        checkpoint(borders[1]);
    }

    // --- The arithmetic ---

    /// Example 1 of specs/rewards.md: 20/30/50 of 10 blocks at 1,003 wei, L1 fees of 77 wei a block.
    function test_example1_aBatchIsSplit() public {
        history(10, 1_003, 77, [uint64(0), 10]);
        Attribution memory a = attributionOf(1, 10);
        Settlement memory s;
        s.sharedWei = 10_030;
        s.l1FeesWei = 770;
        s.rollupWei = 2_006;
        s.operatorWei = 3_009;
        s.gatewayWei = 5_015 + 770;
        tell(1, a);
        vm.expectEmit(MANAGER);
        emit IRewardsManager.Settled(1, GATEWAY, OPERATOR, 1, 10, s);
        manager.settle(listOf(a));
        assertEq(manager.creditOf(ROLLUP), 2_006);
        assertEq(manager.creditOf(GATEWAY), 5_785);
        assertEq(manager.potOf(OPERATOR, 7).amountWei, 3_009);
        assertEq(manager.creditOf(OPERATOR), 0, "an operator waits");
    }

    /// Example 2: 7 wei at a third each (3,333 / 3,333 / 3,334): 2, 2, and the rest of 3.
    function test_example2_dustIsTheGateways() public {
        history(1, 7, 0, [uint64(0), 1]);
        Attribution memory a = attributionOf(1, 1);
        a.shares = Shares(3_333, 3_333, 3_334);
        settle(a);
        assertEq(manager.creditOf(ROLLUP), 2);
        assertEq(manager.potOf(OPERATOR, 7).amountWei, 2);
        assertEq(manager.creditOf(GATEWAY), 3);
    }

    /// Example 3: the same 10 blocks in a window that nobody lent: 50 of 100 to the rollup operator.
    function test_example3_aWindowThatNobodyLentHasNoOperatorsShare() public {
        history(10, 1_003, 77, [uint64(0), 10]);
        Attribution memory a = attributionOf(1, 10);
        a.operator = address(0);
        a.operatorAccount = address(0);
        settle(a);
        assertEq(manager.creditOf(ROLLUP), 2_006 + 3_009);
        assertEq(manager.creditOf(GATEWAY), 5_785);
        assertEq(manager.potOf(address(0), 7).amountWei, 0);
    }

    /// Example 4: batches of blocks 1-4, 5-6 and 7-10, 100 wei a block. Nobody took a checkpoint of block 4 while it was possible.
    function test_example4_whatNobodyMeasuredIsTheRollupOperators() public {
        blocksUpTo(10, 100, 0);
        checkpoint(0);
        checkpoint(6);
        checkpoint(10);
        passBlocks(8_191);
        tell(1, attributionOf(1, 4));
        tell(2, attributionOf(5, 6));
        tell(3, attributionOf(7, 10));
        vm.expectEmit(MANAGER);
        emit IRewardsManager.Unmeasured(1, 1, 4);
        manager.settle(listOf(attributionOf(1, 4)));
        vm.expectEmit(MANAGER);
        emit IRewardsManager.Unmeasured(2, 5, 6);
        manager.settle(listOf(attributionOf(5, 6)));
        manager.settle(listOf(attributionOf(7, 10)));
        assertEq(manager.creditOf(GATEWAY), 200, "half of 400");
        assertEq(manager.creditOf(ROLLUP), 600 + 80);
        assertEq(manager.potOf(OPERATOR, 7).amountWei, 120);
    }

    /// What falls into blocks that nodes made by themselves, between two batches.
    function test_gapsBetweenBatchesAreTheRollupOperators() public {
        blocksUpTo(2, 100, 0);
        checkpoint(0);
        checkpoint(2);
        earn(1, 2, 4, 0);
        endBlock();
        blocksUpTo(5, 100, 0);
        checkpoint(3);
        checkpoint(5);
        settle(attributionOf(1, 2));
        settle(attributionOf(4, 5));
        assertEq(manager.creditOf(ROLLUP), 40 + 7 + 40);
    }

    function test_l1FeesAreTheSigners() public {
        history(1, 0, 1 ether, [uint64(0), 1]);
        Attribution memory a = attributionOf(1, 1);
        a.shares = Shares(10_000, 0, 0);
        settle(a);
        assertEq(manager.creditOf(GATEWAY), 1 ether);
        assertEq(manager.creditOf(ROLLUP), 0);
    }

    function testFuzz_theSplitConserves(uint120 amountWei, uint16 rollupBps, uint16 operatorBps) public pure {
        rollupBps = uint16(bound(rollupBps, 0, 10_000));
        operatorBps = uint16(bound(operatorBps, 0, 10_000 - rollupBps));
        Shares memory s = Shares(rollupBps, operatorBps, 10_000 - rollupBps - operatorBps);
        assertTrue(Split.isWhole(s));
        (uint256 rollupWei, uint256 operatorWei, uint256 gatewayWei) = Split.divide(amountWei, s);
        assertEq(rollupWei + operatorWei + gatewayWei, amountWei);
        // Nobody is off by more than the dust.
        assertLe(rollupWei, uint256(amountWei) * rollupBps / 10_000);
        assertGe(gatewayWei, uint256(amountWei) * s.gatewayBps / 10_000);
        assertLe(gatewayWei, uint256(amountWei) * s.gatewayBps / 10_000 + 2);
    }

    function testFuzz_whatIsCreditedIsWhatCameIn(uint64[4] memory fees, uint8 lost) public {
        for (uint256 i; i < 4; ++i) {
            earn(fees[i] / 3, fees[i], fees[i] / 5, fees[i] / 7);
            endBlock();
        }
        uint256 came = heldWei();
        // Block 4 ends the last batch; the others are measured or not.
        for (uint64 border; border < 5; ++border) {
            if (lost >> border & 1 == 0 || border > 2) checkpoint(border);
        }
        passBlocks(8_191);
        for (uint64 i = 1; i < 5; ++i) {
            settle(attributionOf(i, i));
        }
        Revenue memory r = manager.revenue();
        assertEq(uint256(r.gatewaysWei) + r.operatorsWei + r.rollupWei, came);
        assertEq(manager.creditOf(GATEWAY) + manager.creditOf(ROLLUP) + manager.potOf(OPERATOR, 7).amountWei, came);
    }

    // --- Order, gaps, repetition ---

    function test_batchesAreSettledInTheirOrderHoweverTheyArrive() public {
        blocksUpTo(6, 100, 0);
        checkpoint(0);
        checkpoint(2);
        checkpoint(4);
        checkpoint(6);
        tell(3, attributionOf(5, 6));
        tell(1, attributionOf(1, 2));
        // Number 2 ran out of gas on its way.
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardsManager.NotTheNext.selector,
                1,
                keccak256(abi.encode(attributionOf(1, 2))),
                keccak256(abi.encode(attributionOf(5, 6)))
            )
        );
        manager.settle(listOf(attributionOf(5, 6)));
        manager.settle(listOf(attributionOf(1, 2)));
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardsManager.NotTheNext.selector, 2, bytes32(0), keccak256(abi.encode(attributionOf(3, 4)))
            )
        );
        manager.settle(listOf(attributionOf(3, 4)));
        // Sent again.
        tell(2, attributionOf(3, 4));
        Attribution[] memory both = new Attribution[](2);
        both[0] = attributionOf(3, 4);
        both[1] = attributionOf(5, 6);
        manager.settle(both);
        assertEq(manager.settledPlace(), 3);
        assertEq(manager.creditOf(GATEWAY), 300);
    }

    function test_noBatchIsSettledTwice() public {
        history(1, 100, 0, [uint64(0), 1]);
        settle(attributionOf(1, 1));
        vm.expectPartialRevert(IRewardsManager.NotTheNext.selector);
        manager.settle(listOf(attributionOf(1, 1)));
    }

    function test_theSameMessageAgainChangesNothing() public {
        history(1, 100, 0, [uint64(0), 1]);
        tell(1, attributionOf(1, 1));
        tell(1, attributionOf(1, 1));
        manager.settle(listOf(attributionOf(1, 1)));
        tell(1, attributionOf(1, 1));
        assertEq(manager.settledPlace(), 1);
        assertEq(manager.attributionAt(2), bytes32(0));
        assertEq(manager.creditOf(GATEWAY), 50);
    }

    function test_anAttributionNeverChanges() public {
        tell(1, attributionOf(1, 1));
        Attribution memory other = attributionOf(1, 1);
        other.gateway = address(0xBAD);
        vm.prank(messengerAlias);
        vm.expectPartialRevert(IRewardsManager.AttributionDiffers.selector);
        manager.attribute(1, listOf(other));
    }

    function testFuzz_onlyTheMessengerIsHeard(address stranger) public {
        vm.assume(stranger != messengerAlias);
        vm.startPrank(stranger);
        bytes memory refusal =
            abi.encodeWithSelector(IRewardsManager.NotTheMessenger.selector, messengerAlias, stranger);
        vm.expectRevert(refusal);
        manager.attribute(1, listOf(attributionOf(1, 1)));
        vm.expectRevert(refusal);
        manager.forfeit(OPERATOR, 7);
    }

    /// A chain without L1 (`--dev`): the slot is zero, and nobody is the zero address.
    function test_withoutAMessengerNobodyIsHeard() public {
        vm.store(MANAGER, bytes32(uint256(1)), 0);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.NotTheMessenger.selector, address(0), address(this)));
        manager.attribute(1, listOf(attributionOf(1, 1)));
    }

    // --- Borders ---

    /// A batch is not passed over while its border can still be had: nobody can hurry it past the gateway.
    function test_aBorderThatCanBeHadIsWaitedFor() public {
        blocksUpTo(4, 100, 0);
        checkpoint(0);
        tell(1, attributionOf(1, 2));
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.BorderMissing.selector, 2));
        manager.settle(listOf(attributionOf(1, 2)));
        // Block 2 is the 8191st before the present one.
        passBlocks(2 + 8_191 - present);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.BorderMissing.selector, 2));
        manager.settle(listOf(attributionOf(1, 2)));
        checkpoint(2);
        manager.settle(listOf(attributionOf(1, 2)));
        assertEq(manager.creditOf(GATEWAY), 100);
    }

    function test_theBorderBeforeABatchIsWaitedForToo() public {
        blocksUpTo(2, 100, 0);
        checkpoint(2);
        tell(1, attributionOf(1, 2));
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.BorderMissing.selector, 0));
        manager.settle(listOf(attributionOf(1, 2)));
    }

    // --- Never retroactive ---

    /// Shares travel with the batch: what was earned under the old ones is split by the old ones, whenever it is settled.
    function test_newSharesDoNotReachBack() public {
        blocksUpTo(4, 100, 0);
        checkpoint(0);
        checkpoint(2);
        checkpoint(4);
        Attribution memory later = attributionOf(3, 4);
        later.shares = Shares(10_000, 0, 0);
        tell(2, later);
        tell(1, attributionOf(1, 2));
        manager.settle(listOf(attributionOf(1, 2)));
        assertEq(manager.creditOf(ROLLUP), 40);
        manager.settle(listOf(later));
        assertEq(manager.creditOf(ROLLUP), 240);
    }

    function test_revenueIsVisiblePerParty() public {
        blocksUpTo(4, 100, 10);
        checkpoint(0);
        checkpoint(2);
        checkpoint(4);
        settle(attributionOf(1, 2));
        Attribution memory other = attributionOf(3, 4);
        other.gateway = address(0x6A7E2);
        settle(other);
        Revenue memory r = manager.revenue();
        assertEq(r.gatewaysWei, 240);
        assertEq(r.operatorsWei, 120);
        assertEq(r.rollupWei, 80);
        assertEq(manager.earnedBy(GATEWAY), 120);
        assertEq(manager.earnedBy(address(0x6A7E2)), 120);
        assertEq(manager.earnedBy(ROLLUP), 80);
        vm.prank(GATEWAY);
        manager.claim(address(0xCAFE));
        assertEq(manager.earnedBy(GATEWAY), 120, "claimed or not");
    }
}
