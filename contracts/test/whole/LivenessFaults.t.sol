// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus, Posting} from "../../src/interfaces/IInbox.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {CaseView} from "../../src/interfaces/ISlasher.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Difference, ForkEvidence, LateEvidence, UnkeptEvidence} from "../../src/slashing/Evidence.sol";
import {LateJudge} from "../../src/slashing/LateJudge.sol";
import {UnkeptJudge} from "../../src/slashing/UnkeptJudge.sol";
import {Batch} from "../../src/types/Messages.sol";
import {Accusers} from "./Accusers.sol";

/// A gateway that withholds, and who is paid by whom: over the Inbox's own records, real windows and real block roots.
contract LivenessFaultsTest is Accusers {
    // --- Scenes ---

    /// A promises its whole turn and posts half of it.
    function _withheld() private returns (Turn memory turn) {
        turn = turnOf(0, genesis(), 0);
        atSlot(turn.window);
        post(A, turn.base, turn.batches[0]);
    }

    /// What stands on A's first half.
    function _halfOf(Turn memory turn) private pure returns (Parent memory parent) {
        parent.number = turn.blocks[3].number;
        parent.blockHash = turn.blocks[3].blockHash;
        parent.frag = MessageHashes.hash(turn.frags[7]);
        parent.batch = MessageHashes.hash(turn.batches[0]);
    }

    /// B, whose Base rests on A's end, posts A's other half under its own name, and its own turn behind it.
    function _covered(Turn memory ofA) private returns (Turn memory ofB, uint32 cover) {
        ofB = turnOf(1, endOf(ofA), 0);
        Batch memory tail = batchOf(ofA, 4, 8, MessageHashes.hash(ofA.batches[0]));
        (tail.base, tail.window) = (ofB.baseHash, ofB.window);
        (tail.lastOriginNumber, tail.lastOriginHash) = (originOf(ofB.window), l1Hash(originOf(ofB.window)));
        atSlot(ofA.window + 1);
        cover = post(B, ofB.base, tail);
        ofB.batches[0].parentBatch = MessageHashes.hash(tail);
        ofB.batches[1].parentBatch = MessageHashes.hash(ofB.batches[0]);
        atSlot(ofB.window);
        post(B, ofB.base, ofB.batches[0]);
        post(B, ofB.base, ofB.batches[1]);
    }

    /// B goes on at A's first half with other content.
    function _replaced(Turn memory ofA) private returns (Turn memory ofB) {
        ofB = turnOf(1, _halfOf(ofA), 1);
        postTurn(ofB);
    }

    /// Promise at `place` of a turn against the block at `otherPlace` of the one in the Inbox; `batchId` is the other's first batch.
    function _unkept(
        Turn memory turn,
        uint256 place,
        uint256 index,
        Turn memory other,
        uint256 otherPlace,
        uint32 batchId
    ) private view returns (UnkeptEvidence memory e) {
        uint256 half = other.blocks.length / 2;
        assertLt(otherPlace, half);
        e.accused = accuse(turn);
        e.promised = promiseOf(turn, place, index);
        e.batchId = batchId;
        e.confirmed = other.batches[0];
        e.content = shown(other, 0, half, otherPlace, Difference.Transaction, index);
    }

    function _confirm() private {
        goTo(vm.getBlockTimestamp() + CLAIM_WINDOW + 1);
        assertEq(uint256(inbox.statusOf(inbox.newest())), uint256(BatchStatus.Confirmed));
    }

    // --- late (R1, R6, R11) ---

    function test_aWithheldHalfIsLateAndThePosterOfTheCoverIsPaidItsCost() public {
        vm.fee(5 gwei);
        vm.txGasPrice(6 gwei);
        Turn memory ofA = _withheld();
        (, uint32 cover) = _covered(ofA);
        address poster = inbox.record(cover).poster;
        assertEq(poster, address(this));
        uint256 costWei = inbox.record(cover).costWei;
        assertGt(costWei, 0);
        bytes32 id = slash(lateJudge, lateOf(ofA, 5, false, cover));
        assertEq(vault.reserveOf(A, address(inbox)), STAKE - 1 ether);
        assertFalse(registry.eligibleAt(A, address(inbox), FIRST + 3));

        vm.deal(BURNED, 0);
        closeCase(ofA);
        uint256 before = poster.balance;
        slasher.claim(id);
        // Every block of the cover is A's.
        assertEq(poster.balance - before, costWei * 12_500 / 10_000);
        assertEq(slasher.claimBounty(id, A, address(inbox), ofA.baseHash), 0.05 ether);
        assertEq(BURNED.balance + (poster.balance - before) + watcher.balance, 1 ether);
        assertEq(address(slasher).balance, 0);
    }

    function test_whatItPostedInTimeIsNotLate() public {
        Turn memory ofA = _withheld();
        (, uint32 cover) = _covered(ofA);
        acquit(lateJudge, lateOf(ofA, 3, false, cover), LateJudge.PostedInTime.selector);
    }

    /// B executed A's blocks and posted them as promised: A was late, and nobody's promise is unkept.
    function test_aCoverAsPromisedKeepsThePromises() public {
        Turn memory ofA = _withheld();
        (Turn memory ofB, uint32 cover) = _covered(ofA);
        _confirm();
        UnkeptEvidence memory e;
        e.accused = accuse(ofA);
        e.batchId = cover;
        e.confirmed = batchOf(ofA, 4, 8, MessageHashes.hash(ofA.batches[0]));
        (e.confirmed.base, e.confirmed.window) = (ofB.baseHash, ofB.window);
        (e.confirmed.lastOriginNumber, e.confirmed.lastOriginHash) =
        (originOf(ofB.window), l1Hash(originOf(ofB.window)));
        for (uint256 place = 4; place < 8; ++place) {
            for (uint256 index = 1; index < TRANSACTIONS; ++index) {
                e.promised = promiseOf(ofA, place, index);
                for (uint256 d; d < 3; ++d) {
                    e.content = shown(ofA, 4, 8, place, Difference(d), index);
                    acquit(unkeptJudge, abi.encode(e), IEvidence.PromiseKept.selector);
                }
            }
        }
    }

    /// R11 and the permit of R5: the slots were missed, and A posts in B's window what B has signed to build on. Nobody is at fault.
    function test_R11_missedSlotsAndAPermitLeaveAnHonestGatewayWithoutAFault() public {
        Turn memory ofA = turnOf(0, genesis(), 0);
        atSlot(ofA.window - HANDOVER);
        post(A, ofA.base, ofA.batches[0]);
        Turn memory ofB = turnOf(1, endOf(ofA), 0);
        atSlot(ofA.window + 1);
        Posting memory posting = postingOf(A, ofA.base, ofA.batches[1]);
        posting.permit = ofB.base;
        posting.permitSet = setOf(B);
        posting.permitSignature = sign(B, ofB.baseHash);
        uint32 healed = inbox.postBatch(posting, sign(A, MessageHashes.hash(ofA.batches[1])), inbox.currentSlot());
        assertEq(inbox.record(healed).gateway, A);
        atSlot(ofB.window);
        acquit(lateJudge, lateOf(ofA, 5, true, healed), LateJudge.SlotWasMissed.selector);
        LateEvidence memory before = abi.decode(lateOf(ofA, 5, true, healed), (LateEvidence));
        before.presence = presenceOf(ofA.window - 1, true);
        acquit(lateJudge, abi.encode(before), LateJudge.SlotWasMissed.selector);
        // The slot in which it did post is none of the last H: its block proves nothing.
        before.presence = presenceOf(ofA.window - HANDOVER, false);
        acquit(lateJudge, abi.encode(before), LateJudge.SlotNotAmongTheLast.selector);
        // B's chain follows as if nothing had been.
        postTurn(ofB);
        _confirm();
    }

    // --- unkept (R6, R7, R9) ---

    function test_anUnkeptPromisePaysItsSenderAndBurnsAsMuch() public {
        Turn memory ofA = _withheld();
        Turn memory ofB = _replaced(ofA);
        UnkeptEvidence memory e = _unkept(ofA, 5, 2, ofB, 1, 2);
        acquit(unkeptJudge, abi.encode(e), UnkeptJudge.NotConfirmed.selector);
        _confirm();
        bytes32 id = slash(unkeptJudge, abi.encode(e));
        assertEq(vault.reserveOf(A, address(inbox)), STAKE - 2 * COVERAGE);
        vm.deal(BURNED, 0);
        closeCase(ofA);
        slasher.claim(id);
        assertEq(senderOf(2).balance, COVERAGE);
        assertEq(BURNED.balance, COVERAGE);
        assertEq(address(slasher).balance, 0);
    }

    /// B is no liar for A's promise, nor A for B's batch (R4.5, R7).
    function test_somebodyElsesBatchIsNeverALie() public {
        Turn memory ofA = _withheld();
        Turn memory ofB = _replaced(ofA);
        ofB.gateway = A;
        acquit(lieJudge, lieOf(ofA, ofB, 1, 2, Difference.Transaction), IEvidence.OtherBase.selector);
    }

    /// R10: late first, for 1 ETH; the fork under the same base still costs all of the rest.
    function test_R10_aCheapFaultIsCreditedToADearOne() public {
        Turn memory ofA = _withheld();
        (, uint32 cover) = _covered(ofA);
        slash(lateJudge, lateOf(ofA, 5, false, cover));
        Turn memory twin = turnOf(0, genesis(), 1);
        slash(forkJudge, abi.encode(ForkEvidence(accuse(ofA), signed(A, ofA.frags[1]), signed(A, twin.frags[1]))));
        assertEq(vault.reserveOf(A, address(inbox)), STAKE - 1000 ether);
        CaseView memory c = slasher.caseOf(A, address(inbox), ofA.baseHash);
        assertEq(c.takenWei, 1000 ether);
        assertEq(c.livenessWei, 1 ether);
    }

    /// R6: one hand holds A, B, every sender, the poster and the watcher, pays itself any gas price, and reports all it can.
    function test_R6_aSockPuppetLosesAtLeastHalf() public {
        // So dear that the cost is more than the coverer may get.
        vm.fee(50_000 gwei);
        vm.txGasPrice(100_000 gwei);
        Turn memory ofA = _withheld();
        Turn memory ofB = _replaced(ofA);
        bytes32[] memory ids = new bytes32[](7);
        ids[0] = slash(lateJudge, lateOf(ofA, 5, false, 2));
        _confirm();
        for (uint256 i; i < 6; ++i) {
            ids[1 + i] = slash(unkeptJudge, abi.encode(_unkept(ofA, 4 + i / 3, 1 + i % 3, ofB, i / 3, 2)));
        }
        uint256 takenWei = STAKE - vault.reserveOf(A, address(inbox));
        assertEq(takenWei, 1 ether + 6 * 2 * COVERAGE);
        vm.deal(BURNED, 0);
        closeCase(ofA);
        uint256 backWei;
        for (uint256 i; i < ids.length; ++i) {
            backWei += slasher.claim(ids[i]);
            (bool ok, bytes memory answer) =
                address(slasher).call(abi.encodeCall(slasher.claimBounty, (ids[i], A, address(inbox), ofA.baseHash)));
            if (ok) backWei += abi.decode(answer, (uint256));
        }
        assertGt(backWei, 0);
        assertLe(2 * backWei, takenWei, "self-dealing returned more than half");
        assertGe(2 * BURNED.balance, takenWei, "less than half was burned");
        // Pro rata shares round down: a wei per claim may stay.
        assertEq(BURNED.balance + backWei + address(slasher).balance, takenWei);
        assertLe(address(slasher).balance, 14);
    }

    // --- Liability (R5) ---

    struct HandOver {
        Turn said;
        Turn done;
        Turn first;
        Turn second;
        bytes32 unkept;
        bytes32 frag;
    }

    /// A hands one branch over to B and posts another; B starts again on what stands, so its first promises are unkept.
    function _deceived() private returns (HandOver memory h) {
        h.said = turnOf(0, genesis(), 0);
        h.done = turnOf(0, genesis(), 1);
        h.first = turnOf(1, endOf(h.said), 0);
        Parent memory parent = endOf(h.done);
        parent.attempt = 1;
        h.second = turnOf(1, parent, 2);
        postTurn(h.done);
        postTurn(h.second);
        _confirm();
        h.frag = MessageHashes.hash(h.first.frags[3]);
        h.unkept = slash(unkeptJudge, abi.encode(_unkept(h.first, 1, 2, h.second, 1, 3)));
        assertEq(vault.reserveOf(B, address(inbox)), STAKE - 2 * COVERAGE);
    }

    function test_R5_aForkOfThePredecessorTakesTheDebtOver() public {
        HandOver memory h = _deceived();
        slash(
            forkJudge, abi.encode(ForkEvidence(accuse(h.said), signed(A, h.said.seals[0]), signed(A, h.done.seals[0])))
        );
        uint256 ofA = vault.reserveOf(A, address(inbox));
        slasher.shiftLiability(h.unkept, h.frag, 2, abi.encode(sealedExcuse(h.first, h.said)));
        assertEq(vault.reserveOf(B, address(inbox)), STAKE, "B has its money again");
        // A's 1000 ETH pay for it: the liveness sum is credited.
        assertEq(vault.reserveOf(A, address(inbox)), ofA);
        assertEq(slasher.caseOf(A, address(inbox), h.said.baseHash).refundsWei, COVERAGE);
        assertEq(slasher.caseOf(B, address(inbox), h.first.baseHash).refundsWei, 0);
        closeCase(h.said);
        slasher.claim(h.unkept);
        assertEq(senderOf(2).balance, COVERAGE);
    }

    function test_R5_withoutAVerdictThePromiserPays() public {
        HandOver memory h = _deceived();
        bytes memory excuse = abi.encode(sealedExcuse(h.first, h.said));
        vm.expectPartialRevert(bytes4(keccak256("NoVerdict(uint32,bytes32)")));
        slasher.shiftLiability(h.unkept, h.frag, 2, excuse);
    }

    /// B's two Bases of one window are no fork: the first one's parent did not come to stand (R5).
    function test_R5_aSecondStartIsNoForkAndItsOwnBatchBreaksNoBase() public {
        HandOver memory h = _deceived();
        bool lower = h.first.baseHash < h.second.baseHash;
        (Turn memory low, Turn memory high) = lower ? (h.first, h.second) : (h.second, h.first);
        acquit(forkJudge, abi.encode(ForkEvidence(accuse(low), signed(B, low.base), signed(B, high.base))), nothing());
        bytes memory lie = lieOf(h.first, h.second, 1, 2, Difference.Transaction);
        acquit(lieJudge, lie, IEvidence.OtherBase.selector);
    }
}
