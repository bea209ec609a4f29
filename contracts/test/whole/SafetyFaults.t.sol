// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {IAttesterResolver} from "../../src/interfaces/IAttesterResolver.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {PromiseTree} from "../../src/libraries/promise/PromiseTree.sol";
import {
    BrokenBaseEvidence,
    Difference,
    FalseClaimEvidence,
    ForkEvidence,
    OrderEvidence,
    PlacedLeaf,
    SealedBatchEvidence,
    TwinLeavesEvidence
} from "../../src/slashing/Evidence.sol";
import {FalseClaimJudge} from "../../src/slashing/FalseClaimJudge.sol";
import {FaultKind} from "../../src/types/Faults.sol";
import {Base, Frag, Seal} from "../../src/types/Messages.sol";
import {SlashingTransactions} from "../support/SlashingTransactions.sol";
import {SlashingTree} from "../support/SlashingTree.sol";
import {Accusers} from "./Accusers.sol";

/// Each way to break one's word in one's own messages: an honest history, changed in one place, costs the safety amount.
contract SafetyFaultsTest is Accusers {
    // --- lie (R7) ---

    function _lies(Difference difference) private {
        Turn memory said = turnOf(0, genesis(), 0);
        Turn memory done = turnOf(0, genesis(), 1);
        postTurn(done);
        // At once: no need to wait until the batch is Confirmed (R4.5).
        convictSafety(lieJudge, lieOf(said, done, 5, 2, difference), said, FaultKind.Lie);
    }

    function test_anotherTransactionInTheOwnPostedBatchIsALie() public {
        _lies(Difference.Transaction);
    }

    function test_anotherReceiptInTheOwnPostedBatchIsALie() public {
        _lies(Difference.Receipt);
    }

    function test_anotherHeaderInTheOwnPostedBatchIsALie() public {
        Turn memory said = turnOf(0, genesis(), 0);
        Turn memory done = turnOf(0, genesis(), 0);
        done.blocks[5].env.prevRandao = keccak256("mine");
        finish(done.blocks[5], done.blocks[4].blockHash);
        done.batches[1] = batchOf(done, 4, 8, MessageHashes.hash(done.batches[0]));
        postTurn(done);
        convictSafety(lieJudge, lieOf(said, done, 5, 2, Difference.Header), said, FaultKind.Lie);
    }

    function test_aShorterBlockInTheOwnPostedBatchIsALie() public {
        Turn memory said = turnOf(0, genesis(), 0);
        Turn memory done = turnOf(0, genesis(), 0);
        bytes[] memory fewer = new bytes[](2);
        (fewer[0], fewer[1]) = (done.blocks[5].transactions[0], done.blocks[5].transactions[1]);
        done.blocks[5].transactions = fewer;
        finish(done.blocks[5], done.blocks[4].blockHash);
        done.batches[1] = batchOf(done, 4, 8, MessageHashes.hash(done.batches[0]));
        postTurn(done);
        convictSafety(lieJudge, lieOf(said, done, 5, 3, Difference.Transaction), said, FaultKind.Lie);
    }

    // --- fork (R2) ---

    /// R2's own example: branch 1 goes on in a block that branch 2 has sealed, and begins the next one.
    function test_R2_aForkAtABlockBorderIsSlashed() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        atSlot(turn.window - 3);
        // Branch 2: block 1 is sealed after its first frag, and block 2 begins at sequence 1.
        Seal memory early = turn.seals[0];
        early.lastSequence = 0;
        early.lastFrag = MessageHashes.hash(turn.frags[0]);
        ForkEvidence memory e = ForkEvidence(accuse(turn), signed(A, early), signed(A, turn.frags[1]));
        convictSafety(forkJudge, abi.encode(e), turn, FaultKind.Fork);
        // Once only: the other messages of the two branches are the same fault.
        Frag memory next = turn.frags[2];
        next.sequence = 1;
        next.previousFrag = early.lastFrag;
        bytes memory again = abi.encode(ForkEvidence(accuse(turn), signed(A, turn.frags[1]), signed(A, next)));
        slasher.commit(keccak256(abi.encode(forkJudge, keccak256(again), watcher)));
        vm.roll(vm.getBlockNumber() + 1);
        vm.expectPartialRevert(ISlasher.AlreadyRecorded.selector);
        slasher.slash(forkJudge, again, watcher);
        assertEq(vault.reserveOf(A, address(inbox)), STAKE - 1000 ether);
    }

    /// R2: A's blocks were lost to the network; in its later window it sequences the same block numbers again, differently.
    function test_R2_honestResequencingInALaterWindowIsNoFork() public {
        Turn memory lost = turnOf(0, genesis(), 0);
        atSlot(windowOf(0) + 1);
        Turn memory again = turnOf(2, genesis(), 7);
        assertEq(again.blocks[0].number, lost.blocks[0].number);
        postTurn(again);
        for (uint256 i; i < lost.frags.length; ++i) {
            ForkEvidence memory e = ForkEvidence(accuse(lost), signed(A, lost.frags[i]), signed(A, again.frags[i]));
            acquit(forkJudge, abi.encode(e), IEvidence.OtherBase.selector);
        }
        acquit(lieJudge, lieOf(lost, again, 1, 1, Difference.Transaction), IEvidence.OtherBase.selector);
    }

    function test_twoBasesOfOneWindowAreAFork() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        atSlot(turn.window - 3);
        Base memory other = abi.decode(abi.encode(turn.base), (Base));
        other.parentBlockHash = keccak256("another parent");
        bool lower = turn.baseHash < MessageHashes.hash(other);
        (Base memory first, Base memory second) = lower ? (turn.base, other) : (other, turn.base);
        (turn.base, turn.baseHash) = (first, MessageHashes.hash(first));
        ForkEvidence memory e = ForkEvidence(accuse(turn), signed(A, first), signed(A, second));
        convictSafety(forkJudge, abi.encode(e), turn, FaultKind.Fork);
    }

    /// (f): two leaves for one index, under one signed root.
    function test_twoLeavesForOneIndexAreAFork() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        atSlot(turn.window - 3);
        bytes32[] memory leaves = leavesOf(turn.blocks[0], 1);
        TwinLeavesEvidence memory e;
        e.first.leaf = leafOf(turn.blocks[0], 1);
        e.second.leaf = leafOf(turn.blocks[0], 2);
        e.second.leaf.index = 1;
        leaves[1] = PromiseTree.hash(e.second.leaf);
        e.frag = turn.frags[1];
        e.frag.promisesRoot = SlashingTree.root(leaves);
        e.signature = sign(A, MessageHashes.hash(e.frag));
        e.accused = accuse(turn);
        e.first = PlacedLeaf(e.first.leaf, 0, SlashingTree.branch(leaves, 0));
        e.second = PlacedLeaf(e.second.leaf, 1, SlashingTree.branch(leaves, 1));
        convictSafety(twinLeavesJudge, abi.encode(e), turn, FaultKind.Fork);
    }

    /// (g): the posted batch has another block than the one sealed.
    function test_anOwnPostedBatchAgainstAnOwnSealIsAFork() public {
        Turn memory said = turnOf(0, genesis(), 0);
        Turn memory done = turnOf(0, genesis(), 1);
        postTurn(done);
        SealedBatchEvidence memory e;
        e.accused = accuse(said);
        e.seal = said.seals[2];
        e.sealSignature = sign(A, MessageHashes.hash(e.seal));
        e.own = signed(A, done.batches[0]);
        e.blockHash = done.blocks[2].blockHash;
        e.branch = SlashingTree.branch(blockLeaves(done, 0, 4), 2);
        convictSafety(batchForkJudge, abi.encode(e), said, FaultKind.Fork);
    }

    /// (g): the turn was handed over early, and the batch goes on.
    function test_anOwnPostedBatchBehindTheOwnEndIsAFork() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        postTurn(turn);
        SealedBatchEvidence memory e;
        e.accused = accuse(turn);
        e.seal = turn.seals[2];
        e.seal.endOfWindow = true;
        e.sealSignature = sign(A, MessageHashes.hash(e.seal));
        e.own = signed(A, turn.batches[0]);
        e.branch = new bytes32[](0);
        convictSafety(batchForkJudge, abi.encode(e), turn, FaultKind.Fork);
    }

    // --- brokenBase (R5) ---

    /// B says that it builds on A's blocks and posts a chain without them.
    function test_anOwnPostedBatchThatDeniesTheOwnBaseIsSlashed() public {
        Turn memory ofA = turnOf(0, genesis(), 0);
        Parent memory parent = endOf(ofA);
        Turn memory ofB = turnOf(1, parent, 0);
        // A has posted something else, and B follows the Inbox, against its word.
        Turn memory posted = turnOf(0, genesis(), 1);
        postTurn(posted);
        parent = endOf(posted);
        Turn memory done = turnOf(1, parent, 0);
        (done.base, done.baseHash) = (ofB.base, ofB.baseHash);
        done.batches[0] = batchOf(done, 0, 4, parent.batch);
        done.batches[0].parentBlockHash = parent.blockHash;
        atSlot(done.window);
        post(B, ofB.base, done.batches[0]);
        BrokenBaseEvidence memory e =
            BrokenBaseEvidence(accuse(ofB), signed(B, done.batches[0]), parent.blockHash, new bytes32[](0));
        convictSafety(brokenBaseJudge, abi.encode(e), ofB, FaultKind.BrokenBase);
    }

    // --- order (R19) ---

    function test_aRisingTipWithinAFragIsSlashed() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        atSlot(turn.window - 3);
        Block memory b = turn.blocks[0];
        b.transactions[2] = SlashingTransactions.dynamicFee(1, 1000, 100);
        bytes32[] memory leaves = leavesOf(b, 1);
        OrderEvidence memory e;
        e.accused = accuse(turn);
        e.frag = turn.frags[1];
        e.frag.promisesRoot = SlashingTree.root(leaves);
        e.signature = sign(A, MessageHashes.hash(e.frag));
        e.env = b.env;
        (e.earlier, e.later) = (leafOf(b, 1), leafOf(b, 2));
        (e.earlierBranch, e.laterBranch) = (SlashingTree.branch(leaves, 0), SlashingTree.branch(leaves, 1));
        (e.earlierTransaction, e.laterTransaction) = (b.transactions[1], b.transactions[2]);
        convictSafety(orderJudge, abi.encode(e), turn, FaultKind.Order);
    }

    // --- falseClaim (R4) ---

    function _disputed() private returns (Turn memory turn, uint32 batchId, bytes memory evidence) {
        turn = turnOf(0, genesis(), 0);
        atSlot(turn.window);
        batchId = post(A, turn.base, turn.batches[0]);
        evidence = abi.encode(FalseClaimEvidence(accuse(turn), signed(A, turn.batches[0]), batchId));
        vm.deal(watcher, DISPUTE_BOND);
        vm.prank(watcher);
        inbox.dispute{value: DISPUTE_BOND}(batchId);
        acquit(falseClaimJudge, evidence, FalseClaimJudge.NotVoid.selector);
    }

    function _verdict(uint32 batchId, bool isVoid) private view returns (bytes memory signatures) {
        bytes32 found = resolver.attestationHash(inbox, batchId, inbox.record(batchId).batchHash, isVoid);
        bytes32 digest = MessageHashes.digest(resolver.domainSeparator(), found);
        return bytes.concat(signature(attesterKeys[0], digest), signature(attesterKeys[1], digest));
    }

    function test_aDisputeTheAttestersUpholdIsAFalseClaimAfterTheVetoTime() public {
        (Turn memory turn, uint32 batchId, bytes memory evidence) = _disputed();
        resolver.attest(inbox, batchId, true, _verdict(batchId, true));
        vm.expectPartialRevert(IAttesterResolver.NotReady.selector);
        resolver.execute(inbox, batchId);
        acquit(falseClaimJudge, evidence, FalseClaimJudge.NotVoid.selector);
        goTo(vm.getBlockTimestamp() + VETO);
        resolver.execute(inbox, batchId);
        assertEq(uint256(inbox.statusOf(batchId)), uint256(BatchStatus.Void));
        assertEq(inbox.creditOf(watcher), DISPUTE_BOND);
        convictSafety(falseClaimJudge, evidence, turn, FaultKind.FalseClaim);
    }

    function test_aVetoedVerdictCostsTheAttestersAndNotTheGateway() public {
        (, uint32 batchId, bytes memory evidence) = _disputed();
        resolver.attest(inbox, batchId, true, _verdict(batchId, true));
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (vm.addr(attesterKeys[0]), vm.addr(attesterKeys[1]));
        vm.prank(vetoer);
        resolver.veto(inbox, batchId, signers);
        assertFalse(resolver.isActive(signers[0]));
        resolver.lapse(inbox, batchId);
        assertEq(uint256(inbox.statusOf(batchId)), uint256(BatchStatus.Confirmed));
        acquit(falseClaimJudge, evidence, FalseClaimJudge.NotVoid.selector);
        assertEq(vault.reserveOf(A, address(inbox)), STAKE);
    }

    function test_aFailedDisputeCostsTheDisputer() public {
        (, uint32 batchId, bytes memory evidence) = _disputed();
        resolver.attest(inbox, batchId, false, _verdict(batchId, false));
        resolver.execute(inbox, batchId);
        assertEq(inbox.creditOf(watcher), 0);
        acquit(falseClaimJudge, evidence, FalseClaimJudge.NotVoid.selector);
    }

    // --- Money ---

    /// Two safety faults under one base are one case: the second one takes what is left of the slice.
    function test_aLieAndAForkUnderOneBaseAreOneCase() public {
        Turn memory said = turnOf(0, genesis(), 0);
        Turn memory done = turnOf(0, genesis(), 1);
        postTurn(done);
        convictSafety(lieJudge, lieOf(said, done, 5, 2, Difference.Transaction), said, FaultKind.Lie);
        ForkEvidence memory e = ForkEvidence(accuse(said), signed(A, said.frags[1]), signed(A, done.frags[1]));
        slash(forkJudge, abi.encode(e));
        assertEq(vault.reserveOf(A, address(inbox)), 0);
        assertEq(slasher.caseOf(A, address(inbox), said.baseHash).takenWei, STAKE);
    }
}
