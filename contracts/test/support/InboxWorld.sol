// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IClaimResolver} from "../../src/interfaces/IClaimResolver.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {BatchStatus, Posting} from "../../src/interfaces/IInbox.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {Inbox} from "../../src/inbox/Inbox.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Base, Batch} from "../../src/types/Messages.sol";
import {CommitterSet, RollupConfig} from "../../src/types/Windows.sol";
import {InboxFakeLookahead, InboxFakeRegistry, InboxFakeResolver} from "./InboxFakes.sol";
import {Test} from "./Test.sol";

/// An Inbox with two gateways, 12-second slots, 1-second blocks and H = 4. Block n has the timestamp GENESIS + n, so the turn of the
/// window (p, s] is blocks 12 (p - 3) to 12 (s - 3) - 1.
///
/// Windows: slots 8..15 are A's, 16..23 B's, 24..31 A's, 32..63 B's.
abstract contract InboxWorld is Test {
    uint64 internal constant GENESIS = 1_000_000;
    uint64 internal constant CLAIM_WINDOW = 1 hours;
    uint64 internal constant RESOLVER_TIME = 2 hours;
    uint256 internal constant BOND = 1 ether;
    uint64 internal constant SEQUENCING_WINDOW = 100;
    bytes32 internal constant L2_GENESIS_HASH = keccak256("rollup genesis");
    uint32 internal constant A = 1;
    uint32 internal constant B = 2;
    uint256 internal constant KEY_A = 0xA11CE;
    uint256 internal constant KEY_B = 0xB0B;
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// The runtime code EIP-2935 lists.
    bytes internal constant HISTORY_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

    Inbox internal inbox;
    InboxFakeLookahead internal lookahead;
    InboxFakeRegistry internal registry;
    InboxFakeResolver internal resolver;
    /// All blobs of this "transaction": a test is one transaction for the transient cursor.
    bytes32[] internal blobs;
    uint256 private _nextBlob;
    uint256 private _taken;

    function setUp() public virtual {
        vm.warp(GENESIS);
        vm.roll(1000);
        vm.etch(HISTORY, HISTORY_CODE);
        lookahead = new InboxFakeLookahead();
        registry = new InboxFakeRegistry();
        resolver = new InboxFakeResolver();
        inbox = _deploy(_facts(), address(resolver));
        lookahead.setWindow(8, 15, A);
        lookahead.setWindow(16, 23, B);
        lookahead.setWindow(24, 31, A);
        lookahead.setWindow(32, 63, B);
        registry.setAlways(A, MessageHashes.hash(setOf(KEY_A)));
        registry.setAlways(B, MessageHashes.hash(setOf(KEY_B)));
        atSlot(10);
    }

    function _facts() internal pure returns (RollupConfig memory facts) {
        facts.l2GenesisTime = GENESIS;
        facts.blockTimeSeconds = 1;
        facts.l2GenesisHash = L2_GENESIS_HASH;
        facts.handoverSlots = 4;
        facts.lookaheadDepth = 8;
        facts.fallbackGateway = 9;
        facts.claimWindowSeconds = CLAIM_WINDOW;
        facts.resolverSeconds = RESOLVER_TIME;
        facts.disputeBondWei = BOND;
        facts.maxOriginLag = 100;
    }

    function _deploy(RollupConfig memory facts, address resolver_) internal returns (Inbox) {
        return new Inbox(
            facts,
            SEQUENCING_WINDOW,
            GENESIS,
            12,
            32,
            ILookahead(address(lookahead)),
            IGatewayRegistry(address(registry)),
            IClaimResolver(resolver_)
        );
    }

    // --- Time and L1 ---

    /// The first second of `slot`, in L1 block 1000 + slot, with the hash of the block before in its place.
    function atSlot(uint64 slot) internal {
        vm.warp(GENESIS + uint256(slot) * 12);
        vm.roll(1000 + slot);
        rememberBlock(1000 + slot - 1);
    }

    function rememberBlock(uint64 number) internal {
        vm.store(HISTORY, bytes32(uint256(number) % 8191), l1Hash(number));
    }

    function l1Hash(uint64 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("l1", number));
    }

    // --- Messages ---

    function setOf(uint256 key) internal pure returns (CommitterSet memory set) {
        set.threshold = 1;
        set.members = new address[](1);
        set.members[0] = vm.addr(key);
    }

    function baseFor(uint64 window, uint64 parentBlock) internal pure returns (Base memory base) {
        base.window = window;
        base.parentBlock = parentBlock;
        base.parentBlockHash = blockHash(parentBlock, 0);
    }

    /// Hash of a block in history `history` of the rollup.
    function blockHash(uint64 number, uint256 history) internal pure returns (bytes32) {
        return number == 0 ? L2_GENESIS_HASH : keccak256(abi.encode("l2", number, history));
    }

    /// A batch over blocks up to `lastBlock` on `parentId`, one blob, as an honest gateway of `window` would make it now.
    function plan(uint32 parentId, uint64 lastBlock, uint64 window, uint256 key)
        internal
        returns (Posting memory posting)
    {
        Batch memory batch = posting.batch;
        uint64 parentBlock;
        if (parentId != 0) {
            batch.parentBatch = inbox.record(parentId).batchHash;
            parentBlock = inbox.record(parentId).lastBlock;
        }
        posting.base = baseFor(window, parentBlock);
        if (inbox.baseOf(window) == 0) _storedBase[window] = posting.base;
        else posting.base = _storedBase[window];
        batch.base = MessageHashes.hash(posting.base);
        batch.window = window;
        batch.firstBlock = parentBlock + 1;
        batch.lastBlock = lastBlock;
        batch.parentBlockHash = blockHash(parentBlock, 0);
        batch.lastBlockHash = blockHash(lastBlock, 0);
        batch.blocksRoot = keccak256(abi.encode("blocks", parentBlock, lastBlock));
        batch.lastOriginNumber = uint64(vm.getBlockNumber()) - 1;
        batch.lastOriginHash = l1Hash(batch.lastOriginNumber);
        while (blobs.length > _taken) blobs.pop();
        batch.blobHashes = new bytes32[](1);
        batch.blobHashes[0] = nextBlob();
        posting.set = setOf(key);
        posting.baseSignature = sign(key, MessageHashes.hash(posting.base));
    }

    mapping(uint64 window => Base) internal _storedBase;

    /// What follows is another transaction: it has none of the blobs before. (In tests: `setUp`, each test, each call of an invariant run.)
    function newTransaction() internal {
        delete blobs;
        _taken = 0;
    }

    /// For posts made without the functions below.
    function tookBlobs(uint256 count) internal {
        _taken += count;
    }

    /// One more blob in the present transaction.
    function nextBlob() internal returns (bytes32 blob) {
        blob = bytes32(uint256(keccak256(abi.encode("blob", ++_nextBlob))) >> 8 | (uint256(1) << 248));
        blobs.push(blob);
        vm.blobhashes(blobs);
    }

    function sign(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        return signature(key, MessageHashes.digest(inbox.domainSeparator(), structHash));
    }

    function signBatch(uint256 key, Posting memory posting) internal view returns (bytes memory) {
        return sign(key, MessageHashes.hash(posting.batch));
    }

    // --- Acts ---

    /// Posts in the present slot.
    function post(Posting memory posting, uint256 key) internal returns (uint32 batchId) {
        batchId = inbox.postBatch(posting, signBatch(key, posting), inbox.currentSlot());
        _taken += posting.batch.blobHashes.length;
    }

    function postOn(uint32 parentId, uint64 lastBlock, uint64 window, uint256 key) internal returns (uint32) {
        return post(plan(parentId, lastBlock, window, key), key);
    }

    function postDisputing(uint32 parentId, uint64 lastBlock, uint64 window, uint256 key, uint256 valueWei)
        internal
        returns (uint32 batchId)
    {
        Posting memory posting = plan(parentId, lastBlock, window, key);
        bytes memory signed = signBatch(key, posting);
        uint32 child = newestChild(parentId);
        batchId = inbox.postBatchDisputing{value: valueWei}(posting, signed, inbox.currentSlot(), parentId, child);
        _taken += 1;
    }

    /// 0: none.
    function newestChild(uint32 parentId) internal view returns (uint32 child) {
        for (child = inbox.batchCount(); child > 0; --child) {
            if (inbox.record(child).parentId == parentId) return child;
        }
    }

    /// The post must be refused with exactly this error.
    function refused(Posting memory posting, uint256 key, bytes memory expected) internal {
        bytes memory signed = signBatch(key, posting);
        uint64 slot = inbox.currentSlot();
        uint32 before = inbox.batchCount();
        vm.expectRevert(expected);
        inbox.postBatch(posting, signed, slot);
        assertEq(inbox.batchCount(), before, "nothing recorded");
    }

    function disputeAs(address who, uint32 batchId) internal {
        vm.deal(who, who.balance + BOND);
        vm.prank(who);
        inbox.dispute{value: BOND}(batchId);
    }

    function verdict(uint32 batchId, bool isVoid) internal {
        vm.prank(address(resolver));
        inbox.resolve(batchId, isVoid);
    }

    function assertStatus(uint32 batchId, BatchStatus expected) internal view {
        assertEq(uint256(inbox.statusOf(batchId)), uint256(expected), "status");
    }

    receive() external payable {}
}
