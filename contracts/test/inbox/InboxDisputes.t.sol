// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus, IInbox, Posting} from "../../src/interfaces/IInbox.sol";
import {InboxFakeRefuser, InboxFakeResolver} from "../support/InboxFakes.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// Claims, disputes and what the head does (R4, R28).
contract InboxDisputesTest is InboxWorld {
    address private watcher;

    function setUp() public override {
        super.setUp();
        watcher = makeAddr("watcher");
    }

    // --- Confirmation ---

    function test_R4_anUndisputedBatchIsConfirmedAfterTheClaimWindow() public {
        postOn(0, 50, 15, KEY_A);
        uint256 end = inbox.startOf(10) + CLAIM_WINDOW;
        vm.warp(end - 1);
        assertStatus(1, BatchStatus.Posted);
        vm.warp(end);
        assertStatus(1, BatchStatus.Confirmed);
    }

    function test_R4_aBatchIsNotConfirmedBeforeItsParent() public {
        postOn(0, 50, 15, KEY_A);
        postOn(1, 100, 15, KEY_A);
        disputeAs(watcher, 1);
        vm.warp(vm.getBlockTimestamp() + CLAIM_WINDOW);
        assertStatus(1, BatchStatus.Disputed);
        assertStatus(2, BatchStatus.Posted);
        verdict(1, false);
        assertStatus(1, BatchStatus.Confirmed);
        assertStatus(2, BatchStatus.Confirmed);
    }

    function test_R4_aDisputeAboveLeavesWhatIsBelowConfirmed() public {
        postOn(0, 50, 15, KEY_A);
        atSlot(12);
        postOn(1, 100, 15, KEY_A);
        disputeAs(watcher, 2);
        vm.warp(inbox.startOf(10) + CLAIM_WINDOW);
        assertStatus(1, BatchStatus.Confirmed);
        assertStatus(2, BatchStatus.Disputed);
    }

    function test_R4_theResolversWordCountsAtOnceOnceThePastIsConfirmed() public {
        postOn(0, 50, 15, KEY_A);
        disputeAs(watcher, 1);
        verdict(1, false);
        assertStatus(1, BatchStatus.Confirmed);
    }

    // --- Void ---

    function test_R4a_R4b_aFalseClaimIsVoidAndTheNextBatchExtendsTheLastTrueOne() public {
        postOn(0, 50, 15, KEY_A);
        atSlot(12);
        postOn(1, 100, 15, KEY_A);
        atSlot(16);
        postOn(2, 200, 23, KEY_B);
        disputeAs(watcher, 2);
        assertEq(inbox.newest(), 3);
        vm.warp(inbox.startOf(10) + CLAIM_WINDOW);
        vm.expectEmit(address(inbox));
        emit IInbox.NewestMoved(1);
        vm.expectEmit(address(inbox));
        emit IInbox.BatchVoided(2, watcher);
        verdict(2, true);
        assertStatus(1, BatchStatus.Confirmed);
        assertStatus(2, BatchStatus.Void);
        assertStatus(3, BatchStatus.Orphaned);
        assertEq(inbox.newest(), 1);
        assertEq(inbox.creditOf(watcher), BOND);
        // The blocks of the void batch stay coverable.
        atSlot(40);
        vm.warp(inbox.startOf(400));
        lookahead.setWindow(400, 401, B);
        uint32 cover = postOn(1, 300, 401, KEY_B);
        assertEq(inbox.record(cover).parentId, 1);
        assertEq(inbox.record(cover).firstBlock, 51);
        assertStatus(cover, BatchStatus.Posted);
        vm.warp(vm.getBlockTimestamp() + CLAIM_WINDOW);
        assertStatus(cover, BatchStatus.Confirmed);
        assertStatus(2, BatchStatus.Void);
        assertStatus(3, BatchStatus.Orphaned);
    }

    /// B builds on A's void batch: never B's fault, whatever the resolver thinks of B's data by itself.
    function test_R4_nobodyIsVoidForBuildingOnAVoidParent() public {
        postOn(0, 50, 15, KEY_A);
        atSlot(16);
        postOn(1, 200, 23, KEY_B);
        disputeAs(watcher, 2);
        // Nobody disputed batch 1 yet, somebody still may.
        vm.expectRevert(abi.encodeWithSelector(IInbox.PastNotConfirmed.selector, 2, 1));
        verdict(2, true);
        disputeAs(watcher, 1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.PastNotConfirmed.selector, 2, 1));
        verdict(2, true);
        verdict(1, true);
        assertStatus(2, BatchStatus.Orphaned);
        vm.expectRevert(abi.encodeWithSelector(IInbox.PastNotConfirmed.selector, 2, 1));
        verdict(2, true);
        // The moot dispute costs its opener nothing.
        inbox.closeOrphaned(2);
        assertEq(inbox.creditOf(watcher), 2 * BOND);
        assertStatus(2, BatchStatus.Orphaned);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputed.selector, 2, BatchStatus.Orphaned));
        inbox.closeOrphaned(2);
    }

    function test_R4_onlyOrphanedDisputesAreMoot() public {
        postOn(0, 50, 15, KEY_A);
        disputeAs(watcher, 1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotOrphaned.selector, 1, BatchStatus.Disputed));
        inbox.closeOrphaned(1);
        verdict(1, true);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotOrphaned.selector, 1, BatchStatus.Void));
        inbox.closeOrphaned(1);
    }

    // --- Disputing by posting ---

    /// R4 (c): one bad claim does not lock the honest successor out.
    function test_R4c_theSuccessorSkipsABadBatchWithABond() public {
        postOn(0, 50, 15, KEY_A);
        postOn(1, 143, 15, KEY_A);
        atSlot(16);
        vm.deal(address(this), BOND);
        uint32 mine = postDisputing(1, 200, 23, KEY_B, BOND);
        assertEq(inbox.newest(), mine);
        assertStatus(2, BatchStatus.Disputed);
        (address disputer,) = inbox.disputeOf(2);
        assertEq(disputer, address(this));
        // The chain goes on meanwhile.
        uint32 next = postOn(mine, 239, 23, KEY_B);
        vm.warp(inbox.startOf(10) + CLAIM_WINDOW);
        verdict(2, true);
        assertStatus(2, BatchStatus.Void);
        assertEq(inbox.newest(), next);
        vm.warp(vm.getBlockTimestamp() + CLAIM_WINDOW);
        assertStatus(mine, BatchStatus.Confirmed);
        assertStatus(next, BatchStatus.Confirmed);
        assertEq(inbox.creditOf(address(this)), BOND);
    }

    /// A lost dispute orphans what was built on it, and is no fault of the batch.
    function test_R4_aFalseDisputeForfeitsItsBondAndTheHeadReturns() public {
        postOn(0, 50, 15, KEY_A);
        postOn(1, 143, 15, KEY_A);
        atSlot(16);
        vm.deal(address(this), BOND);
        uint32 wrong = postDisputing(1, 200, 23, KEY_B, BOND);
        uint32 wrongToo = postOn(wrong, 239, 23, KEY_B);
        vm.warp(inbox.startOf(10) + CLAIM_WINDOW);
        verdict(2, false);
        assertStatus(2, BatchStatus.Confirmed);
        assertStatus(wrong, BatchStatus.Orphaned);
        assertStatus(wrongToo, BatchStatus.Orphaned);
        assertEq(inbox.newest(), 2);
        assertEq(inbox.creditOf(address(this)), 0);
        assertEq(address(inbox).balance, 0);
        assertEq(address(0xdEaD).balance, BOND);
        // Orphaned batches are not disputed.
        vm.deal(watcher, BOND);
        vm.prank(watcher);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputable.selector, wrong, BatchStatus.Orphaned));
        inbox.dispute{value: BOND}(wrong);
    }

    /// While a dispute is open both sides can go on: whoever holds the disputed batch for true extends it without a bond.
    function test_R4_bothSidesOfAnOpenDisputeGoOn() public {
        postOn(0, 50, 15, KEY_A);
        atSlot(16);
        vm.deal(address(this), 3 * BOND);
        uint32 rival = postDisputing(0, 200, 23, KEY_B, BOND);
        atSlot(24);
        uint32 loyal = postDisputing(1, 330, 31, KEY_A, 0);
        assertEq(inbox.record(loyal).parentId, 1);
        assertEq(inbox.newest(), loyal);
        uint256 early = vm.snapshotState();
        verdict(1, true);
        assertEq(inbox.newest(), rival);
        vm.revertToState(early);
        atSlot(32);
        uint32 rivalToo = postDisputing(rival, 400, 63, KEY_B, 0);
        assertEq(inbox.newest(), rivalToo);
        uint256 snapshot = vm.snapshotState();
        verdict(1, true);
        assertEq(inbox.newest(), rivalToo);
        assertStatus(loyal, BatchStatus.Orphaned);
        assertStatus(rival, BatchStatus.Posted);
        vm.revertToState(snapshot);
        verdict(1, false);
        assertEq(inbox.newest(), loyal);
        assertStatus(rival, BatchStatus.Orphaned);
        assertStatus(rivalToo, BatchStatus.Orphaned);
        assertStatus(loyal, BatchStatus.Posted);
    }

    /// A lost race is never a fault, and costs nothing: the bond that somebody else's dispute made needless is credited.
    function test_R4_aLostRaceToDisputeCostsNothing() public {
        postOn(0, 50, 15, KEY_A);
        atSlot(16);
        disputeAs(watcher, 1);
        vm.deal(address(this), BOND);
        postDisputing(0, 200, 23, KEY_B, BOND);
        assertEq(inbox.creditOf(address(this)), BOND);
        (address disputer,) = inbox.disputeOf(1);
        assertEq(disputer, watcher);
    }

    function test_R4_aConfirmedBatchIsNeverSkipped() public {
        postOn(0, 50, 15, KEY_A);
        lookahead.setWindow(400, 401, B);
        vm.warp(inbox.startOf(400));
        Posting memory posting = plan(0, 200, 401, KEY_B);
        bytes memory signed = signBatch(KEY_B, posting);
        vm.deal(address(this), BOND);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputable.selector, 1, BatchStatus.Confirmed));
        inbox.postBatchDisputing{value: BOND}(posting, signed, 400, 0, 1);
    }

    /// A resolver may answer while it is told of the dispute: then the batch stands, and nothing is posted beside it.
    function test_R4_aResolverThatAnswersAtOnceLetsNobodySkipABatchThatStands() public {
        postOn(0, 50, 15, KEY_A);
        atSlot(16);
        resolver.setMood(InboxFakeResolver.Mood.StandsAtOnce);
        Posting memory posting = plan(0, 200, 23, KEY_B);
        bytes memory signed = signBatch(KEY_B, posting);
        uint64 slot = inbox.currentSlot();
        vm.deal(address(this), BOND);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputed.selector, 1, BatchStatus.Confirmed));
        inbox.postBatchDisputing{value: BOND}(posting, signed, slot, 0, 1);
        assertEq(inbox.newest(), 1);
    }

    function test_R4_nothingIsBuiltOnADeadBatch() public {
        postOn(0, 50, 15, KEY_A);
        postOn(1, 100, 15, KEY_A);
        disputeAs(watcher, 1);
        verdict(1, true);
        for (uint32 dead = 1; dead <= 2; ++dead) {
            Posting memory posting = plan(dead, 143, 15, KEY_A);
            bytes memory signed = signBatch(KEY_A, posting);
            vm.expectRevert(abi.encodeWithSelector(IInbox.ParentIsDead.selector, dead));
            inbox.postBatchDisputing(posting, signed, 10, dead, 0);
        }
        // And none is a sibling of a batch that stands.
        uint32 good = postOn(0, 60, 15, KEY_A);
        disputeAs(watcher, good);
        uint32 rival = postDisputing(0, 70, 15, KEY_A, 0);
        verdict(good, false);
        Posting memory late = plan(0, 80, 15, KEY_A);
        bytes memory lateSigned = signBatch(KEY_A, late);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputable.selector, rival, BatchStatus.Orphaned));
        inbox.postBatchDisputing(late, lateSigned, 10, 0, rival);
        assertStatus(rival, BatchStatus.Orphaned);
    }

    /// Two posters hold batch 1 void. The one that comes second knows nothing of the first one's batch, and must not dispute it.
    function test_R4_whoLostTheRaceBesideAVoidBatchDisputesNobody() public {
        vm.deal(address(this), 10 * BOND);
        postOn(0, 50, 15, KEY_A);
        Posting memory late = plan(0, 70, 15, KEY_A);
        bytes memory lateSigned = signBatch(KEY_A, late);
        uint32 honest = postDisputing(0, 60, 15, KEY_A, BOND);
        for (uint32 named; named < 2; ++named) {
            vm.expectRevert(abi.encodeWithSelector(IInbox.AnotherChild.selector, honest, named));
            inbox.postBatchDisputing{value: BOND}(late, lateSigned, 10, 0, named);
        }
        assertStatus(honest, BatchStatus.Posted);
        assertEq(inbox.newest(), honest);
        // A batch without children is not disputed past anything.
        Posting memory next = plan(honest, 70, 15, KEY_A);
        bytes memory nextSigned = signBatch(KEY_A, next);
        vm.expectRevert(abi.encodeWithSelector(IInbox.AnotherChild.selector, 0, honest));
        inbox.postBatchDisputing(next, nextSigned, 10, honest, honest);
    }

    function test_R4_aRowOfSiblingsFallsInOrder() public {
        vm.deal(address(this), 10 * BOND);
        postOn(0, 50, 15, KEY_A);
        uint32 second = postDisputing(0, 60, 15, KEY_A, BOND);
        uint32 third = postDisputing(0, 70, 15, KEY_A, BOND);
        uint32 child = postOn(third, 80, 15, KEY_A);
        assertStatus(second, BatchStatus.Disputed);
        // Batch 2 counts only if batch 1 is void.
        vm.expectRevert(abi.encodeWithSelector(IInbox.PastNotConfirmed.selector, second, 1));
        verdict(second, true);
        verdict(1, true);
        assertEq(inbox.newest(), child);
        verdict(second, true);
        assertEq(inbox.newest(), child);
        assertStatus(child, BatchStatus.Posted);
        vm.warp(vm.getBlockTimestamp() + CLAIM_WINDOW);
        assertStatus(third, BatchStatus.Confirmed);
        assertStatus(child, BatchStatus.Confirmed);
    }

    function test_R4_aBranchOnALosingBranchIsOrphanedToo() public {
        vm.deal(address(this), 10 * BOND);
        postOn(0, 50, 15, KEY_A);
        uint32 rival = postDisputing(0, 60, 15, KEY_A, BOND);
        uint32 a = postOn(rival, 70, 15, KEY_A);
        uint32 b = postDisputing(rival, 80, 15, KEY_A, BOND);
        uint32 c = postOn(b, 90, 15, KEY_A);
        assertEq(inbox.newest(), c);
        assertStatus(a, BatchStatus.Disputed);
        verdict(1, false);
        assertStatus(rival, BatchStatus.Orphaned);
        assertStatus(a, BatchStatus.Orphaned);
        assertStatus(b, BatchStatus.Orphaned);
        assertStatus(c, BatchStatus.Orphaned);
        assertEq(inbox.newest(), 1);
        inbox.closeOrphaned(a);
        assertEq(inbox.creditOf(address(this)), BOND);
        assertEq(address(inbox).balance, BOND);
        // With the last false dispute gone nothing stands in the way of batch 1.
        assertStatus(1, BatchStatus.Confirmed);
    }

    /// A nest of forks is followed to its root, and what it costs to read is bounded.
    function test_R4_deepForksFallWithTheirRoot() public {
        vm.deal(address(this), 1000 * BOND);
        postOn(0, 1, 15, KEY_A);
        uint32 root = postDisputing(0, 2, 15, KEY_A, BOND);
        uint32 parent = root;
        for (uint64 i; i < 64; ++i) {
            postOn(parent, 3 + i, 15, KEY_A);
            parent = postDisputing(parent, 3 + i, 15, KEY_A, BOND);
        }
        assertStatus(parent, BatchStatus.Posted);
        verdict(1, false);
        assertEq(inbox.newest(), 1);
        assertStatus(root, BatchStatus.Orphaned);
        uint256 before = gasleft();
        assertStatus(parent, BatchStatus.Orphaned);
        assertLt(before - gasleft(), 800_000);
    }

    // --- Who and when ---

    function test_disputesNeedExactlyTheBond() public {
        postOn(0, 50, 15, KEY_A);
        vm.deal(address(this), 3 * BOND);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongBond.selector, BOND, BOND - 1));
        inbox.dispute{value: BOND - 1}(1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongBond.selector, BOND, BOND + 1));
        inbox.dispute{value: BOND + 1}(1);
        Posting memory posting = plan(0, 60, 15, KEY_A);
        bytes memory signed = signBatch(KEY_A, posting);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongBond.selector, BOND, 1));
        inbox.postBatchDisputing{value: 1}(posting, signed, 10, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongBond.selector, BOND, 0));
        inbox.postBatchDisputing(posting, signed, 10, 0, 1);
    }

    function test_aBatchIsDisputedOnceAndInTime() public {
        postOn(0, 50, 15, KEY_A);
        postOn(1, 60, 15, KEY_A);
        vm.deal(address(this), 5 * BOND);
        inbox.dispute{value: BOND}(1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputable.selector, 1, BatchStatus.Disputed));
        inbox.dispute{value: BOND}(1);
        vm.warp(inbox.startOf(10) + CLAIM_WINDOW);
        // Not yet Confirmed, and too late.
        vm.expectRevert(abi.encodeWithSelector(IInbox.ClaimWindowOver.selector, 2, inbox.startOf(10) + CLAIM_WINDOW));
        inbox.dispute{value: BOND}(2);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputable.selector, 9, BatchStatus.Unknown));
        inbox.dispute{value: BOND}(9);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputable.selector, 0, BatchStatus.Confirmed));
        inbox.dispute{value: BOND}(0);
    }

    /// Pitfall: a defended challenge opened again.
    function test_aDefendedClaimIsNotDisputedAgain() public {
        postOn(0, 50, 15, KEY_A);
        disputeAs(watcher, 1);
        verdict(1, false);
        vm.deal(address(this), BOND);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputable.selector, 1, BatchStatus.Confirmed));
        inbox.dispute{value: BOND}(1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputed.selector, 1, BatchStatus.Confirmed));
        verdict(1, true);
    }

    function test_onlyTheResolverResolves() public {
        postOn(0, 50, 15, KEY_A);
        disputeAs(watcher, 1);
        bytes memory expected = abi.encodeWithSelector(IInbox.OnlyResolver.selector, address(resolver), address(this));
        vm.expectRevert(expected);
        inbox.resolve(1, true);
        vm.expectRevert(expected);
        inbox.lapse(1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputed.selector, 2, BatchStatus.Unknown));
        verdict(2, true);
    }

    function test_R28_noAnswerInTimeGivesTheBondBackAndTheBatchStands() public {
        postOn(0, 50, 15, KEY_A);
        disputeAs(watcher, 1);
        vm.prank(address(resolver));
        inbox.lapse(1);
        assertStatus(1, BatchStatus.Confirmed);
        assertEq(inbox.creditOf(watcher), BOND);
        assertEq(address(0xdEaD).balance, 0);
    }

    // --- Money ---

    function test_bondsArePulledAndARefusingReceiverBlocksNobody() public {
        postOn(0, 50, 15, KEY_A);
        InboxFakeRefuser refuser = new InboxFakeRefuser();
        refuser.disputeAt{value: BOND}(address(inbox), 1);
        vm.deal(address(this), 0);
        verdict(1, true);
        assertEq(inbox.creditOf(address(refuser)), BOND);
        assertFalse(refuser.withdrawTo(address(inbox), payable(address(refuser))));
        assertEq(inbox.creditOf(address(refuser)), BOND);
        assertTrue(refuser.withdrawTo(address(inbox), payable(watcher)));
        assertEq(watcher.balance, BOND);
        assertFalse(refuser.withdrawTo(address(inbox), payable(watcher)));
    }

    function test_withdrawPaysOnce() public {
        postOn(0, 50, 15, KEY_A);
        disputeAs(watcher, 1);
        verdict(1, true);
        vm.prank(watcher);
        assertEq(inbox.withdraw(payable(watcher)), BOND);
        vm.prank(watcher);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NothingToWithdraw.selector, watcher));
        inbox.withdraw(payable(watcher));
    }

    function test_aResolverThatFailsNeverBlocksPosting() public {
        postOn(0, 50, 15, KEY_A);
        vm.deal(address(this), 4 * BOND);
        resolver.setMood(InboxFakeResolver.Mood.Reverts);
        postDisputing(0, 60, 15, KEY_A, BOND);
        resolver.setMood(InboxFakeResolver.Mood.BurnsAllGas);
        uint256 gasBefore = gasleft();
        postDisputing(0, 70, 15, KEY_A, BOND);
        assertLt(gasBefore - gasleft(), 1_200_000);
        resolver.setMood(InboxFakeResolver.Mood.Quiet);
        postDisputing(0, 80, 15, KEY_A, BOND);
        assertEq(resolver.lastOpened(), 3);
    }

    // --- After a move of the head ---

    function test_afterAVerdictTheNextBatchStillHasToFit() public {
        postOn(0, 50, 15, KEY_A);
        atSlot(12);
        postOn(1, 100, 15, KEY_A);
        disputeAs(watcher, 2);
        vm.warp(inbox.startOf(10) + CLAIM_WINDOW);
        verdict(2, true);
        lookahead.setWindow(310, 320, A);
        Posting memory posting = plan(1, 143, 320, KEY_A);
        posting.batch.firstBlock = 50;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.WrongFirstBlock.selector, 51, 50));
        posting.batch.firstBlock = 51;
        assertEq(post(posting, KEY_A), 3);
        // From here on the parent's hash is known again.
        posting = plan(3, 200, 320, KEY_A);
        posting.batch.parentBlockHash = keccak256("other");
        refused(
            posting,
            KEY_A,
            abi.encodeWithSelector(IInbox.WrongParentBlockHash.selector, bytes20(blockHash(143, 0)), keccak256("other"))
        );
    }
}
