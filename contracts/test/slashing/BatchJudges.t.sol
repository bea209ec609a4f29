// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Leaf, PromiseTree} from "../../src/libraries/promise/PromiseTree.sol";
import {
    BrokenBaseEvidence,
    FalseClaimEvidence,
    PlacedLeaf,
    SealedBatchEvidence,
    TwinLeavesEvidence
} from "../../src/slashing/Evidence.sol";
import {FalseClaimJudge} from "../../src/slashing/FalseClaimJudge.sol";
import {FaultKind} from "../../src/types/Faults.sol";
import {Base, Batch, Seal} from "../../src/types/Messages.sol";
import {SlashingTree} from "../support/SlashingTree.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// fork (f) and (g), brokenBase, falseClaim.
contract BatchJudgesTest is SlashingWorld {
    // --- fork (g): own batch against own seal ---

    function sealedBatch(bytes32 claimed) internal view returns (SealedBatchEvidence memory e) {
        e.accused = accuse(A);
        e.seal = sealOf(A, 102, 5);
        e.sealSignature = sign(A, MessageHashes.hash(e.seal));
        e.own = signed(A, batchOf(baseOf(A), 100, 102, claimed));
        e.blockHash = claimed;
        e.branch = SlashingTree.branch(blockLeaves(100, 102, claimed), 2);
    }

    function test_anOwnBatchWithAnotherHashAtASealedBlockIsAFork() public view {
        SealedBatchEvidence memory e = sealedBatch(keccak256("not what was sealed"));
        assertEq(uint8(batchForkJudge.judge(abi.encode(e)).kind), uint8(FaultKind.Fork));
    }

    function test_anOwnBatchThatHoldsWhatWasSealedIsNoFork() public {
        SealedBatchEvidence memory e = sealedBatch(sealOf(A, 102, 5).blockHash);
        expectRefused(batchForkJudge, abi.encode(e), IEvidence.NoContradiction.selector);
    }

    function test_anOwnBatchThatReachesBeyondTheEndIsAFork() public {
        SealedBatchEvidence memory e = sealedBatch(sealOf(A, 102, 5).blockHash);
        e.seal.endOfWindow = true;
        e.sealSignature = sign(A, MessageHashes.hash(e.seal));
        e.branch = new bytes32[](0);
        batchForkJudge.judge(abi.encode(e));
        // A batch that ends with the seal is honest.
        Batch memory ends = batchOf(baseOf(A), 98, 102, e.seal.blockHash);
        e.own = signed(A, ends);
        e.branch = SlashingTree.branch(blockLeaves(98, 102, e.seal.blockHash), 4);
        expectRefused(batchForkJudge, abi.encode(e), IEvidence.NoContradiction.selector);
    }

    /// R2: other content in a batch of a later window is honest.
    function test_aBatchUnderAnotherBaseIsNoFork() public {
        SealedBatchEvidence memory e = sealedBatch(keccak256("other"));
        Base memory later = baseOf(A);
        later.window += 16;
        e.own = signed(A, batchOf(later, 100, 102, e.blockHash));
        expectRefused(batchForkJudge, abi.encode(e), IEvidence.OtherBase.selector);
    }

    function test_theBatchsSignatureAndBranchAreChecked() public {
        SealedBatchEvidence memory e = sealedBatch(keccak256("other"));
        e.own.signature = sign(B, MessageHashes.hash(e.own.batch));
        expectRefused(batchForkJudge, abi.encode(e), CommitterSignatures.NotAMember.selector);
        e = sealedBatch(keccak256("other"));
        e.blockHash = keccak256("a third hash");
        expectRefused(batchForkJudge, abi.encode(e), IEvidence.OtherRoot.selector);
    }

    // --- fork (f): two leaves of one index ---

    function twins(uint256 indexOfSecond) internal view returns (TwinLeavesEvidence memory e) {
        bytes32[] memory leaves = new bytes32[](3);
        Leaf memory first = Leaf(1, keccak256("a"), address(1), 0, 0, 0);
        Leaf memory second = Leaf(indexOfSecond, keccak256("b"), address(2), 0, 0, 0);
        leaves[0] = keccak256("attributes");
        leaves[1] = PromiseTree.hash(first);
        leaves[2] = PromiseTree.hash(second);
        e.accused = accuse(A);
        e.frag = fragOf(A, 101, 5);
        e.frag.transactionCount = 3;
        e.frag.promisesRoot = SlashingTree.root(leaves);
        e.signature = sign(A, MessageHashes.hash(e.frag));
        e.first = PlacedLeaf(first, 1, SlashingTree.branch(leaves, 1));
        e.second = PlacedLeaf(second, 2, SlashingTree.branch(leaves, 2));
    }

    function test_twoLeavesForOneIndexAreAFork() public view {
        assertEq(uint8(twinLeavesJudge.judge(abi.encode(twins(1))).kind), uint8(FaultKind.Fork));
    }

    function test_leavesOfTheirOwnIndicesAreNoFork() public {
        expectRefused(twinLeavesJudge, abi.encode(twins(2)), IEvidence.NoContradiction.selector);
        TwinLeavesEvidence memory e = twins(1);
        e.second = e.first;
        expectRefused(twinLeavesJudge, abi.encode(e), IEvidence.NoContradiction.selector);
    }

    function test_aLeafOutsideTheFragProvesNothing() public {
        TwinLeavesEvidence memory e = twins(1);
        e.second.leaf.txHash = keccak256("invented");
        expectRefused(twinLeavesJudge, abi.encode(e), IEvidence.OtherRoot.selector);
        e = twins(1);
        e.second.place = 3;
        expectRefused(twinLeavesJudge, abi.encode(e), PromiseTree.PlaceOutsideTree.selector);
    }

    // --- brokenBase ---

    function test_anOwnBatchThatContradictsItsBaseIsBroken() public {
        BrokenBaseEvidence memory e;
        e.accused = accuse(A);
        Batch memory b = batchOf(baseOf(A), 100, 102, keccak256("x"));
        b.parentBlockHash = e.blockHash = keccak256("another parent");
        e.own = signed(A, b);
        assertEq(uint8(brokenBaseJudge.judge(abi.encode(e)).kind), uint8(FaultKind.BrokenBase));
        b.parentBlockHash = e.blockHash = baseOf(A).parentBlockHash;
        e.own = signed(A, b);
        expectRefused(brokenBaseJudge, abi.encode(e), IEvidence.NoContradiction.selector);
        e.blockHash = keccak256("invented");
        expectRefused(brokenBaseJudge, abi.encode(e), IEvidence.EvidenceNotCanonical.selector);
    }

    function test_aBatchThatCoversTheParentMustHoldTheBasesHash() public {
        BrokenBaseEvidence memory e;
        e.accused = accuse(A);
        e.blockHash = keccak256("another parent");
        e.own = signed(A, batchOf(baseOf(A), 97, 99, e.blockHash));
        e.branch = SlashingTree.branch(blockLeaves(97, 99, e.blockHash), 2);
        brokenBaseJudge.judge(abi.encode(e));
        e.blockHash = baseOf(A).parentBlockHash;
        e.own = signed(A, batchOf(baseOf(A), 97, 99, e.blockHash));
        e.branch = SlashingTree.branch(blockLeaves(97, 99, e.blockHash), 2);
        expectRefused(brokenBaseJudge, abi.encode(e), IEvidence.NoContradiction.selector);
    }

    function test_aBatchBehindTheParentSaysNothingAboutIt() public {
        BrokenBaseEvidence memory e;
        e.accused = accuse(A);
        e.own = signed(A, batchOf(baseOf(A), 101, 102, keccak256("x")));
        e.blockHash = keccak256("invented");
        expectRefused(brokenBaseJudge, abi.encode(e), IEvidence.BlockOutsideBatch.selector);
        e.own.signature = sign(B, MessageHashes.hash(e.own.batch));
        expectRefused(brokenBaseJudge, abi.encode(e), CommitterSignatures.NotAMember.selector);
    }

    function testFuzz_aBaseOnTheLastBlockOverflowsNothing(uint64 parentBlock) public {
        BrokenBaseEvidence memory e;
        Base memory base = baseOf(A);
        base.parentBlock = parentBlock > 1000 ? parentBlock : type(uint64).max;
        e.accused = accuse(A, base);
        e.own = signed(A, batchOf(base, 100, 102, keccak256("x")));
        expectRefused(brokenBaseJudge, abi.encode(e), IEvidence.BlockOutsideBatch.selector);
    }

    // --- falseClaim ---

    function claimThatIs(BatchStatus status) internal returns (FalseClaimEvidence memory e) {
        e.accused = accuse(A);
        e.own = signed(A, batchOf(baseOf(A), 100, 102, keccak256("x")));
        e.batchId = post(A, e.own.batch, status, WINDOW);
    }

    function test_aVoidBatchIsAFalseClaim() public {
        bytes memory e = abi.encode(claimThatIs(BatchStatus.Void));
        assertEq(uint8(falseClaimJudge.judge(e).kind), uint8(FaultKind.FalseClaim));
    }

    /// R4.4: a batch on a void parent is Orphaned, no fault; nor is a dispute that is not decided.
    function test_everyOtherStatusIsNoFault() public {
        for (uint8 status; status < 6; ++status) {
            if (status == uint8(BatchStatus.Void)) continue;
            expectRefused(
                falseClaimJudge, abi.encode(claimThatIs(BatchStatus(status))), FalseClaimJudge.NotVoid.selector
            );
        }
    }

    function test_aVoidBatchThatTheAccusedDidNotSignIsNotItsFault() public {
        FalseClaimEvidence memory e = claimThatIs(BatchStatus.Void);
        e.own.signature = sign(B, MessageHashes.hash(e.own.batch));
        expectRefused(falseClaimJudge, abi.encode(e), CommitterSignatures.NotAMember.selector);
        e = claimThatIs(BatchStatus.Void);
        e.own.batch.lastFrag = keccak256("other");
        e.own = signed(A, e.own.batch);
        expectRefused(falseClaimJudge, abi.encode(e), FalseClaimJudge.OtherBatch.selector);
    }

    /// Pitfall: a horizon that ends before its proof can exist.
    function test_aVerdictInTheHorizonsLastSecondIsStillHeard() public {
        FalseClaimEvidence memory e = claimThatIs(BatchStatus.Void);
        vm.warp(GENESIS + 12 * (uint256(WINDOW) + 1) + 7 days + 1);
        falseClaimJudge.judge(abi.encode(e));
        vm.warp(GENESIS + 12 * (uint256(WINDOW) + 1) + 14 days + 1);
        expectRefused(falseClaimJudge, abi.encode(e), IEvidence.EvidenceTooOld.selector);
    }
}
