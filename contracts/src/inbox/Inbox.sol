// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IClaimResolver} from "../interfaces/IClaimResolver.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {BatchRecord, BatchStatus, IInbox, Posting} from "../interfaces/IInbox.sol";
import {ILookahead} from "../interfaces/ILookahead.sol";
import {BlobCursor} from "../libraries/blobs/BlobCursor.sol";
import {CommitterSignatures} from "../libraries/CommitterSignatures.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Base, Batch} from "../types/Messages.sol";
import {CommitterSet, RollupConfig} from "../types/Windows.sol";
import {ClaimDisputes} from "./ClaimDisputes.sol";
import {L1Origins} from "./L1Origins.sol";
import {PostingCost} from "./PostingCost.sol";
import {TurnClock} from "./TurnClock.sol";

/// One rollup's door to L1. What it checks is what L1 can know: whose slot it is, who signed, which blobs, which block range, which
/// origin. Whether the data derives to the claim is disputed (`ClaimDisputes`) or ignored by every node that derives it (R4).
///
/// The hash of the parent's last block is compared when the batch follows the newest one without a gap: that refuses honest mistakes
/// early. It is no more than that, since blocks that nodes generate by themselves are not in the Inbox (R8).
contract Inbox is ClaimDisputes {
    using MessageHashes for Base;
    using MessageHashes for Batch;
    using MessageHashes for CommitterSet;

    uint256 private constant MAX_NUMBER = 1 << 40;
    uint256 private constant MAX_BLOCKS = 1 << 24;

    ILookahead public immutable lookahead;
    IGatewayRegistry public immutable registry;
    bytes32 private immutable _separator;
    uint256 private immutable _chainId;

    /// Key: window * 2 + attempt.
    mapping(uint256 key => bytes32 baseHash) private _bases;

    /// @param sequencingWindowSlots_ slots after which nodes fill unposted blocks by themselves.
    constructor(
        RollupConfig memory facts,
        uint64 sequencingWindowSlots_,
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_,
        ILookahead lookahead_,
        IGatewayRegistry registry_,
        IClaimResolver resolver_
    ) TurnClock(facts, sequencingWindowSlots_, genesisTime_, secondsPerSlot_, slotsPerEpoch_) ClaimDisputes(resolver_) {
        lookahead = lookahead_;
        registry = registry_;
        _chainId = block.chainid;
        _separator = MessageHashes.domain(address(this));
    }

    /// @inheritdoc IInbox
    function domainSeparator() public view returns (bytes32) {
        // After a chain split, messages of one side must not count on the other.
        return block.chainid == _chainId ? _separator : MessageHashes.domain(address(this));
    }

    /// @inheritdoc IInbox
    function postBatch(Posting calldata posting, bytes calldata gatewaySignature, uint64 slot)
        external
        returns (uint32 batchId)
    {
        uint256 gasAtStart = gasleft();
        return _post(posting, gatewaySignature, slot, _head.newest, gasAtStart);
    }

    /// @inheritdoc IInbox
    function postBatchDisputing(
        Posting calldata posting,
        bytes calldata gatewaySignature,
        uint64 slot,
        uint32 parentId,
        uint32 disputedId
    ) external payable returns (uint32 batchId) {
        uint256 gasAtStart = gasleft();
        if (msg.value != 0 && msg.value != disputeBondWei) revert WrongBond(disputeBondWei, msg.value);
        // Credit is written only when no dispute was opened, and then nothing was called. Everything `_post` rests on is read after.
        // slither-disable-next-line reentrancy-no-eth
        if (!_clearWay(parentId, disputedId) && msg.value != 0) creditOf[msg.sender] += msg.value;
        return _post(posting, gatewaySignature, slot, parentId, gasAtStart);
    }

    /// @inheritdoc IInbox
    function verifyGateway(uint32 gateway, uint64 slot) external view {
        (uint32 owner,) = lookahead.ownerAt(address(this), slot);
        if (owner != gateway) revert WrongGateway(owner, gateway);
    }

    /// @inheritdoc IInbox
    function record(uint32 batchId) external view returns (BatchRecord memory) {
        if (batchId == 0 || batchId > _head.count) revert UnknownBatch(batchId);
        Entry memory entry = _entries[batchId];
        Cost memory cost = _costs[batchId];
        return BatchRecord({
            batchHash: entry.batchHash,
            base: _bases[_baseKey(entry.window, entry.marks & 1)],
            gateway: entry.gateway,
            parentId: entry.parentId,
            window: entry.window,
            postedSlot: entry.postedSlot,
            firstBlock: uint64(entry.lastBlock) + 1 - entry.blockCount,
            lastBlock: entry.lastBlock,
            poster: cost.poster,
            costWei: cost.costWei
        });
    }

    /// @inheritdoc IInbox
    function baseOf(uint64 window) external view returns (bytes32) {
        bytes32 second = _bases[_baseKey(window, 1)];
        return second != 0 ? second : _bases[_baseKey(window, 0)];
    }

    function _post(
        Posting calldata posting,
        bytes calldata gatewaySignature,
        uint64 slot,
        uint32 parentId,
        uint256 gasAtStart
    ) private returns (uint32 batchId) {
        uint64 present = currentSlot();
        if (slot != present) revert WrongSlot(present, slot);
        Batch memory batch = posting.batch;
        _checkPlace(batch, parentId, slot);
        uint256 blobsBefore = BlobCursor.take(batch.blobHashes);
        L1Origins.check(batch.lastOriginNumber, batch.lastOriginHash, maxOriginLag);

        Entry memory entry;
        entry.batchHash = batch.hash();
        entry.gateway = _ownerOf(posting, batch, slot);
        entry.parentId = parentId;
        entry.blockCount = uint24(batch.lastBlock - batch.firstBlock + 1);
        // A slot of block.timestamp fits for 400,000 years.
        entry.postedSlot = uint40(slot);
        entry.lastBlock = uint40(batch.lastBlock);
        entry.window = uint40(batch.window);
        _checkSignature(entry.gateway, batch.window, posting.set, entry.batchHash, gatewaySignature);
        entry.marks = _keepBase(posting, batch, entry.gateway);
        if (_isCover(batch, parentId)) entry.marks |= COVER;

        batchId = _head.count + 1;
        emit BatchPosted(batchId, entry.gateway, entry.batchHash, parentId, batch, gatewaySignature);
        _append(entry, batch.lastBlockHash);
        if (entry.marks & COVER != 0) {
            _costs[batchId] =
                Cost(msg.sender, PostingCost.measure(gasAtStart, batch.blobHashes.length, blobsBefore == 0));
        }
    }

    /// Range, turn, and the chain before it.
    function _checkPlace(Batch memory batch, uint32 parentId, uint64 slot) private view {
        Entry storage parent = _entries[parentId];
        if (batch.parentBatch != parent.batchHash) revert NotTheParent(parent.batchHash, batch.parentBatch);
        uint64 firstBlock = batch.firstBlock;
        uint64 lastBlock = batch.lastBlock;
        if (firstBlock > lastBlock) revert EmptyRange(firstBlock, lastBlock);
        if (lastBlock >= MAX_NUMBER) revert OutOfRange(lastBlock, MAX_NUMBER);
        if (lastBlock - firstBlock >= MAX_BLOCKS) revert OutOfRange(lastBlock - firstBlock, MAX_BLOCKS);

        uint64 next = uint64(parent.lastBlock) + 1;
        if (firstBlock < next) revert WrongFirstBlock(next, firstBlock);
        if (firstBlock > next) {
            // R8: nodes have filled the gap themselves. Whether they did is disputable, when they cannot have is known here.
            uint64 youngest = earliestPostingSlot(firstBlock - 1) + sequencingWindowSlots;
            if (slot < youngest) revert GapTooYoung(firstBlock, youngest, slot);
        } else {
            bytes20 known = bytes20(l2GenesisHash);
            if (parentId != 0) known = parentId == _head.newest ? _head.lastBlockHash : bytes20(0);
            if (known != 0 && bytes20(batch.parentBlockHash) != known) {
                revert WrongParentBlockHash(known, batch.parentBlockHash);
            }
        }
    }

    /// The gateway whose signature the batch needs: the owner of the slot, or, with the owner's permit, of the batch's own past
    /// window (R5, R12). No window reaches beyond its turn (R1).
    function _ownerOf(Posting calldata posting, Batch memory batch, uint64 slot) private view returns (uint32 gateway) {
        uint64 window;
        (gateway, window) = posting.slotProof.length == 0
            ? lookahead.ownerAt(address(this), slot)
            : lookahead.ownerByProof(address(this), slot, posting.slotProof);
        if (batch.window != window) {
            _checkPermit(posting, batch, gateway, window);
            (gateway, window) = lookahead.ownerAt(address(this), batch.window);
            if (batch.window != window) revert WrongWindow(window, batch.window);
        }
        (, uint64 last) = blocksOf(window, window);
        if (batch.lastBlock > last) revert BlockAfterTurn(last, batch.lastBlock);
    }

    /// The present owner has signed that it builds on these blocks: whoever posts them does it no harm. Not later than nodes fill the
    /// blocks by themselves: else the present owner could let a gateway that has long taken its bond home make a false claim.
    function _checkPermit(Posting calldata posting, Batch memory batch, uint32 owner, uint64 window) private view {
        if (posting.permitSignature.length == 0 || batch.window > window) revert WrongWindow(window, batch.window);
        uint64 last = batch.window + sequencingWindowSlots;
        if (window > last) revert PermitTooLate(last, window);
        Base memory permit = posting.permit;
        if (permit.window != window) revert WrongPermitWindow(window, permit.window);
        if (batch.lastBlock > permit.parentBlock) revert BlockAfterPermit(permit.parentBlock, batch.lastBlock);
        _checkSignature(owner, window, posting.permitSet, permit.hash(), posting.permitSignature);
    }

    /// Whether the batch begins before the turn of its window, so that its sender may be owed the cost (R6).
    function _isCover(Batch memory batch, uint32 parentId) private view returns (bool) {
        // What follows a batch of the same window that was no cover lies in the turn.
        Entry storage parent = _entries[parentId];
        if (parentId != 0 && parent.window == batch.window && parent.marks & COVER == 0) return false;
        try lookahead.ownerAt(address(this), earliestPostingSlot(batch.firstBlock)) returns (uint32, uint64 window) {
            return window != batch.window;
        } catch {
            // Too old to be known: not the present window.
            return true;
        }
    }

    function _checkSignature(
        uint32 gateway,
        uint64 window,
        CommitterSet calldata signers,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        CommitterSet memory set = signers;
        bytes32 got = set.hash();
        bytes32 expected = registry.committerSetAt(gateway, window / slotsPerEpoch);
        // Zero, for a gateway without a set, is no hash.
        if (got != expected) revert WrongCommitterSet(expected, got);
        CommitterSignatures.verify(set, MessageHashes.digest(domainSeparator(), structHash), signature);
    }

    /// Stores the window's Base when the batch is the first to name it (R5). Returns its attempt.
    function _keepBase(Posting calldata posting, Batch memory batch, uint32 gateway) private returns (uint8 attempt) {
        if (batch.base != 0) {
            if (_bases[_baseKey(batch.window, 0)] == batch.base) return 0;
            if (_bases[_baseKey(batch.window, 1)] == batch.base) return 1;
        }
        Base memory base = posting.base;
        bytes32 got = base.hash();
        if (got != batch.base) revert WrongBase(batch.base, got);
        if (base.window != batch.window) revert WrongBaseWindow(batch.window, base.window);
        attempt = base.attempt;
        // A second start is for a gateway whose first parent the chain contradicted. So it stands right on the posted chain. Whether
        // the first one is contradicted shows in the Confirmed chain only, and is the fork judge's to say.
        bool onChain =
            uint256(base.parentBlock) + 1 == batch.firstBlock && base.parentBlockHash == batch.parentBlockHash;
        if (attempt > 1 || (attempt == 1 && !onChain)) revert AttemptNotAllowed(attempt);
        bytes32 stored = _bases[_baseKey(batch.window, attempt)];
        if (stored != 0) revert SecondBase(stored, got);
        _checkSignature(gateway, batch.window, posting.set, got, posting.baseSignature);
        _bases[_baseKey(batch.window, attempt)] = got;
        emit BaseStored(batch.window, gateway, got, base, posting.baseSignature);
    }

    /// Makes `parentId` a place where a batch may be added (R4). True if that took the sender's bond.
    function _clearWay(uint32 parentId, uint32 disputedId) private returns (bool bondTaken) {
        if (parentId > _head.count) revert UnknownBatch(parentId);
        if (_isDead(parentId)) revert ParentIsDead(parentId);
        uint32 child = _lastChild(parentId);
        if (child != disputedId) revert AnotherChild(child, disputedId);
        if (child == 0) return false;
        BatchStatus status = statusOf(child);
        if (status == BatchStatus.Void || status == BatchStatus.Disputed) return false;
        _dispute(child);
        if (msg.value == 0) revert WrongBond(disputeBondWei, 0);
        // The resolver has been told, so it may have answered or posted already: nothing is posted beside a child that stands.
        child = _lastChild(parentId);
        status = statusOf(child);
        if (status != BatchStatus.Void && status != BatchStatus.Disputed) revert NotDisputed(child, status);
        return true;
    }

    function _baseKey(uint64 window, uint8 attempt) private pure returns (uint256) {
        return (uint256(window) << 1) | attempt;
    }
}
