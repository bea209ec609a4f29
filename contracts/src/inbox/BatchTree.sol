// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {LowestSet} from "./LowestSet.sol";
import {TurnClock} from "./TurnClock.sol";

/// Which batches are on the rollup's chain (R4). One rule: **of several children of a batch, the first that is not void counts.**
///
/// A child that extends a childless parent continues its parent's *branch*; a later child opens a branch of its own. A branch is
/// a line, so one number (`deadFrom`) voids its whole tail, and one set (`open`) tells whether a dispute stands below a batch:
/// no answer ever walks a number of batches, only branches that hang on undecided branches, each of which cost a bond.
///
/// Verdicts fall in order: a batch is resolved only when its parent is Confirmed and every sibling before it is void. Hence
/// - a Confirmed batch never changes (what is before it is Confirmed, and it cannot be disputed any more),
/// - a Void batch was wrong on its own: all it stands on is true,
/// - a branch is decided as soon as its first batch is its parent's first child that is not void.
abstract contract BatchTree is TurnClock {
    using LowestSet for LowestSet.Set;

    enum Claim {
        Undisputed,
        Disputed,
        Stands,
        Void
    }

    /// Two storage words. 2^40 slots or blocks are 400,000 years of slots and 34 years of blocks each millisecond.
    struct Entry {
        bytes32 batchHash;
        uint32 gateway;
        uint32 parentId;
        uint32 branch;
        uint24 blockCount;
        uint40 postedSlot;
        uint40 lastBlock;
        uint40 window;
        /// Attempt of its Base, 0 or 1; plus `COVER`.
        uint8 marks;
        Claim claim;
    }

    /// What a batch that covers an earlier turn cost its sender. Others need no payment, so nothing is stored for them.
    struct Cost {
        address poster;
        uint96 costWei;
    }

    struct Head {
        uint32 count;
        uint32 newest;
        uint32 branches;
        /// Beginning of the newest batch's last block hash; 0 when `newest` moved otherwise than by posting.
        bytes20 lastBlockHash;
    }

    struct Branch {
        /// First batch of the branch; its parent is on another branch. 0 for branch 0, which begins at genesis.
        uint32 first;
        /// Last live batch when another branch became the active one.
        uint32 tip;
        /// This batch is void, all after it on the branch are orphaned. 0: none.
        uint32 deadFrom;
        /// Known to be dead from its first batch on.
        bool buried;
    }

    /// Children of a batch that has more than one, or whose only child is not the next id.
    struct Family {
        uint32 firstChild;
        uint32 lastChild;
        /// First child that is not void, `NO_CHILD` when all are; 0: no child was voided yet.
        uint32 living;
    }

    /// Branches on undecided branches that a read follows. Only somebody who pays a bond for each can make more (see `bury`).
    uint256 internal constant MAX_NESTING = 64;
    /// The batch begins before its window's turn.
    uint8 internal constant COVER = 2;
    uint32 private constant NO_CHILD = type(uint32).max;

    Head internal _head;
    mapping(uint32 batchId => Entry) internal _entries;
    mapping(uint32 batchId => Cost) internal _costs;
    mapping(uint32 branch => Branch) private _branches;
    mapping(uint32 branch => LowestSet.Set) private _open;
    mapping(uint32 batchId => Family) private _families;
    mapping(uint32 batchId => uint32) private _nextSibling;

    /// @inheritdoc IInbox
    function batchCount() external view returns (uint32) {
        return _head.count;
    }

    /// @inheritdoc IInbox
    function newest() external view returns (uint32) {
        return _head.newest;
    }

    /// @inheritdoc IInbox
    function statusOf(uint32 batchId) public view returns (BatchStatus) {
        if (batchId == 0) return BatchStatus.Confirmed;
        if (batchId > _head.count) return BatchStatus.Unknown;
        Claim claim = _entries[batchId].claim;
        if (claim == Claim.Void) return BatchStatus.Void;
        if (_isDead(batchId)) return BatchStatus.Orphaned;
        if (_isConfirmed(batchId)) return BatchStatus.Confirmed;
        return claim == Claim.Disputed ? BatchStatus.Disputed : BatchStatus.Posted;
    }

    /// @inheritdoc IInbox
    function lastPostedBy(uint64 slot) external view returns (uint32 batchId) {
        // Ids are in posting order, so their slots never fall. At most 32 steps.
        uint32 high = _head.count;
        while (batchId < high) {
            uint32 middle = uint32((uint256(batchId) + high + 1) / 2);
            if (_entries[middle].postedSlot <= slot) batchId = middle;
            else high = middle - 1;
        }
    }

    /// @inheritdoc IInbox
    function bury(uint32 batchId) external {
        uint32 branch = _entries[batchId].branch;
        if (branch == 0 || !_isDead(_branches[branch].first)) revert NotOrphaned(batchId, statusOf(batchId));
        _branches[branch].buried = true;
    }

    /// Unix seconds from which an undisputed batch can no longer be disputed.
    function _claimEnd(Entry storage entry) internal view returns (uint256) {
        return startOf(entry.postedSlot) + claimWindowSeconds;
    }

    /// Constant cost: see the contract's notes for why nothing before the batch has to be looked at.
    function _isConfirmed(uint32 batchId) internal view returns (bool) {
        if (batchId == 0) return true;
        Entry storage entry = _entries[batchId];
        // It was resolved when all before it was Confirmed.
        if (entry.claim == Claim.Stands) return true;
        if (entry.claim != Claim.Undisputed || block.timestamp < _claimEnd(entry)) return false;
        if (_isBehindVoid(batchId) || !_isDecided(entry.branch)) return false;
        return _open[entry.branch].lowest() > batchId;
    }

    /// Can never be on the chain, whatever is still undecided.
    function _isDead(uint32 batchId) internal view returns (bool) {
        for (uint256 depth; depth < MAX_NESTING; ++depth) {
            if (batchId == 0) return false;
            if (_isBehindVoid(batchId)) return true;
            uint32 branch = _entries[batchId].branch;
            if (branch == 0) return false;
            Branch storage line = _branches[branch];
            if (line.buried) return true;
            uint32 first = line.first;
            uint32 parentId = _entries[first].parentId;
            uint32 living = _livingChild(parentId);
            if (living == first) return false;
            if (_isConfirmed(living)) return true;
            batchId = parentId;
        }
        return false;
    }

    function _isBehindVoid(uint32 batchId) private view returns (bool) {
        uint32 from = _branches[_entries[batchId].branch].deadFrom;
        return from != 0 && batchId >= from;
    }

    /// The branch's first batch is the one that counts, and its parent is Confirmed (a sibling before it could not be void otherwise).
    function _isDecided(uint32 branch) private view returns (bool) {
        if (branch == 0) return true;
        uint32 first = _branches[branch].first;
        return _livingChild(_entries[first].parentId) == first;
    }

    function _firstChild(uint32 parentId) private view returns (uint32) {
        uint32 next = parentId + 1;
        if (next <= _head.count && _entries[next].parentId == parentId) return next;
        return _families[parentId].firstChild;
    }

    /// 0: no children. `NO_CHILD`: all void.
    function _livingChild(uint32 parentId) private view returns (uint32) {
        uint32 living = _families[parentId].living;
        return living != 0 ? living : _firstChild(parentId);
    }

    /// The child a further child of `parentId` would have to get past; 0: it has none.
    function _lastChild(uint32 parentId) internal view returns (uint32) {
        uint32 last = _families[parentId].lastChild;
        return last != 0 ? last : _firstChild(parentId);
    }

    /// Adds a batch and makes it the newest. The caller has checked that it may be a child of `entry.parentId`.
    function _append(Entry memory entry, bytes32 lastBlockHash) internal returns (uint32 batchId) {
        Head memory head = _head;
        uint32 parentId = entry.parentId;
        uint32 active = _entries[head.newest].branch;
        batchId = head.count + 1;
        entry.branch = _entries[parentId].branch;
        if (parentId != head.count) {
            uint32 last = _lastChild(parentId);
            if (last != 0) {
                entry.branch = ++head.branches;
                _branches[entry.branch].first = batchId;
                _nextSibling[last] = batchId;
            } else {
                _families[parentId].firstChild = batchId;
            }
            _families[parentId].lastChild = batchId;
            if (_families[parentId].living == NO_CHILD) _families[parentId].living = batchId;
        }
        if (active != entry.branch) _branches[active].tip = head.newest;
        _entries[batchId] = entry;
        head.count = batchId;
        head.newest = batchId;
        head.lastBlockHash = bytes20(lastBlockHash);
        _head = head;
    }

    function _openClaim(uint32 batchId) internal {
        Entry storage entry = _entries[batchId];
        entry.claim = Claim.Disputed;
        _open[entry.branch].add(batchId);
    }

    /// The dispute of an orphaned batch has no object: it is not remembered as a verdict.
    function _dropClaim(uint32 batchId) internal {
        Entry storage entry = _entries[batchId];
        entry.claim = Claim.Undisputed;
        _open[entry.branch].remove(batchId);
    }

    /// Ends an open claim. The caller is sure of the status Disputed.
    function _closeClaim(uint32 batchId, bool isVoid) internal {
        Entry storage entry = _entries[batchId];
        uint32 parentId = entry.parentId;
        uint32 living = _livingChild(parentId);
        if (!_isConfirmed(parentId)) revert PastNotConfirmed(batchId, parentId);
        if (living != batchId) revert PastNotConfirmed(batchId, living);
        _open[entry.branch].remove(batchId);
        uint32 heir;
        if (isVoid) {
            entry.claim = Claim.Void;
            _branches[entry.branch].deadFrom = batchId;
            uint32 next = _nextSibling[batchId];
            _families[parentId].living = next == 0 ? NO_CHILD : next;
            heir = next == 0 ? parentId : _tipOf(_entries[next].branch);
        } else {
            entry.claim = Claim.Stands;
            heir = _tipOf(entry.branch);
        }
        if (_isDead(_head.newest)) {
            _head.newest = heir;
            _head.lastBlockHash = 0;
            emit NewestMoved(heir);
        }
    }

    /// Last batch of a branch none of whose batches is void.
    function _tipOf(uint32 branch) private view returns (uint32) {
        uint32 current = _head.newest;
        return _entries[current].branch == branch ? current : _branches[branch].tip;
    }
}
