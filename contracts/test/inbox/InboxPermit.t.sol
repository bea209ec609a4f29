// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus, IInbox, Posting} from "../../src/interfaces/IInbox.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Base} from "../../src/types/Messages.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// Bases, their attempts, and the permit for late posting (R5, R11).
contract InboxPermitTest is InboxWorld {
    // --- The window's Base ---

    function test_R5_theFirstBatchOfABaseBringsItSigned() public {
        Posting memory posting = plan(0, 50, 15, KEY_A);
        posting.baseSignature = "";
        refused(posting, KEY_A, abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 65, 0));
        posting.baseSignature = sign(KEY_B, MessageHashes.hash(posting.base));
        refused(posting, KEY_A, abi.encodeWithSelector(CommitterSignatures.NotAMember.selector, 0, vm.addr(KEY_B)));
    }

    function test_R5_theBaseIsTheOneTheBatchNames() public {
        Posting memory posting = plan(0, 50, 15, KEY_A);
        bytes32 named = posting.batch.base;
        posting.base.parentFrag = keccak256("other");
        refused(
            posting, KEY_A, abi.encodeWithSelector(IInbox.WrongBase.selector, named, MessageHashes.hash(posting.base))
        );
        // No base at all is not "the one that is stored".
        posting.batch.base = 0;
        refused(
            posting,
            KEY_A,
            abi.encodeWithSelector(IInbox.WrongBase.selector, bytes32(0), MessageHashes.hash(posting.base))
        );
    }

    function test_R5_aBaseOfAnotherWindowIsRefused() public {
        Posting memory posting = plan(0, 50, 15, KEY_A);
        posting.base.window = 31;
        posting.batch.base = MessageHashes.hash(posting.base);
        posting.baseSignature = sign(KEY_A, posting.batch.base);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.WrongBaseWindow.selector, 15, 31));
    }

    function test_R5_aWindowHasOneBase() public {
        postOn(0, 50, 15, KEY_A);
        Posting memory posting = plan(1, 100, 15, KEY_A);
        bytes32 stored = posting.batch.base;
        posting.base.parentFrag = keccak256("second thoughts");
        posting.batch.base = MessageHashes.hash(posting.base);
        posting.baseSignature = sign(KEY_A, posting.batch.base);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.SecondBase.selector, stored, posting.batch.base));
    }

    /// A released more blocks than B had built on: B's first start is contradicted by the chain, it starts once more on what was posted.
    function test_R5_lateRelease_aSecondAttemptStandsOnThePostedChain() public {
        postOn(0, 143, 15, KEY_A);
        atSlot(16);
        Posting memory posting = plan(1, 200, 23, KEY_B);
        posting.base.attempt = 1;
        posting.base.parentBlock = 120;
        _rebase(posting);
        refused(posting, KEY_B, abi.encodeWithSelector(IInbox.AttemptNotAllowed.selector, 1));
        posting.base.parentBlock = 143;
        posting.base.parentBlockHash = keccak256("not what was posted");
        _rebase(posting);
        refused(posting, KEY_B, abi.encodeWithSelector(IInbox.AttemptNotAllowed.selector, 1));
        posting.base.parentBlockHash = blockHash(143, 0);
        posting.base.attempt = 2;
        _rebase(posting);
        refused(posting, KEY_B, abi.encodeWithSelector(IInbox.AttemptNotAllowed.selector, 2));
        posting.base.attempt = 1;
        _rebase(posting);
        post(posting, KEY_B);
        assertEq(inbox.baseOf(23), posting.batch.base);
        assertEq(inbox.record(2).base, posting.batch.base);
        // Its later batches bring no preimage either.
        Posting memory later = plan(2, 239, 23, KEY_B);
        later.batch.base = posting.batch.base;
        delete later.base;
        delete later.baseSignature;
        post(later, KEY_B);
    }

    function test_R5_bothAttemptsKeepTheirRecord() public {
        // The first attempt was posted on a batch that turned out void.
        uint32 bad = postOn(0, 143, 15, KEY_A);
        atSlot(16);
        uint32 first = postOn(bad, 200, 23, KEY_B);
        bytes32 firstBase = inbox.baseOf(23);
        disputeAs(address(this), bad);
        verdict(bad, true);
        assertStatus(first, BatchStatus.Orphaned);
        Posting memory posting = plan(0, 200, 23, KEY_B);
        posting.base.attempt = 1;
        posting.base.parentBlock = 0;
        posting.base.parentBlockHash = L2_GENESIS_HASH;
        _rebase(posting);
        uint32 second = post(posting, KEY_B);
        assertEq(inbox.record(first).base, firstBase);
        assertEq(inbox.record(second).base, posting.batch.base);
        assertEq(inbox.baseOf(23), posting.batch.base);
    }

    function _rebase(Posting memory posting) private view {
        posting.batch.base = MessageHashes.hash(posting.base);
        posting.baseSignature = sign(KEY_B, posting.batch.base);
    }

    // --- Cover ---

    function test_R5_aSuccessorCoversBlocksOfTheTurnBefore() public {
        postOn(0, 100, 15, KEY_A);
        atSlot(16);
        // Blocks 101..143 are A's turn.
        assertEq(postOn(1, 160, 23, KEY_B), 2);
        assertEq(inbox.record(2).gateway, B);
        assertEq(inbox.record(2).firstBlock, 101);
        assertEq(inbox.earliestPostingSlot(101), 12);
    }

    // --- Permit ---

    function test_R5_afterItsWindowNobodyPostsWithoutPermit() public {
        atSlot(16);
        refused(plan(0, 143, 15, KEY_A), KEY_A, abi.encodeWithSelector(IInbox.WrongWindow.selector, 23, 15));
    }

    /// The one-slot reorg: A's last post was reorged out, B built on it and says so.
    function test_R5_oneSlotReorg_thePermitLetsTheLateBlocksIn() public {
        atSlot(16);
        Posting memory posting = _withPermit(143, KEY_B);
        vm.prank(makeAddr("anyone"));
        assertEq(post(posting, KEY_A), 1);
        assertEq(inbox.record(1).gateway, A);
        assertEq(inbox.record(1).window, 15);
        assertEq(inbox.record(1).postedSlot, 16);
        assertStatus(1, BatchStatus.Posted);
        // B goes on where it said it would.
        assertEq(postOn(1, 200, 23, KEY_B), 2);
    }

    function test_R5_thePermitEndsAtItsParentBlock() public {
        atSlot(16);
        Posting memory posting = _withPermit(142, KEY_B);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlockAfterPermit.selector, 142, 143));
    }

    function test_R5_thePermitIsThePresentOwners() public {
        atSlot(16);
        Posting memory posting = _withPermit(143, KEY_B);
        posting.permitSet = setOf(KEY_A);
        posting.permitSignature = sign(KEY_A, MessageHashes.hash(posting.permit));
        refused(
            posting,
            KEY_A,
            abi.encodeWithSelector(
                IInbox.WrongCommitterSet.selector, MessageHashes.hash(setOf(KEY_B)), MessageHashes.hash(setOf(KEY_A))
            )
        );
        posting.permitSet = setOf(KEY_B);
        refused(posting, KEY_A, abi.encodeWithSelector(CommitterSignatures.NotAMember.selector, 0, vm.addr(KEY_A)));
    }

    function test_R5_aPermitOfAnotherWindowIsRefused() public {
        atSlot(16);
        Posting memory posting = _withPermit(143, KEY_B);
        posting.permit.window = 63;
        posting.permitSignature = sign(KEY_B, MessageHashes.hash(posting.permit));
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.WrongPermitWindow.selector, 23, 63));
    }

    function test_R5_thePermitIsForThePastNotForAWindowToCome() public {
        atSlot(16);
        Posting memory posting = _withPermit(143, KEY_B);
        posting.batch.window = 31;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.WrongWindow.selector, 23, 31));
    }

    function test_R5_theLateSignerOwnedTheWindowItNames() public {
        atSlot(16);
        Posting memory posting = _withPermit(143, KEY_B);
        // 14 is inside A's window and not its name.
        posting.batch.window = 14;
        posting.base.window = 14;
        posting.batch.base = MessageHashes.hash(posting.base);
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.WrongWindow.selector, 15, 14));
        // B did not own 15.
        posting = _withPermit(143, KEY_B);
        posting.set = setOf(KEY_B);
        refused(
            posting,
            KEY_B,
            abi.encodeWithSelector(
                IInbox.WrongCommitterSet.selector, MessageHashes.hash(setOf(KEY_A)), MessageHashes.hash(setOf(KEY_B))
            )
        );
    }

    /// A gateway whose bond is long free again makes no claims, whoever would like to let it.
    function test_R5_aPermitComesWhileTheLateSignerIsStillLiable() public {
        for (uint64 late; late <= 1; ++late) {
            uint64 slot = 15 + SEQUENCING_WINDOW + late;
            lookahead.setWindow(slot, slot, B);
            atSlot(slot);
            Posting memory posting = plan(0, 143, 15, KEY_A);
            posting.permit = baseFor(slot, 143);
            posting.permitSet = setOf(KEY_B);
            posting.permitSignature = sign(KEY_B, MessageHashes.hash(posting.permit));
            uint256 before = vm.snapshotState();
            if (late == 0) post(posting, KEY_A);
            else refused(posting, KEY_A, abi.encodeWithSelector(IInbox.PermitTooLate.selector, slot - 1, slot));
            vm.revertToState(before);
        }
    }

    function test_R1_aPermitDoesNotLengthenTheTurn() public {
        atSlot(16);
        Posting memory posting = _withPermit(150, KEY_B);
        posting.batch.lastBlock = 144;
        refused(posting, KEY_A, abi.encodeWithSelector(IInbox.BlockAfterTurn.selector, 143, 144));
    }

    /// A's batch up to block 143, late, with B's Base on `parentBlock` as the permit.
    function _withPermit(uint64 parentBlock, uint256 key) private returns (Posting memory posting) {
        posting = plan(0, 143, 15, KEY_A);
        posting.permit = baseFor(23, parentBlock);
        posting.permitSet = setOf(key);
        posting.permitSignature = sign(key, MessageHashes.hash(posting.permit));
        Base memory kept = posting.permit;
        _storedBase[23] = kept;
    }
}
