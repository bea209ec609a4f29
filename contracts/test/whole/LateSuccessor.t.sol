// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IExcuses} from "../../src/interfaces/IExcuses.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {CaseView} from "../../src/interfaces/ISlasher.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {ForkEvidence, SealedBatchEvidence, ShiftEvidence} from "../../src/slashing/Evidence.sol";
import {SlashingTree} from "../support/SlashingTree.sol";
import {Accusers} from "./Accusers.sol";

/// R5, R6: A seals its end, B builds on the seal, and A posts another end in its last slot. What B promised cannot be posted under its
/// Base any more, so B is late, and A pays for it.
contract LateSuccessorTest is Accusers {
    struct Scene {
        /// What A signed, and what A posted: they differ in the last block.
        Turn said;
        Turn done;
        Turn ofB;
        /// Goes on behind what A posted, through B's blocks.
        Turn next;
        uint32 cover;
        bytes32 late;
    }

    /// Up to the end of B's window.
    function _deceived(Scene memory h, bool sealing) private {
        vm.fee(5 gwei);
        vm.txGasPrice(6 gwei);
        h.said = turnOf(0, genesis(), 0);
        h.done = turnOf(0, genesis(), 0);
        h.done.blocks[7].env.prevRandao = keccak256("mine");
        finish(h.done.blocks[7], h.done.blocks[6].blockHash);
        h.done.batches[1] = batchOf(h.done, 4, 8, MessageHashes.hash(h.done.batches[0]));
        Parent memory parent = endOf(h.said);
        if (!sealing) parent.sealHash = 0;
        h.ofB = turnOf(1, parent, 0);
        atSlot(h.said.window - 1);
        post(A, h.said.base, h.done.batches[0]);
        atSlot(h.said.window);
        post(A, h.said.base, h.done.batches[1]);
        atSlot(h.ofB.window);
    }

    /// B's window passes; whoever comes next covers B's blocks, and somebody proves that B was late.
    function _accused(Scene memory h) private {
        Parent memory parent = endOf(h.done);
        h.next = turnOf(2, parent, 3);
        h.cover = postTurn(h.next) - 1;
        assertEq(inbox.record(h.cover).firstBlock, h.ofB.blocks[0].number);
        h.late = slash(lateJudge, lateOf(h.ofB, 5, false, h.cover));
        assertEq(vault.reserveOf(B, address(inbox)), STAKE - 1 ether);
    }

    /// fork (g): the batch in the Inbox against the seal.
    function _convicted(Scene memory h) private returns (bytes32) {
        SealedBatchEvidence memory e;
        e.accused = accuse(h.said);
        e.seal = h.said.seals[7];
        e.sealSignature = sign(A, MessageHashes.hash(e.seal));
        e.own = signed(A, h.done.batches[1]);
        e.blockHash = h.done.blocks[7].blockHash;
        e.branch = SlashingTree.branch(blockLeaves(h.done, 4, 8), 3);
        return slash(batchForkJudge, abi.encode(e));
    }

    function _shift(Scene memory h, ShiftEvidence memory e) private {
        slasher.shiftLiability(h.late, 0, 0, abi.encode(e));
    }

    /// B has paid, and its case holds the money.
    function _nothingMoved(Scene memory h) private view {
        assertEq(vault.reserveOf(B, address(inbox)), STAKE - 1 ether);
        CaseView memory ofB = slasher.caseOf(B, address(inbox), h.ofB.baseHash);
        assertEq(ofB.takenWei, 1 ether);
        assertEq(ofB.livenessWei, 1 ether);
        assertGt(ofB.coverWei, 0);
        assertEq(slasher.caseOf(A, address(inbox), h.said.baseHash).livenessWei, 0);
    }

    function test_R5_whatRestsOnASealThatFellCannotBePosted() public {
        Scene memory h;
        _deceived(h, true);
        // Behind what it was promised on: that is not there. Behind what is there: with another parent than it promised.
        vm.expectPartialRevert(IInbox.NotTheParent.selector);
        this.postOf(h.ofB, MessageHashes.hash(h.said.batches[1]));
        vm.expectPartialRevert(IInbox.WrongParentBlockHash.selector);
        this.postOf(h.ofB, MessageHashes.hash(h.done.batches[1]));
    }

    function postOf(Turn memory turn, bytes32 parentBatch) external {
        turn.batches[0].parentBatch = parentBatch;
        post(turn.gateway, turn.base, turn.batches[0]);
    }

    function test_R5_aSuccessorDoesNotPayForBeingLateBehindAFork() public {
        Scene memory h;
        _deceived(h, true);
        _accused(h);
        bytes32 fork = _convicted(h);
        uint256 ofA = vault.reserveOf(A, address(inbox));
        assertEq(ofA, STAKE - 1000 ether);
        _shift(h, sealedExcuse(h.ofB, h.said));
        assertEq(vault.reserveOf(B, address(inbox)), STAKE, "B has its money again");
        assertEq(vault.reserveOf(A, address(inbox)), ofA, "credited to the fork");

        // A's case pays the coverer, and B's costs nobody anything.
        vm.deal(BURNED, 0);
        uint256 costWei = inbox.record(h.cover).costWei;
        address poster = inbox.record(h.cover).poster;
        uint256 before = poster.balance;
        closeCase(h.said);
        assertEq(slasher.claim(h.late), costWei * 12_500 / 10_000);
        assertEq(poster.balance - before, costWei * 12_500 / 10_000);
        assertGt(costWei, 0);
        assertEq(slasher.claimBounty(fork, A, address(inbox), h.said.baseHash), 10 ether);
        closeCase(h.ofB);
        assertEq(BURNED.balance + (poster.balance - before) + watcher.balance, 1000 ether);
        assertEq(address(slasher).balance, 0);
        (,, uint32 locks) = vault.releaseOf(B, address(inbox));
        assertEq(locks, 0);
    }

    /// The fork may be told first.
    function test_R5_theVerdictMayBeOlderThanTheAccusation() public {
        Scene memory h;
        _deceived(h, true);
        _convicted(h);
        _accused(h);
        _shift(h, sealedExcuse(h.ofB, h.said));
        assertEq(vault.reserveOf(B, address(inbox)), STAKE);
    }

    function test_R5_withoutAVerdictTheLateOnePays() public {
        Scene memory h;
        _deceived(h, true);
        _accused(h);
        bytes memory excuse = abi.encode(sealedExcuse(h.ofB, h.said));
        vm.expectPartialRevert(IExcuses.NoVerdict.selector);
        slasher.shiftLiability(h.late, 0, 0, excuse);
        _nothingMoved(h);
    }

    /// Whoever builds on what nobody sealed bears it: nobody gave it a word to break.
    function test_R5_anOpenBaseIsItsSignersOwnRisk() public {
        Scene memory h;
        _deceived(h, false);
        _accused(h);
        _convicted(h);
        bytes memory bySeal = abi.encode(sealedExcuse(h.ofB, h.said));
        // A base that names no seal is asked for the batch it rests on.
        vm.expectPartialRevert(IInbox.UnknownBatch.selector);
        slasher.shiftLiability(h.late, 0, 0, bySeal);
        ShiftEvidence memory e = sealedExcuse(h.ofB, h.said);
        (e.excuse.batchId, e.excuse.batch) = (2, h.done.batches[1]);
        bytes memory byBatch = abi.encode(e);
        vm.expectPartialRevert(IExcuses.RestsElsewhere.selector);
        slasher.shiftLiability(h.late, 0, 0, byBatch);
        _nothingMoved(h);
    }

    /// A forked elsewhere, and the batch that B builds on is there: B withheld what it could have posted, and cannot be quicker than
    /// its parent's confirmation.
    function test_R5_aPostedParentThatStandsExcusesNoLateness() public {
        Scene memory h;
        h.said = turnOf(0, genesis(), 0);
        h.done = h.said;
        Parent memory parent = endOf(h.said);
        parent.sealHash = 0;
        h.ofB = turnOf(1, parent, 0);
        uint32 parentId = postTurn(h.said);
        _accused(h);
        Turn memory twin = turnOf(0, genesis(), 1);
        slash(forkJudge, abi.encode(ForkEvidence(accuse(h.said), signed(A, h.said.frags[1]), signed(A, twin.frags[1]))));
        ShiftEvidence memory e = sealedExcuse(h.ofB, h.said);
        (e.excuse.batchId, e.excuse.batch) = (parentId, h.said.batches[1]);
        bytes memory evidence = abi.encode(e);
        vm.expectPartialRevert(IExcuses.ParentUndecided.selector);
        slasher.shiftLiability(h.late, 0, 0, evidence);
        goTo(vm.getBlockTimestamp() + CLAIM_WINDOW + 1);
        vm.expectPartialRevert(IExcuses.ParentStands.selector);
        slasher.shiftLiability(h.late, 0, 0, evidence);
        assertEq(vault.reserveOf(B, address(inbox)), STAKE - 1 ether);
    }
}
