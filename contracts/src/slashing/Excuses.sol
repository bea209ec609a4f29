// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IExcuses, Shift} from "../interfaces/IExcuses.sol";
import {BatchRecord, BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {CommitterSignatures} from "../libraries/CommitterSignatures.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {FaultKind} from "../types/Faults.sol";
import {Base, Seal} from "../types/Messages.sol";
import {Accusation, Excuse, ShiftEvidence} from "./Evidence.sol";
import {Trials, Wiring} from "./Trials.sol";

/// The one excuse for an unkept promise or a late window (R5): a fork or falseClaim verdict against the gateway whose end-of-window
/// seal (grade sealed) or posted batch (grade posted) the base names. A predecessor that is merely silent excuses nobody: its blocks
/// were executed and could be covered. An open base names nobody and has no excuse.
contract Excuses is IExcuses, Trials {
    ISlasher public immutable slasher;

    constructor(Wiring memory wiring, ISlasher slasher_) Trials(wiring) {
        slasher = slasher_;
    }

    /// `evidence`: abi.encode(ShiftEvidence).
    function shift(bytes calldata evidence) external view returns (Shift memory) {
        ShiftEvidence memory e = abi.decode(_measured(evidence), (ShiftEvidence));
        _onlySpelling(evidence, abi.encode(e));
        return _shift(e.accused, e.excuse);
    }

    function _shift(Accusation memory accused, Excuse memory excuse) private view returns (Shift memory moved) {
        Accusation memory before = excuse.predecessor;
        if (before.rollup != accused.rollup) revert ExcuseOfAnotherRollup(accused.rollup, before.rollup);
        // Else a forger could go on promising for nothing under the verdict it already paid for.
        if (before.gateway == accused.gateway) revert OwnPredecessor(accused.gateway);
        bytes32 baseBefore = MessageHashes.hash(before.base);
        if (accused.base.parentSeal != 0) _sealed(accused, excuse, baseBefore);
        else _posted(accused, excuse, baseBefore);

        // A fork by two Bases is recorded under one of them; it taints every Base of that window.
        if (excuse.convicted.window != before.base.window) {
            revert OtherWindow(before.base.window, excuse.convicted.window);
        }
        moved.rollup = accused.rollup;
        moved.gateway = accused.gateway;
        moved.base = MessageHashes.hash(accused.base);
        moved.liableGateway = before.gateway;
        moved.liableBase = MessageHashes.hash(excuse.convicted);
        moved.liableWindow = before.base.window;
        bool convicted = slasher.hasVerdict(before.gateway, accused.rollup, moved.liableBase, FaultKind.Fork)
            || slasher.hasVerdict(before.gateway, accused.rollup, moved.liableBase, FaultKind.FalseClaim);
        if (!convicted) revert NoVerdict(before.gateway, moved.liableBase);
    }

    function _sealed(Accusation memory accused, Excuse memory excuse, bytes32 baseBefore) private view {
        Accusation memory before = excuse.predecessor;
        Seal memory seal = excuse.seal;
        bytes32 sealHash = MessageHashes.hash(seal);
        if (sealHash != accused.base.parentSeal) revert RestsElsewhere(accused.base.parentSeal, sealHash);
        if (seal.base != baseBefore) revert OtherBase(seal.base, baseBefore);
        bool isParent = seal.endOfWindow && seal.blockNumber == accused.base.parentBlock
            && seal.blockHash == accused.base.parentBlockHash;
        if (!isParent) revert RestsElsewhere(accused.base.parentBlockHash, seal.blockHash);
        _ownSet(before.set, before.gateway, _hearable(before.base.window));
        bytes32 digest = MessageHashes.digest(MessageHashes.domain(before.rollup), sealHash);
        CommitterSignatures.verify(before.set, digest, excuse.sealSignature);
    }

    function _posted(Accusation memory accused, Excuse memory excuse, bytes32 baseBefore) private view {
        Base memory base = accused.base;
        IInbox inbox = IInbox(accused.rollup);
        BatchRecord memory recorded = inbox.record(excuse.batchId);
        bytes32 batchHash = MessageHashes.hash(excuse.batch);
        if (recorded.batchHash != batchHash) revert RestsElsewhere(recorded.batchHash, batchHash);
        if (recorded.gateway != excuse.predecessor.gateway) {
            revert SetOfAnotherGateway(excuse.predecessor.gateway, recorded.gateway);
        }
        if (excuse.batch.base != baseBefore) revert OtherBase(excuse.batch.base, baseBefore);
        if (excuse.batch.lastBlock != base.parentBlock || excuse.batch.lastBlockHash != base.parentBlockHash) {
            revert RestsElsewhere(base.parentBlockHash, excuse.batch.lastBlockHash);
        }
        // A late window is told long before its parent is decided: what may still come to stand excuses nobody yet.
        BatchStatus status = inbox.statusOf(excuse.batchId);
        if (status == BatchStatus.Confirmed) revert ParentStands(excuse.batchId);
        if (status != BatchStatus.Void && status != BatchStatus.Orphaned) {
            revert ParentUndecided(excuse.batchId, status);
        }
    }
}
