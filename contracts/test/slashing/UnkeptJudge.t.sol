// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {IExcuses} from "../../src/interfaces/IExcuses.sol";
import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Difference, Excuse, ForkEvidence, ShiftEvidence, UnkeptEvidence} from "../../src/slashing/Evidence.sol";
import {UnkeptJudge} from "../../src/slashing/UnkeptJudge.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Base, Batch, Frag, Seal} from "../../src/types/Messages.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// B promised block 107 in its window; the Confirmed chain holds something else there, in a batch of A.
contract UnkeptJudgeTest is SlashingWorld {
    address internal user = address(0xBEEF);
    uint64 internal constant BLOCK = 107;

    function other() internal pure returns (Content memory derived) {
        derived = content(BLOCK);
        derived.transactions[3] = hex"02aabbcc";
        finish(derived, BLOCK, env());
    }

    function unkept(Content memory confirmed) internal returns (UnkeptEvidence memory e) {
        e.accused = accuse(B);
        e.promised = promiseOf(B, BLOCK, content(BLOCK), 3, user);
        e.confirmed = batchOf(baseOf(A), 105, BLOCK, confirmed.blockHash);
        e.batchId = post(A, e.confirmed, BatchStatus.Confirmed, LATER_WINDOW + 2);
        e.content = shown(confirmed, 105, BLOCK, Difference.Transaction, 3);
    }

    function refused(UnkeptEvidence memory e, bytes4 reason) internal {
        expectRefused(unkeptJudge, abi.encode(e), reason);
    }

    function test_aConfirmedBlockOfSomebodyElseThatDiffersCostsTwiceTheCoverage() public {
        UnkeptEvidence memory e = unkept(other());
        Fault memory fault = unkeptJudge.judge(abi.encode(e));
        assertEq(uint8(fault.kind), uint8(FaultKind.Unkept));
        bytes32 frag = MessageHashes.hash(e.promised.frag);
        assertEq(fault.id, FaultIds.ofPromise(B, rollup, MessageHashes.hash(baseOf(B)), frag, 3));
        assertEq(fault.gateway, B);
        assertEq(fault.amountWei, 2 ether);
        assertEq(fault.payeeWei, 1 ether);
        assertEq(fault.payee, user);
    }

    function test_aPromiseThatSomebodyElseKeptIsNoFault() public {
        refused(unkept(content(BLOCK)), IEvidence.PromiseKept.selector);
    }

    /// R4.4: B's false claim must not frame A before anybody derives it.
    function test_onlyAConfirmedBatchCounts() public {
        UnkeptEvidence memory e = unkept(other());
        for (uint8 status; status < 6; ++status) {
            if (status == uint8(BatchStatus.Confirmed)) continue;
            inbox.setStatus(e.batchId, BatchStatus(status));
            refused(e, UnkeptJudge.NotConfirmed.selector);
        }
    }

    function test_theBatchMustBeTheInboxs() public {
        UnkeptEvidence memory e = unkept(other());
        e.confirmed.lastFrag = keccak256("other");
        refused(e, UnkeptJudge.OtherBatch.selector);
        e = unkept(other());
        e.batchId = 99;
        refused(e, UnkeptJudge.OtherBatch.selector);
    }

    /// The same difference in its own batch under its own base is a lie, at 1000 ETH: no conversion to the cheap row (R6).
    function test_theOwnBatchUnderTheOwnBaseIsForTheLieJudge() public {
        UnkeptEvidence memory e = unkept(other());
        e.confirmed.base = MessageHashes.hash(baseOf(B));
        e.batchId = post(B, e.confirmed, BatchStatus.Confirmed, LATER_WINDOW + 2);
        refused(e, UnkeptJudge.OwnBatchSameBase.selector);
    }

    function test_theOwnBatchOfALaterWindowIsUnkept() public {
        UnkeptEvidence memory e = unkept(other());
        e.batchId = post(B, e.confirmed, BatchStatus.Confirmed, LATER_WINDOW + 2);
        assertEq(unkeptJudge.judge(abi.encode(e)).gateway, B);
    }

    function covering(uint128 coverage, uint128 windowCoverage) internal returns (UnkeptEvidence memory e) {
        e = unkept(other());
        e.promised.leaf.coverage = coverage;
        e.promised.frag.firstTransaction = 3;
        e.promised.frag.transactionCount = 1;
        e.promised.branch = new bytes32[](0);
        e.promised.frag.windowCoverage = windowCoverage;
        e.promised.frag.promisesRoot = keccak256(abi.encodePacked(uint8(0), abi.encode(e.promised.leaf)));
        resign(B, e.promised);
    }

    function test_aPromiseWithoutCoverageIsOwedNothing() public {
        refused(covering(0, 10 ether), UnkeptJudge.NothingCovered.selector);
    }

    function test_aLeafCannotCoverMoreThanItsWindow() public {
        refused(covering(10 ether + 1, 10 ether), UnkeptJudge.CoverageBeyondWindow.selector);
    }

    /// R6: invented coverage for a puppet waters down nobody's refund.
    function test_coverageBeyondTheReserveCountsAsNothing() public {
        assertEq(unkeptJudge.judge(abi.encode(covering(1 ether, 1000 ether))).amountWei, 2 ether);
        refused(covering(1 ether, 1000 ether + 1), UnkeptJudge.CoverageBeyondReserve.selector);
        refused(covering(type(uint128).max, type(uint128).max), UnkeptJudge.CoverageBeyondReserve.selector);
    }

    /// The fault can become provable after the plain horizon: it is heard as long as the bond stays.
    function test_evidenceIsHeardWhileTheInboxMayStillConfirm() public {
        UnkeptEvidence memory e = unkept(other());
        uint256 until = GENESIS + 12 * (uint256(LATER_WINDOW) + 1) + 14 days;
        vm.warp(until);
        unkeptJudge.judge(abi.encode(e));
        vm.warp(until + 1);
        refused(e, IEvidence.EvidenceTooOld.selector);
    }

    function testFuzz_anyChangedByteConvictsNobody(uint256 place, uint8 change) public {
        bytes memory e = abi.encode(unkept(other()));
        place = bound(place, 0, e.length - 1);
        e[place] ^= bytes1(change == 0 ? 1 : change);
        vm.expectRevert();
        unkeptJudge.judge(e);
    }

    // --- Whose promise it was to keep (R5) ---

    /// A ends its turn with a seal over block 105; B's base rests on it.
    function endSeal() internal pure returns (Seal memory s) {
        s = sealOf(A, 105, 9);
        s.endOfWindow = true;
    }

    function sealedBase() internal pure returns (Base memory base) {
        base = baseOf(B);
        base.parentBlock = 105;
        base.parentBlockHash = endSeal().blockHash;
        base.parentSeal = MessageHashes.hash(endSeal());
    }

    function sealedExcuse() internal view returns (ShiftEvidence memory s) {
        s.accused = accuse(B, sealedBase());
        s.excuse.predecessor = accuse(A);
        s.excuse.seal = endSeal();
        s.excuse.sealSignature = sign(A, MessageHashes.hash(endSeal()));
        s.excuse.convicted = baseOf(A);
    }

    function convictA() internal {
        Frag memory a = fragOf(A, 101, 5);
        Frag memory b = fragOf(A, 101, 5);
        b.gasUsed = 1;
        slash(forkJudge, abi.encode(ForkEvidence(accuse(A), signed(A, a), signed(A, b))));
    }

    function sealedUnkept() internal returns (UnkeptEvidence memory e) {
        e = unkept(other());
        e.accused = accuse(B, sealedBase());
        e.promised.frag.base = MessageHashes.hash(sealedBase());
        resign(B, e.promised);
    }

    function test_aForkVerdictAgainstTheSealersMovesTheLiability() public {
        convictA();
        UnkeptEvidence memory e = sealedUnkept();
        assertEq(unkeptJudge.judge(abi.encode(e)).gateway, B);
        e.excuse = abi.encode(sealedExcuse());
        Fault memory fault = unkeptJudge.judge(abi.encode(e));
        assertEq(fault.gateway, A);
        assertEq(fault.base, MessageHashes.hash(baseOf(A)));
        // The promise stays one promise, whoever pays.
        e.excuse = "";
        assertEq(fault.id, unkeptJudge.judge(abi.encode(e)).id);
    }

    /// A predecessor that is merely silent excuses nobody.
    function test_withoutAVerdictThereIsNoExcuse() public {
        UnkeptEvidence memory e = sealedUnkept();
        e.excuse = abi.encode(sealedExcuse());
        refused(e, IExcuses.NoVerdict.selector);
    }

    function test_anExcuseIsForOneBaseOnly() public {
        convictA();
        UnkeptEvidence memory e = unkept(other());
        e.excuse = abi.encode(sealedExcuse());
        refused(e, UnkeptJudge.ExcuseOfAnother.selector);
    }

    function refusedExcuse(ShiftEvidence memory s, bytes4 reason) internal {
        vm.expectPartialRevert(reason);
        excuses.shift(abi.encode(s));
    }

    function test_theSealMustBeTheOneTheBaseNames() public {
        convictA();
        excuses.shift(abi.encode(sealedExcuse()));
        ShiftEvidence memory s = sealedExcuse();
        s.excuse.seal.lastSequence = 8;
        refusedExcuse(s, IExcuses.RestsElsewhere.selector);
        s = sealedExcuse();
        s.excuse.sealSignature = sign(B, MessageHashes.hash(endSeal()));
        vm.expectRevert();
        excuses.shift(abi.encode(s));
        s = sealedExcuse();
        s.accused.base.parentBlock = 104;
        refusedExcuse(s, IExcuses.RestsElsewhere.selector);
        s = sealedExcuse();
        s.excuse.convicted.window += 1;
        refusedExcuse(s, IExcuses.OtherWindow.selector);
        s = sealedExcuse();
        s.excuse.predecessor.rollup = address(1);
        refusedExcuse(s, IExcuses.ExcuseOfAnotherRollup.selector);
        s = sealedExcuse();
        s.excuse.predecessor.base.attempt = 1;
        refusedExcuse(s, IEvidence.OtherBase.selector);
    }

    /// Else a forger could promise on for nothing under a verdict it has paid.
    function test_aGatewayIsNoExcuseForItself() public {
        ShiftEvidence memory s = sealedExcuse();
        s.excuse.predecessor = accuse(B);
        refusedExcuse(s, IExcuses.OwnPredecessor.selector);
    }

    function test_anOpenBaseHasNoExcuse() public {
        convictA();
        ShiftEvidence memory s = sealedExcuse();
        s.accused.base.parentSeal = 0;
        refusedExcuse(s, IExcuses.RestsElsewhere.selector);
    }

    function postedExcuse(BatchStatus status) internal returns (ShiftEvidence memory s) {
        s.accused = accuse(B);
        s.excuse.predecessor = accuse(A);
        s.excuse.batch = batchOf(baseOf(A), 101, 105, baseOf(B).parentBlockHash);
        s.excuse.batchId = post(A, s.excuse.batch, status, WINDOW);
        s.excuse.convicted = baseOf(A);
    }

    function test_aPostedBatchThatFellExcusesWhoBuiltOnIt() public {
        convictA();
        assertEq(excuses.shift(abi.encode(postedExcuse(BatchStatus.Void))).liableGateway, A);
        ShiftEvidence memory s = postedExcuse(BatchStatus.Void);
        s.accused.base.parentBlockHash = keccak256("elsewhere");
        refusedExcuse(s, IExcuses.RestsElsewhere.selector);
        s = postedExcuse(BatchStatus.Void);
        s.excuse.batch.lastFrag = keccak256("other");
        refusedExcuse(s, IExcuses.RestsElsewhere.selector);
    }

    /// Else B could withhold for nothing whenever A once forked, though everything it built on is there.
    function test_aPostedBatchThatStandsExcusesNobody() public {
        convictA();
        refusedExcuse(postedExcuse(BatchStatus.Confirmed), IExcuses.ParentStands.selector);
    }

    /// A late window is told before its parent is decided: nobody is excused by what may still come to stand.
    function test_aPostedBatchThatIsNotDecidedExcusesNobodyYet() public {
        convictA();
        refusedExcuse(postedExcuse(BatchStatus.Posted), IExcuses.ParentUndecided.selector);
        ShiftEvidence memory s = postedExcuse(BatchStatus.Disputed);
        refusedExcuse(s, IExcuses.ParentUndecided.selector);
        inbox.setStatus(s.excuse.batchId, BatchStatus.Orphaned);
        assertEq(excuses.shift(abi.encode(s)).liableGateway, A);
    }

    function test_trailingBytesOfAnExcuseAreRefused() public {
        convictA();
        bytes memory longer = abi.encodePacked(abi.encode(sealedExcuse()), uint8(0));
        vm.expectPartialRevert(IEvidence.EvidenceNotCanonical.selector);
        excuses.shift(longer);
    }
}
