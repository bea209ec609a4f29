// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchRecord, BatchStatus, IInbox, Posting} from "../../src/interfaces/IInbox.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {InboxFakeLookahead} from "../support/InboxFakes.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// Who may post which blocks when (R1, R8, R12, R15, R23, R27).
contract InboxPostingTest is InboxWorld {
    function setUp() public override {
        super.setUp();
        lookahead.setWindow(4, 15, A);
    }

    function test_theOwnerOfTheSlotPostsItsTurn() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        vm.expectEmit(address(inbox));
        emit IInbox.BaseStored(15, A, posting.batch.base, posting.base, posting.baseSignature);
        vm.expectEmit(address(inbox));
        emit IInbox.BatchPosted(1, A, MessageHashes.hash(posting.batch), 0, posting.batch, signBatch(KEY_A, posting));
        assertEq(post(posting, KEY_A), 1);
        BatchRecord memory record = inbox.record(1);
        assertEq(record.batchHash, MessageHashes.hash(posting.batch));
        assertEq(record.base, posting.batch.base);
        assertEq(record.gateway, A);
        assertEq(record.parentId, 0);
        assertEq(record.window, 15);
        assertEq(record.postedSlot, 10);
        assertEq(record.firstBlock, 1);
        assertEq(record.lastBlock, 100);
        assertEq(record.poster, address(0), "no cover");
        assertEq(record.costWei, 0);
        assertEq(inbox.newest(), 1);
        assertEq(inbox.baseOf(15), posting.batch.base);
        assertStatus(1, BatchStatus.Posted);
    }

    function test_laterBatchesOfABaseBringNoPreimage() public {
        postOn(0, 50, 15, KEY_A);
        Posting memory posting = plan(1, 100, 15, KEY_A);
        delete posting.base;
        delete posting.baseSignature;
        assertEq(post(posting, KEY_A), 2);
        assertEq(inbox.record(2).firstBlock, 51);
    }

    // --- R12: whose slot ---

    function test_R12_theSlotIsTheOneOfTheBlocksTimestamp() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        bytes memory signed = signBatch(KEY_A, posting);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongSlot.selector, 10, 11));
        inbox.postBatch(posting, signed, 11);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongSlot.selector, 10, 9));
        inbox.postBatch(posting, signed, 9);
    }

    function test_R12_anUnprovenSlotHasNoOwner() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        atSlot(70);
        posting.batch.lastOriginNumber = 1069;
        posting.batch.lastOriginHash = l1Hash(1069);
        refused(posting, KEY_A, abi.encodeWithSelector(InboxFakeLookahead.LookaheadUnknown.selector, 70));
    }

    function test_R12_aSlotProofReplacesAMissingPoke() public {
        atSlot(70);
        lookahead.setProofOnly(70, A, "the proof");
        Posting memory posting = plan(0, 100, 70, KEY_A);
        refused(posting, KEY_A, abi.encodeWithSelector(InboxFakeLookahead.LookaheadUnknown.selector, 70));
        posting.slotProof = "another";
        refused(posting, KEY_A, abi.encodeWithSelector(InboxFakeLookahead.BadProof.selector));
        posting.slotProof = "the proof";
        post(posting, KEY_A);
    }

    function test_refusedAsTheWrongGateway() public {
        // B signs a batch of its own later window in A's slot.
        Posting memory posting = plan(0, 100, 23, KEY_B);
        refused(posting, KEY_B, abi.encodeWithSelector(IInbox.WrongWindow.selector, 15, 23));
        // B claims A's window.
        posting = plan(0, 100, 15, KEY_B);
        bytes32 setA = MessageHashes.hash(setOf(KEY_A));
        bytes32 setB = MessageHashes.hash(setOf(KEY_B));
        refused(posting, KEY_B, abi.encodeWithSelector(IInbox.WrongCommitterSet.selector, setA, setB));
        // B brings A's set and its own signature.
        posting.set = setOf(KEY_A);
        refused(posting, KEY_B, abi.encodeWithSelector(CommitterSignatures.NotAMember.selector, 0, vm.addr(KEY_B)));
    }

    function test_verifyGatewayNamesTheOwner() public {
        inbox.verifyGateway(A, 15);
        inbox.verifyGateway(B, 16);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongGateway.selector, A, B));
        inbox.verifyGateway(B, 15);
        vm.expectRevert(abi.encodeWithSelector(InboxFakeLookahead.LookaheadUnknown.selector, 64));
        inbox.verifyGateway(B, 64);
    }

    // --- R15: keys ---

    function test_R15_theSetIsTheOneOfTheWindowsEpoch() public {
        // A window that ends in epoch 1 is signed by epoch 1's keys, though it began in epoch 0.
        lookahead.setWindow(24, 33, A);
        registry.setAt(A, 1, MessageHashes.hash(setOf(KEY_B)));
        atSlot(30);
        refused(
            plan(0, 100, 33, KEY_A),
            KEY_A,
            abi.encodeWithSelector(
                IInbox.WrongCommitterSet.selector, MessageHashes.hash(setOf(KEY_B)), MessageHashes.hash(setOf(KEY_A))
            )
        );
        postOn(0, 100, 33, KEY_B);
    }

    function test_R15_aSetOfThreeNeedsTwoOfThem() public {
        CommitterSet memory set;
        set.threshold = 2;
        set.members = new address[](3);
        uint256[3] memory keys = [uint256(11), 12, 13];
        for (uint256 i; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(keys[i]) > vm.addr(keys[j])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
        for (uint256 i; i < 3; ++i) {
            set.members[i] = vm.addr(keys[i]);
        }
        registry.setAlways(A, MessageHashes.hash(set));
        Posting memory posting = plan(0, 100, 15, KEY_A);
        posting.set = set;
        bytes32 baseHash = MessageHashes.hash(posting.base);
        posting.baseSignature = bytes.concat(sign(keys[0], baseHash), sign(keys[2], baseHash));
        bytes memory one = signBatch(keys[0], posting);
        bytes memory two = signBatch(keys[1], posting);
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 130, 65));
        inbox.postBatch(posting, one, 10);
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignersNotAscending.selector, 1));
        inbox.postBatch(posting, bytes.concat(two, one), 10);
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignersNotAscending.selector, 1));
        inbox.postBatch(posting, bytes.concat(one, one), 10);
        inbox.postBatch(posting, bytes.concat(one, two), 10);
    }

    function test_aGatewayWithoutKeysPostsNothing() public {
        registry.setAlways(A, 0);
        Posting memory posting = plan(0, 100, 15, KEY_A);
        bytes32 got = MessageHashes.hash(setOf(KEY_A));
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.WrongCommitterSet.selector, bytes32(0), got));
    }

    function test_aSignatureForAnotherRollupOrChainDoesNotReplay() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        bytes32 digest = MessageHashes.digest(MessageHashes.domain(address(this)), MessageHashes.hash(posting.batch));
        bytes memory signed = signature(KEY_A, digest);
        vm.expectPartialRevert(CommitterSignatures.NotAMember.selector);
        inbox.postBatch(posting, signed, 10);
        signed = signBatch(KEY_A, posting);
        vm.chainId(77);
        vm.expectPartialRevert(CommitterSignatures.NotAMember.selector);
        inbox.postBatch(posting, signed, 10);
    }

    function test_everyFieldOfTheBatchIsUnderTheSignature() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        bytes memory signed = signBatch(KEY_A, posting);
        posting.batch.blocksRoot = keccak256("other");
        vm.expectPartialRevert(CommitterSignatures.NotAMember.selector);
        inbox.postBatch(posting, signed, 10);
    }

    // --- R1: the turn ---

    function test_R1_aBatchEndsWithItsTurn() public {
        (, uint64 last) = inbox.blocksOf(8, 15);
        assertEq(last, 143);
        refused(plan(0, 144, 15, KEY_A), KEY_A, abi.encodeWithSelector(IInbox.BlockAfterTurn.selector, 143, 144));
        postOn(0, 143, 15, KEY_A);
    }

    function test_R1_turnsOfAdjacentWindowsTouchAndNeverOverlap() public view {
        (uint64 firstA, uint64 lastA) = inbox.blocksOf(8, 15);
        (uint64 firstB, uint64 lastB) = inbox.blocksOf(16, 23);
        assertEq(firstA, 48);
        assertEq(firstB, lastA + 1);
        assertEq(lastB - firstB + 1, 96);
        assertEq(inbox.earliestPostingSlot(firstA), 8);
        assertEq(inbox.earliestPostingSlot(lastA), 15);
        assertEq(inbox.earliestPostingSlot(firstB), 16);
    }

    function test_R1_aTurnBeforeTheFirstBlockIsEmpty() public view {
        (uint64 first, uint64 last) = inbox.blocksOf(0, 3);
        assertEq(first, 1);
        assertEq(last, 0);
        (first, last) = inbox.blocksOf(4, 4);
        assertEq(first, 1);
        assertEq(last, 11);
    }

    /// Every block lies in exactly the turn that ends at its earliest posting slot.
    function testFuzz_R1_blocksAndSlotsAgree(uint64 slot, uint64 length, uint64 blockNumber) public view {
        slot = uint64(bound(slot, 5, 1 << 39));
        length = uint64(bound(length, 0, 64));
        (uint64 first, uint64 last) = inbox.blocksOf(slot, slot + length);
        blockNumber = uint64(bound(blockNumber, first > 100 ? first - 100 : 1, last + 100));
        uint64 earliest = inbox.earliestPostingSlot(blockNumber);
        assertEq(blockNumber >= first && blockNumber <= last, earliest >= slot && earliest <= slot + length);
    }

    // --- R8: blobs ---

    function test_R8_aBatchWithoutBlobsIsRefused() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        posting.batch.blobHashes = new bytes32[](0);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.NoBlobs.selector));
    }

    function test_R8_blobsOfAnotherTransactionAreRefused() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        bytes32 real = blobs[0];
        posting.batch.blobHashes[0] = keccak256("elsewhere");
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlobMismatch.selector, 0, keccak256("elsewhere"), real));
        // A zero hash is not "no blob".
        posting.batch.blobHashes[0] = 0;
        vm.blobhashes(new bytes32[](0));
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlobMismatch.selector, 0, bytes32(0), bytes32(0)));
    }

    function test_R8_blobsInAnotherOrderAreRefused() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        bytes32 first = posting.batch.blobHashes[0];
        bytes32 second = nextBlob();
        posting.batch.blobHashes = new bytes32[](2);
        (posting.batch.blobHashes[0], posting.batch.blobHashes[1]) = (second, first);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlobMismatch.selector, 0, second, first));
        (posting.batch.blobHashes[0], posting.batch.blobHashes[1]) = (first, second);
        post(posting, KEY_A);
    }

    function test_R8_twoBatchesOfATransactionNeverShareABlob() public {
        postOn(0, 50, 15, KEY_A);
        Posting memory posting = plan(1, 100, 15, KEY_A);
        bytes32 second = posting.batch.blobHashes[0];
        posting.batch.blobHashes[0] = blobs[0];
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlobMismatch.selector, 1, blobs[0], second));
        posting.batch.blobHashes[0] = second;
        post(posting, KEY_A);
    }

    function test_R8_aRevertedPostRecordsNothingAndGivesItsBlobsBack() public {
        Posting memory posting = plan(0, 144, 15, KEY_A);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlockAfterTurn.selector, 143, 144));
        assertEq(inbox.newest(), 0);
        assertEq(inbox.baseOf(15), bytes32(0));
        posting.batch.lastBlock = 143;
        post(posting, KEY_A);
    }

    // --- Chain ---

    function test_postBatchExtendsTheNewestBatchOnly() public {
        Posting memory stale = plan(0, 50, 15, KEY_A);
        postOn(0, 50, 15, KEY_A);
        bytes32 head = inbox.record(1).batchHash;
        refused(stale, KEY_A, abi.encodeWithSelector(IInbox.NotTheParent.selector, head, bytes32(0)));
    }

    function test_R27_aReplayedBatchLosesTheRaceAndNothingElse() public {
        Posting memory posting = plan(0, 50, 15, KEY_A);
        bytes memory signed = signBatch(KEY_A, posting);
        vm.prank(makeAddr("stranger"));
        assertEq(inbox.postBatch(posting, signed, 10), 1);
        assertEq(inbox.record(1).gateway, A);
        bytes32 head = inbox.record(1).batchHash;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.NotTheParent.selector, head, bytes32(0)));
    }

    function test_blocksAreContiguous() public {
        postOn(0, 50, 15, KEY_A);
        Posting memory posting = plan(1, 100, 15, KEY_A);
        posting.batch.firstBlock = 50;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.WrongFirstBlock.selector, 51, 50));
        posting.batch.firstBlock = 101;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.EmptyRange.selector, 101, 100));
        posting.batch.firstBlock = 51;
        posting.batch.parentBlockHash = keccak256("another 50");
        refused(
            posting,
            KEY_A,
            abi.encodeWithSelector(
                IInbox.WrongParentBlockHash.selector, bytes20(blockHash(50, 0)), keccak256("another 50")
            )
        );
        posting.batch.parentBlockHash = blockHash(50, 0);
        post(posting, KEY_A);
    }

    function test_theFirstBatchStandsOnTheGenesisBlock() public {
        Posting memory posting = plan(0, 50, 15, KEY_A);
        posting.batch.parentBlockHash = keccak256("another genesis");
        refused(
            posting,
            KEY_A,
            abi.encodeWithSelector(
                IInbox.WrongParentBlockHash.selector, bytes20(L2_GENESIS_HASH), keccak256("another genesis")
            )
        );
    }

    function test_R8_blocksThatNodesFilledInMayBeSkippedAfterTheSequencingWindow() public {
        postOn(0, 50, 15, KEY_A);
        lookahead.setWindow(100, 140, A);
        // Block 59 has its turn in slot 8: nodes fill it in slot 108.
        atSlot(107);
        Posting memory posting = plan(1, 1000, 140, KEY_A);
        posting.batch.firstBlock = 60;
        posting.batch.parentBlockHash = keccak256("filled 59");
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.GapTooYoung.selector, 60, 108, 107));
        atSlot(108);
        posting.batch.lastOriginNumber = 1107;
        posting.batch.lastOriginHash = l1Hash(1107);
        assertEq(post(posting, KEY_A), 2);
        assertEq(inbox.record(2).firstBlock, 60);
    }

    function test_rangesBeyondWhatTheRecordHoldsAreRefused() public {
        // 2^24 blocks at once, in a window late enough.
        lookahead.setWindow(2_000_000, 2_000_000, A);
        vm.warp(GENESIS + 2_000_000 * 12);
        Posting memory posting = plan(0, 1 << 24, 2_000_000, KEY_A);
        post(posting, KEY_A);
        posting = plan(1, (2 << 24) + 1, 2_000_000, KEY_A);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.OutOfRange.selector, 1 << 24, 1 << 24));
        posting.batch.lastBlock = 1 << 40;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.OutOfRange.selector, 1 << 40, 1 << 40));
    }

    // --- R23: origin ---

    function test_R23_theOriginIsOnL1() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        posting.batch.lastOriginHash = keccak256("orphan");
        refused(
            posting, KEY_A, abi.encodeWithSelector(IInbox.WrongOriginHash.selector, l1Hash(1009), keccak256("orphan"))
        );
        posting.batch.lastOriginNumber = 1010;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.OriginOutOfRange.selector, 910, 1009, 1010));
        posting.batch.lastOriginNumber = 909;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.OriginOutOfRange.selector, 910, 1009, 909));
        posting.batch.lastOriginNumber = 910;
        posting.batch.lastOriginHash = l1Hash(910);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.OriginUnknown.selector, 910));
        rememberBlock(910);
        post(posting, KEY_A);
    }

    function test_R23_withoutTheHistoryContractNoOriginIsKnown() public {
        vm.etch(HISTORY, "");
        refused(plan(0, 100, 15, KEY_A), KEY_A, abi.encodeWithSelector(IInbox.OriginUnknown.selector, 1009));
    }

    function test_R3_aReorgThatMovesTheOriginRefusesTheSameBatch() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        vm.store(HISTORY, bytes32(uint256(1009) % 8191), keccak256("after the reorg"));
        refused(
            posting,
            KEY_A,
            abi.encodeWithSelector(IInbox.WrongOriginHash.selector, keccak256("after the reorg"), l1Hash(1009))
        );
    }

    /// Nothing in a batch or its signature names the L1 block it lands in: after a reorg the same bytes are good in another one.
    function test_aReorgedBatchIsPostedAgainAsItWas() public {
        Posting memory posting = plan(0, 100, 15, KEY_A);
        bytes memory signed = signBatch(KEY_A, posting);
        uint256 before = vm.snapshotState();
        inbox.postBatch(posting, signed, 10);
        bytes32 batchHash = inbox.record(1).batchHash;
        vm.revertToState(before);
        assertEq(inbox.batchCount(), 0);
        vm.warp(vm.getBlockTimestamp() + 24);
        vm.roll(vm.getBlockNumber() + 1);
        inbox.postBatch(posting, signed, 12);
        assertEq(inbox.record(1).batchHash, batchHash);
        assertEq(inbox.record(1).postedSlot, 12);
    }

    // --- Cost and lookups ---

    function test_R6_theCostOfCoverIsMeasuredAndATipCountsUpToTheBaseFee() public {
        vm.fee(10 gwei);
        // The cheat code takes the excess blob gas the fee follows from.
        vm.blobBaseFee(100_000_000);
        uint256 blobFee = 131_072 * block.blobbasefee;
        assertGt(block.blobbasefee, 1000);
        postOn(0, 60, 15, KEY_A);
        atSlot(16);
        vm.txGasPrice(12 gwei);
        Posting memory posting = plan(1, 100, 23, KEY_B);
        bytes memory signed = signBatch(KEY_B, posting);
        vm.prank(makeAddr("coverer"));
        uint32 cover = inbox.postBatch(posting, signed, 16);
        tookBlobs(1);
        assertEq(inbox.record(cover).poster, makeAddr("coverer"));
        uint256 fair = inbox.record(cover).costWei;
        assertGt(fair, blobFee + 150_000 * 12 gwei);
        assertLt(fair, blobFee + 400_000 * 12 gwei);
        vm.txGasPrice(1000 gwei);
        cover = postOn(cover, 160, 23, KEY_B);
        assertLt(inbox.record(cover).costWei, blobFee + 300_000 * 20 gwei);
        // Blocks 161.. are B's own turn.
        assertGt(inbox.record(cover).costWei, 0);
        uint32 own = postOn(cover, 170, 23, KEY_B);
        assertEq(inbox.record(own).costWei, 0);
        assertEq(inbox.record(own).poster, address(0));
        assertEq(inbox.record(postOn(own, 180, 23, KEY_B)).costWei, 0);
    }

    function test_R6_blocksBeforeTheKnownWindowsAreCover() public {
        lookahead.setWindow(4, 5, 0);
        postOn(0, 20, 15, KEY_A);
        assertEq(inbox.record(1).poster, address(this));
    }

    function test_lastPostedByFindsTheLastBatchOfASlot() public {
        assertEq(inbox.lastPostedBy(99), 0);
        postOn(0, 10, 15, KEY_A);
        postOn(1, 20, 15, KEY_A);
        atSlot(12);
        postOn(2, 30, 15, KEY_A);
        atSlot(16);
        postOn(3, 150, 23, KEY_B);
        uint32[9] memory expected = [uint32(0), 2, 2, 3, 3, 3, 3, 4, 4];
        for (uint64 i; i < 9; ++i) {
            assertEq(inbox.lastPostedBy(9 + i), expected[i]);
        }
    }

    function test_anUnknownBatchHasNoRecord() public {
        assertStatus(1, BatchStatus.Unknown);
        assertStatus(0, BatchStatus.Confirmed);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnknownBatch.selector, 1));
        inbox.record(1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnknownBatch.selector, 0));
        inbox.record(0);
    }
}
