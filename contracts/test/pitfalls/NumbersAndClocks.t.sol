// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {BatchStatus, IInbox, Posting} from "../../src/interfaces/IInbox.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// Pitfall: block numbers skip and block times drift, so a deadline names L1 time (a slot) and a range names rollup heights.
contract InboxNumbersAndClocksTest is InboxWorld {
    /// After many missed slots L1 block numbers are far behind the slots; after none they are not. No turn moves with them.
    function test_anL1BlockNumberMovesNoTurn() public {
        (uint64 first, uint64 last) = inbox.blocksOf(8, 15);
        vm.roll(9_000_000);
        rememberBlock(8_999_999);
        (uint64 firstThen, uint64 lastThen) = inbox.blocksOf(8, 15);
        assertEq(firstThen, first);
        assertEq(lastThen, last);
        assertEq(inbox.currentSlot(), 10);
        assertEq(postOn(0, last, 15, KEY_A), 1);
        assertEq(inbox.record(1).postedSlot, 10);
        // One block more is refused as it would have been at any other L1 height.
        Posting memory posting = plan(1, last + 1, 15, KEY_A);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlockAfterTurn.selector, last, last + 1));
    }

    /// However many L1 blocks there were, a claim is confirmed by seconds alone.
    function test_anL1BlockNumberConfirmsNoClaim() public {
        postOn(0, 50, 15, KEY_A);
        uint256 end = vm.getBlockTimestamp() + CLAIM_WINDOW;
        vm.roll(9_000_000);
        vm.warp(end - 1);
        assertStatus(1, BatchStatus.Posted);
        vm.roll(1001);
        vm.warp(end);
        assertStatus(1, BatchStatus.Confirmed);
    }
}

/// Pitfall: a delay whose unit silently changed between blocks and seconds.
contract BondNumbersAndClocksTest is BondsWorld {
    function setUp() public {
        setUpWorld(ReleasePhase.Open);
    }

    function test_theWayOutCountsSecondsAndNoBlocks() public {
        uint32 gateway = joinedGateway();
        toEpoch(20);
        vm.prank(owner);
        vault.requestRelease(gateway, rollup, 100 ether);
        (, uint64 opensAt,) = vault.releaseOf(gateway, rollup);
        // Two weeks of evidence and claims and a bit: neither blocks (it would be months) nor milliseconds (minutes).
        assertGt(opensAt, vm.getBlockTimestamp() + 14 days);
        assertLt(opensAt, vm.getBlockTimestamp() + 15 days);
        vm.roll(vm.getBlockNumber() + 10_000_000);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.TooEarly.selector, vm.getBlockTimestamp(), opensAt));
        vault.completeRelease(gateway, rollup);
        vm.roll(1);
        vm.warp(opensAt);
        vault.completeRelease(gateway, rollup);
    }
}
