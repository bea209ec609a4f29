// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {LateEvidence} from "../../src/slashing/Evidence.sol";
import {LateJudge} from "../../src/slashing/LateJudge.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Base, Batch} from "../../src/types/Messages.sol";
import {SlashingPresence} from "../support/SlashingFakes.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// A's window is (3192, 3200]; its turn are blocks 3189 to 3196, one block a slot, H = 4.
contract LateJudgeTest is SlashingWorld {
    function baseOfTurn() internal pure returns (Base memory base) {
        base = baseOf(A);
        base.parentBlock = 3188;
    }

    function late(uint64 blockNumber) internal view returns (LateEvidence memory e) {
        e.accused = accuse(A, baseOfTurn());
        e.frag = fragUnder(baseOfTurn(), blockNumber, 5);
        e.signature = sign(A, MessageHashes.hash(e.frag));
        e.presence.slot = WINDOW;
        e.presence.rootAt = keccak256("a block");
    }

    function cover(uint64 first, uint64 slot, BatchStatus status) internal returns (uint32) {
        return post(B, batchOf(baseOf(B), first, first, keccak256("x")), status, slot);
    }

    function refused(LateEvidence memory e, bytes4 reason) internal {
        expectRefused(lateJudge, abi.encode(e), reason);
    }

    /// Four of the cover's five blocks are the late window's.
    function test_promisedBlocksThatAreNotThereWhenTheWindowEndsAreLate() public {
        post(A, batchOf(baseOfTurn(), 3188, 3188, keccak256("x")), BatchStatus.Posted, WINDOW - 2);
        LateEvidence memory e = late(3195);
        e.coverBatchId = cover(3193, WINDOW + 3, BatchStatus.Posted);
        Fault memory fault = lateJudge.judge(abi.encode(e));
        assertEq(uint8(fault.kind), uint8(FaultKind.Late));
        assertEq(fault.id, FaultIds.ofWindow(A, rollup, WINDOW));
        assertEq(fault.amountWei, 1 ether);
        assertEq(fault.payee, address(0xC0FFEE));
        // 0.1 ETH × 1.25 × 4/5.
        assertEq(fault.payeeWei, 0.1 ether);
    }

    function test_blocksPostedInTimeAreNotLate() public {
        post(A, batchOf(baseOfTurn(), 3192, 3192, keccak256("x")), BatchStatus.Posted, WINDOW);
        refused(late(3195), LateJudge.PostedInTime.selector);
        refused(late(3196), LateJudge.PostedInTime.selector);
        vm.warp(GENESIS + 12 * 3_300);
        assertEq(lateJudge.judge(abi.encode(late(3197))).amountWei, 1 ether);
    }

    /// A batch that fell has its own, dearer fault; and nobody is late because a predecessor's claim was false.
    function test_aBatchThatBecameVoidWasPostedInTime() public {
        post(A, batchOf(baseOfTurn(), 3192, 3192, keccak256("x")), BatchStatus.Void, WINDOW);
        refused(late(3195), LateJudge.PostedInTime.selector);
    }

    function test_aWindowThatIsNotOverIsNotLate() public {
        vm.warp(GENESIS + 12 * uint256(WINDOW) + 11);
        refused(late(3195), LateJudge.WindowNotOver.selector);
    }

    function test_whoDidNotOwnTheWindowIsNotLate() public {
        lookahead.setWindow(B, WINDOW - 7, WINDOW);
        refused(late(3195), LateJudge.NotTheOwner.selector);
        lookahead.setWindow(A, WINDOW - 7, WINDOW);
        LateEvidence memory e = late(3195);
        e.accused.base.window = WINDOW - 1;
        e.frag = fragUnder(e.accused.base, 3195, 5);
        e.signature = sign(A, MessageHashes.hash(e.frag));
        refused(e, LateJudge.NotTheOwner.selector);
    }

    /// R11: a validator that lets its slots pass cannot make its gateway pay.
    function test_missedSlotsConvictNobody() public {
        LateEvidence memory e = late(3195);
        e.presence.rootBefore = e.presence.rootAt;
        refused(e, LateJudge.SlotWasMissed.selector);
    }

    function test_onlyTheWindowsLastSlotsCount() public {
        vm.warp(GENESIS + 12 * 3_300);
        LateEvidence memory e = late(3195);
        e.presence.slot = WINDOW - 3;
        lateJudge.judge(abi.encode(e));
        e.presence.slot = WINDOW - 4;
        refused(e, LateJudge.SlotNotAmongTheLast.selector);
        e.presence.slot = WINDOW + 1;
        refused(e, LateJudge.SlotNotAmongTheLast.selector);
        // A window of one slot has one.
        lookahead.setWindow(A, WINDOW, WINDOW);
        e.presence.slot = WINDOW - 1;
        refused(e, LateJudge.SlotNotAmongTheLast.selector);
    }

    function test_aBadPresenceProofIsRefused() public {
        LateEvidence memory e = late(3195);
        e.presence.branchAt = new bytes32[](1);
        refused(e, SlashingPresence.BadProof.selector);
    }

    /// Else whoever is quick reports in the next slot, and the coverer covers for nothing.
    function test_withoutACoverItIsHeardTwoEpochsLater() public {
        refused(late(3195), LateJudge.NameTheCover.selector);
        vm.warp(GENESIS + 12 * (uint256(WINDOW) + 64));
        refused(late(3195), LateJudge.NameTheCover.selector);
        vm.warp(GENESIS + 12 * (uint256(WINDOW) + 65));
        Fault memory fault = lateJudge.judge(abi.encode(late(3195)));
        assertEq(fault.payee, address(0));
        cover(3193, WINDOW + 3, BatchStatus.Posted);
        refused(late(3195), LateJudge.NameTheCover.selector);
    }

    function test_aCoverHoldsTheBlockAfterTheWindowAndStands() public {
        LateEvidence memory e = late(3195);
        e.coverBatchId = cover(3196, WINDOW + 3, BatchStatus.Posted);
        refused(e, LateJudge.NotACover.selector);
        e.coverBatchId = cover(3193, WINDOW + 3, BatchStatus.Void);
        refused(e, LateJudge.NotACover.selector);
        e.coverBatchId = cover(3193, WINDOW + 3, BatchStatus.Orphaned);
        refused(e, LateJudge.NotACover.selector);
        e.coverBatchId = 99;
        refused(e, LateJudge.NotACover.selector);
        e.coverBatchId = cover(3193, WINDOW + 3, BatchStatus.Confirmed);
        lateJudge.judge(abi.encode(e));
    }

    function test_whoWasLateIsNotPaidForPostingAfterAll() public {
        LateEvidence memory e = late(3195);
        e.coverBatchId = post(A, batchOf(baseOfTurn(), 3193, 3193, keccak256("x")), BatchStatus.Posted, WINDOW + 1);
        Fault memory fault = lateJudge.judge(abi.encode(e));
        assertEq(fault.payee, address(0));
        assertEq(fault.payeeWei, 0);
    }

    /// R6: a coverer that pays its tips to itself gets at most half.
    function testFuzz_theCoverersCostIsAtMostHalf(uint96 costWei) public {
        LateEvidence memory e = late(3195);
        e.coverBatchId = cover(3191, WINDOW + 3, BatchStatus.Posted);
        inbox.setCost(e.coverBatchId, costWei);
        assertLe(lateJudge.judge(abi.encode(e)).payeeWei, 0.5 ether);
    }

    function testFuzz_anyChangedByteConvictsNobodyElse(uint256 place, uint8 change) public {
        LateEvidence memory e = late(3195);
        e.coverBatchId = cover(3193, WINDOW + 3, BatchStatus.Posted);
        bytes memory changed = abi.encode(e);
        place = bound(place, 0, changed.length - 1);
        changed[place] ^= bytes1(change == 0 ? 1 : change);
        // Bytes of the beacon proof may say the same thing otherwise; the verdict is the same one then.
        try lateJudge.judge(changed) returns (Fault memory fault) {
            assertEq(fault.id, FaultIds.ofWindow(A, rollup, WINDOW));
        } catch {}
    }

    function test_trailingBytesAreRefused() public {
        bytes memory longer = abi.encodePacked(abi.encode(late(3195)), uint8(0));
        expectRefused(lateJudge, longer, IEvidence.EvidenceNotCanonical.selector);
    }
}
