// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Posting} from "../../src/interfaces/IInbox.sol";
import {Inbox} from "../../src/inbox/Inbox.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// What posting costs beyond its blobs, as a whole transaction on cold storage: intrinsic gas and calldata included.
/// The Lookahead is a fake here: add what `ownerAt` costs on cached windows.
abstract contract InboxGasWorld is InboxWorld {
    function setUp() public override {
        super.setUp();
        lookahead.setWindow(4, 15, A);
        // Another transaction: what it stored is old by the time of the test.
        postOn(0, _parentBlock(), 15, KEY_A);
        newTransaction();
    }

    function _parentBlock() internal pure virtual returns (uint64) {
        return 50;
    }

    function _measure(Posting memory posting, uint256 key, string memory name) internal returns (uint256 total) {
        bytes memory signed = signBatch(key, posting);
        bytes memory data = abi.encodeCall(Inbox.postBatch, (posting, signed, inbox.currentSlot()));
        vm.cool(address(inbox));
        vm.cool(address(lookahead));
        vm.cool(address(registry));
        vm.cool(HISTORY);
        (bool done,) = address(inbox).call(data);
        total = vm.snapshotGasLastCall("Inbox", string.concat(name, ", call"));
        assertTrue(done);
        uint256 zeros;
        for (uint256 i; i < data.length; ++i) {
            if (data[i] == 0) ++zeros;
        }
        total += 21_000 + 4 * zeros + 16 * (data.length - zeros);
        vm.snapshotValue("Inbox", string.concat(name, ", transaction"), total);
    }
}

/// With the turn before posted to block 50.
contract InboxGasTest is InboxGasWorld {
    function test_gas_aFurtherBatchOfABase() public {
        Posting memory posting = plan(1, 143, 15, KEY_A);
        delete posting.base;
        delete posting.baseSignature;
        assertLe(_measure(posting, KEY_A, "postBatch, further batch of a base"), 150_000);
    }

    function test_gas_aFurtherBatchOfSixBlobs() public {
        Posting memory posting = plan(1, 143, 15, KEY_A);
        delete posting.base;
        delete posting.baseSignature;
        posting.batch.blobHashes = new bytes32[](6);
        posting.batch.blobHashes[0] = blobs[0];
        for (uint256 i = 1; i < 6; ++i) {
            posting.batch.blobHashes[i] = nextBlob();
        }
        _measure(posting, KEY_A, "postBatch, further batch of a base, 6 blobs");
    }

    function test_gas_theFirstBatchOfABaseCoveringTheTurnBefore() public {
        atSlot(16);
        Posting memory posting = plan(1, 200, 23, KEY_B);
        assertLe(_measure(posting, KEY_B, "postBatch, first batch of a base, cover"), 220_000);
    }

    function test_gas_lateWithPermit() public {
        atSlot(16);
        Posting memory posting = plan(1, 143, 15, KEY_A);
        delete posting.base;
        delete posting.baseSignature;
        posting.permit = baseFor(23, 143);
        posting.permitSet = setOf(KEY_B);
        posting.permitSignature = sign(KEY_B, MessageHashes.hash(posting.permit));
        _measure(posting, KEY_A, "postBatch, late with permit");
    }

    function test_gas_disputes() public {
        vm.deal(address(this), BOND);
        inbox.dispute{value: BOND}(1);
        vm.snapshotGasLastCall("Inbox", "dispute, first ever");
        vm.prank(address(resolver));
        inbox.resolve(1, true);
        vm.snapshotGasLastCall("Inbox", "resolve, void");
    }

    /// Status and lookups stay cheap whatever lies between the batch and the Confirmed chain.
    function test_gas_readsDoNotGrowWithTheChain() public {
        uint32 id = 1;
        for (uint64 i; i < 60; ++i) {
            id = postOn(id, 51 + i, 15, KEY_A);
        }
        vm.warp(inbox.startOf(10) + CLAIM_WINDOW);
        vm.cool(address(inbox));
        inbox.statusOf(id);
        assertLe(vm.snapshotGasLastCall("Inbox", "statusOf, 60 batches after the last one read"), 25_000);
        vm.cool(address(inbox));
        inbox.lastPostedBy(9);
        vm.snapshotGasLastCall("Inbox", "lastPostedBy, 61 batches");
    }
}

/// The ordinary first batch of a window: the turn before is posted to its end.
contract InboxFirstBatchGasTest is InboxGasWorld {
    function _parentBlock() internal pure override returns (uint64) {
        return 143;
    }

    function test_gas_theFirstBatchOfABase() public {
        atSlot(16);
        Posting memory posting = plan(1, 200, 23, KEY_B);
        assertLe(_measure(posting, KEY_B, "postBatch, first batch of a base"), 190_000);
    }
}
