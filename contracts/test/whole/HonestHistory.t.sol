// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {
    BrokenBaseEvidence,
    Difference,
    DoubleDelegationEvidence,
    FalseClaimEvidence,
    ForkEvidence,
    LateEvidence,
    MissedSlotEvidence,
    OrderEvidence,
    PlacedLeaf,
    SealedBatchEvidence,
    SignedMessage,
    TwinLeavesEvidence,
    UnkeptEvidence
} from "../../src/slashing/Evidence.sol";
import {DoubleDelegationJudge} from "../../src/slashing/DoubleDelegationJudge.sol";
import {FalseClaimJudge} from "../../src/slashing/FalseClaimJudge.sol";
import {LateJudge} from "../../src/slashing/LateJudge.sol";
import {MissedSlotJudge} from "../../src/slashing/MissedSlotJudge.sol";
import {UnkeptJudge} from "../../src/slashing/UnkeptJudge.sol";
import {TransactionTip} from "../../src/libraries/trie/TransactionTip.sol";
import {Batch} from "../../src/types/Messages.sol";
import {Window} from "../../src/types/Windows.sol";
import {SlashingTree} from "../support/SlashingTree.sol";
import {Accusers} from "./Accusers.sol";

/// Two honest windows, from real registrations to Confirmed batches. Every judge gets every piece of that history, and convicts nobody.
/// The mutations of the other files show that the same evidence, changed in one place, convicts.
contract HonestHistoryTest is Accusers {
    uint32 private lastOfA;
    uint32 private lastOfB;

    function _live() private returns (Turn memory ofA, Turn memory ofB) {
        ofA = turnOf(0, genesis(), 0);
        ofB = turnOf(1, endOf(ofA), 0);
        lastOfA = postTurn(ofA);
        lastOfB = postTurn(ofB);
        goTo(vm.getBlockTimestamp() + CLAIM_WINDOW + 1);
        assertEq(uint256(inbox.statusOf(lastOfA)), uint256(BatchStatus.Confirmed));
        assertEq(uint256(inbox.statusOf(lastOfB)), uint256(BatchStatus.Confirmed));
    }

    function test_theWindowsFollowFromRealProofsAndRegistrations() public {
        atSlot(windowOf(1));
        // The state of the oracle's chain: validator 7 proposes slot 72. It was registered too late for that epoch.
        assertEq(lookahead.proposerAt(72), VALIDATOR_B);
        assertEq(validators.operatorAt(VALIDATOR_B, 9), address(0));
        assertEq(validators.operatorAt(VALIDATOR_B, FIRST), operatorB);
        for (uint64 number; number < 2; ++number) {
            Window memory w = lookahead.windowAt(address(inbox), windowOf(number) - 1);
            assertEq(w.gateway, gatewayOf(number), "gateway");
            assertEq(w.firstSlot, windowOf(number) - 3, "first");
            assertEq(w.lastSlot, windowOf(number), "last");
        }
    }

    /// R1: an honest gateway signs every block of its turn and posts them all by the last slot of its window; none is late.
    function test_R1_anHonestWindowOfWholeTurnsHasZeroFaults() public {
        (Turn memory ofA, Turn memory ofB) = _live();
        (uint64 first, uint64 last) = inbox.blocksOf(ofA.window - 3, ofA.window);
        assertEq(ofA.blocks[0].number, first);
        assertEq(ofA.blocks[7].number, last);
        // The last block's time lies H slots before the end of the window: there is time to post it.
        assertEq(inbox.earliestPostingSlot(last), ofA.window);
        assertEq(ofB.blocks[0].number, last + 1);
        _late(ofA, lastOfA);
        _late(ofB, lastOfB);
    }

    function _late(Turn memory turn, uint32 batchId) private {
        for (uint256 i; i < turn.frags.length; ++i) {
            LateEvidence memory e;
            e.accused = accuse(turn);
            e.frag = turn.frags[i];
            e.signature = sign(turn.gateway, MessageHashes.hash(e.frag));
            e.presence = presenceOf(turn.window - uint64(i % 2), false);
            e.coverBatchId = i % 4 < 2 ? 0 : batchId;
            acquit(lateJudge, abi.encode(e), LateJudge.PostedInTime.selector);
        }
    }

    function test_noTwoMessagesOfAnHonestTurnAreAFork() public {
        (Turn memory ofA,) = _live();
        SignedMessage[] memory messages = _messages(ofA);
        for (uint256 i; i < messages.length; ++i) {
            for (uint256 j; j < messages.length; ++j) {
                acquit(forkJudge, abi.encode(ForkEvidence(accuse(ofA), messages[i], messages[j])), nothing());
            }
        }
    }

    /// R2: A's next window re-uses sequences from 0, under another base.
    function test_messagesOfTwoWindowsAreNoFork() public {
        (Turn memory ofA, Turn memory ofB) = _live();
        Turn memory later = turnOf(2, endOf(ofB), 0);
        for (uint256 i; i < later.frags.length; ++i) {
            ForkEvidence memory e = ForkEvidence(accuse(ofA), signed(A, ofA.frags[i]), signed(A, later.frags[i]));
            acquit(forkJudge, abi.encode(e), IEvidence.OtherBase.selector);
        }
        ForkEvidence memory bases = ForkEvidence(accuse(ofA), signed(A, ofA.base), signed(A, later.base));
        acquit(forkJudge, abi.encode(bases), nothing());
    }

    function _messages(Turn memory turn) private view returns (SignedMessage[] memory messages) {
        uint256 size = turn.blocks.length;
        messages = new SignedMessage[](1 + 3 * size);
        messages[0] = signed(turn.gateway, turn.base);
        for (uint256 i; i < size; ++i) {
            messages[1 + i] = signed(turn.gateway, turn.seals[i]);
            messages[1 + size + 2 * i] = signed(turn.gateway, turn.frags[2 * i]);
            messages[2 + size + 2 * i] = signed(turn.gateway, turn.frags[2 * i + 1]);
        }
    }

    function test_everyKeptPromiseIsNoLieAndNotUnkept() public {
        (Turn memory ofA,) = _live();
        for (uint256 place; place < ofA.blocks.length; ++place) {
            for (uint256 index; index < TRANSACTIONS; ++index) {
                for (uint256 d; d < 3; ++d) {
                    Difference difference = Difference(d);
                    acquit(lieJudge, lieOf(ofA, ofA, place, index, difference), IEvidence.PromiseKept.selector);
                    bytes memory unkept = _unkept(ofA, place, index, difference);
                    acquit(unkeptJudge, unkept, UnkeptJudge.OwnBatchSameBase.selector);
                }
            }
        }
    }

    function _unkept(Turn memory turn, uint256 place, uint256 index, Difference difference)
        private
        view
        returns (bytes memory)
    {
        uint256 half = turn.blocks.length / 2;
        UnkeptEvidence memory e;
        e.accused = accuse(turn);
        e.promised = promiseOf(turn, place, index);
        e.batchId = place < half ? lastOfA - 1 : lastOfA;
        e.confirmed = turn.batches[place < half ? 0 : 1];
        e.content = place < half
            ? shown(turn, 0, half, place, difference, index)
            : shown(turn, half, turn.blocks.length, place, difference, index);
        return abi.encode(e);
    }

    function test_noBatchOfAnHonestTurnContradictsItsSealsOrItsBase() public {
        (Turn memory ofA,) = _live();
        uint256 size = ofA.blocks.length;
        for (uint256 i; i < size; ++i) {
            uint256 half = i < size / 2 ? 0 : 1;
            SealedBatchEvidence memory e;
            e.accused = accuse(ofA);
            e.seal = ofA.seals[i];
            e.sealSignature = sign(A, MessageHashes.hash(e.seal));
            e.own = signed(A, ofA.batches[half]);
            e.blockHash = ofA.blocks[i].blockHash;
            e.branch = SlashingTree.branch(blockLeaves(ofA, half * size / 2, (half + 1) * size / 2), i % (size / 2));
            acquit(batchForkJudge, abi.encode(e), nothing());
        }
        // The whole turn again in one batch, after a fee bump: two batches are never a fork (R2).
        Batch memory again = batchOf(ofA, 0, size, ofA.batches[0].parentBatch);
        SealedBatchEvidence memory whole;
        whole.accused = accuse(ofA);
        whole.seal = ofA.seals[size - 1];
        whole.sealSignature = sign(A, MessageHashes.hash(whole.seal));
        whole.own = signed(A, again);
        whole.blockHash = ofA.blocks[size - 1].blockHash;
        whole.branch = SlashingTree.branch(blockLeaves(ofA, 0, size), size - 1);
        acquit(batchForkJudge, abi.encode(whole), nothing());

        BrokenBaseEvidence memory broken =
            BrokenBaseEvidence(accuse(ofA), signed(A, ofA.batches[0]), L2_GENESIS_HASH, new bytes32[](0));
        acquit(brokenBaseJudge, abi.encode(broken), nothing());
        FalseClaimEvidence memory claim = FalseClaimEvidence(accuse(ofA), signed(A, ofA.batches[1]), lastOfA);
        acquit(falseClaimJudge, abi.encode(claim), FalseClaimJudge.NotVoid.selector);
    }

    function test_noTwoLeavesOfAnHonestFragAreTwinsOrOutOfOrder() public {
        (Turn memory ofA,) = _live();
        for (uint256 place; place < ofA.blocks.length; ++place) {
            bytes32[] memory leaves = leavesOf(ofA.blocks[place], 1);
            for (uint32 i; i < leaves.length; ++i) {
                for (uint32 j; j < leaves.length; ++j) {
                    acquit(twinLeavesJudge, _twins(ofA, place, i, j), nothing());
                    if (i < j) acquit(orderJudge, _order(ofA, place, i, j), nothing());
                }
            }
        }
    }

    /// Deposits come first and pay no tip: they are exempt from the order.
    function test_aDepositIsNeverOutOfOrder() public {
        (Turn memory ofA,) = _live();
        OrderEvidence memory e = abi.decode(_order(ofA, 0, 0, 1), (OrderEvidence));
        e.frag.firstTransaction = 0;
        e.frag.transactionCount = 2;
        bytes32[] memory leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = (leavesOf(ofA.blocks[0], 0)[0], leavesOf(ofA.blocks[0], 1)[0]);
        e.frag.promisesRoot = SlashingTree.root(leaves);
        e.signature = sign(A, MessageHashes.hash(e.frag));
        (e.earlier, e.later) = (leafOf(ofA.blocks[0], 0), leafOf(ofA.blocks[0], 1));
        (e.earlierBranch, e.laterBranch) = (SlashingTree.branch(leaves, 0), SlashingTree.branch(leaves, 1));
        (e.earlierTransaction, e.laterTransaction) = (ofA.blocks[0].transactions[0], ofA.blocks[0].transactions[1]);
        acquit(orderJudge, abi.encode(e), TransactionTip.TransactionWithoutTip.selector);
    }

    function _twins(Turn memory turn, uint256 place, uint32 i, uint32 j) private view returns (bytes memory) {
        bytes32[] memory leaves = leavesOf(turn.blocks[place], 1);
        TwinLeavesEvidence memory e;
        e.accused = accuse(turn);
        e.frag = turn.frags[2 * place + 1];
        e.signature = sign(turn.gateway, MessageHashes.hash(e.frag));
        e.first = PlacedLeaf(leafOf(turn.blocks[place], 1 + i), i, SlashingTree.branch(leaves, i));
        e.second = PlacedLeaf(leafOf(turn.blocks[place], 1 + j), j, SlashingTree.branch(leaves, j));
        return abi.encode(e);
    }

    function _order(Turn memory turn, uint256 place, uint32 i, uint32 j) private view returns (bytes memory) {
        bytes32[] memory leaves = leavesOf(turn.blocks[place], 1);
        OrderEvidence memory e;
        e.accused = accuse(turn);
        e.frag = turn.frags[2 * place + 1];
        e.signature = sign(turn.gateway, MessageHashes.hash(e.frag));
        e.env = turn.blocks[place].env;
        e.earlier = leafOf(turn.blocks[place], 1 + i);
        e.earlierBranch = SlashingTree.branch(leaves, i);
        e.earlierTransaction = turn.blocks[place].transactions[1 + i];
        e.later = leafOf(turn.blocks[place], 1 + j);
        e.laterBranch = SlashingTree.branch(leaves, j);
        e.laterTransaction = turn.blocks[place].transactions[1 + j];
        return abi.encode(e);
    }

    function test_theOperatorsOfAnHonestHistoryForfeitNothing() public {
        _live();
        DoubleDelegationEvidence memory sold;
        sold.rollup = address(inbox);
        sold.epoch = FIRST;
        sold.first = delegation(operatorA, A, 0);
        bytes32 digest = MessageHashes.digest(registry.domainSeparator(), MessageHashes.hash(sold.first));
        sold.firstSignature = signature(OPERATOR_KEY_A, digest);
        acquit(doubleDelegationJudge, abi.encode(sold), DoubleDelegationJudge.NonceUsedUp.selector);
        for (uint64 number; number < 2; ++number) {
            MissedSlotEvidence memory there = MissedSlotEvidence(address(inbox), presenceOf(windowOf(number), false));
            acquit(missedSlotJudge, abi.encode(there), MissedSlotJudge.SlotHadABlock.selector);
        }
    }
}
