// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchRecord, BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {ILookahead} from "../interfaces/ILookahead.sol";
import {ISlotPresence} from "../interfaces/ISlotPresence.sol";
import {FaultIds} from "../libraries/FaultIds.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {SlotPresenceProof} from "../types/Proofs.sol";
import {Window} from "../types/Windows.sol";
import {LateEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";

/// late (R6, R11): the owner of a window promised block n and did not have it in the Inbox when the window was over.
///
/// Whether the L1 slots were there is proven with the accusation, not as a defence: one of the window's last min(H, length) slots must
/// have had a block. So the verdict needs no answer, and a validator that lets its slots pass cannot make its gateway pay.
contract LateJudge is Judge {
    error WindowNotOver(uint64 window, uint64 currentSlot);
    /// The gateway did not own the window: nobody could rely on its promises there, and a reorg may have moved the owner.
    error NotTheOwner(uint32 expected, uint32 got, uint64 lastSlot);
    error PostedInTime(uint64 blockNumber, uint64 lastBlock);
    error SlotNotAmongTheLast(uint64 slot, uint64 first, uint64 last);
    error SlotWasMissed(uint64 slot);
    /// The batch is not one that covers the block after the window.
    error NotACover(uint32 batchId);
    /// Somebody covered the block, or still may: name its batch, or wait until `fromSlot`.
    error NameTheCover(uint64 fromSlot, uint64 newestBlock);

    ILookahead public immutable lookahead;
    ISlotPresence public immutable presence;

    constructor(Wiring memory wiring, ILookahead lookahead_, ISlotPresence presence_) Judge(wiring) {
        lookahead = lookahead_;
        presence = presence_;
    }

    /// `evidence`: abi.encode(LateEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory fault) {
        LateEvidence memory e = abi.decode(_measured(evidence), (LateEvidence));
        _onlySpelling(evidence, abi.encode(e));
        Trial memory trial = _open(e.accused);
        _signed(trial, e.frag.base, MessageHashes.hash(e.frag), e.signature);
        if (currentSlot() <= trial.window) revert WindowNotOver(trial.window, currentSlot());
        Window memory window = _owned(trial);
        _present(trial, window, e.presence);
        uint64 missing = _missingFrom(trial, e.frag.blockNumber);

        fault = _verdict(trial, FaultKind.Late);
        fault.id = FaultIds.ofWindow(trial.gateway, trial.rollup, trial.window);
        fault.amountWei = trial.terms.livenessWei;
        _cover(trial, e, window, missing, fault);
    }

    function _owned(Trial memory trial) private view returns (Window memory window) {
        window = lookahead.windowAt(trial.rollup, trial.window);
        if (window.gateway != trial.gateway || window.lastSlot != trial.window) {
            revert NotTheOwner(trial.gateway, window.gateway, window.lastSlot);
        }
    }

    function _present(Trial memory trial, Window memory window, SlotPresenceProof memory proof) private view {
        uint64 length = window.lastSlot - window.firstSlot + 1;
        uint64 handover = IInbox(trial.rollup).config().handoverSlots;
        // With H = 0 the last slot alone counts: no window can be late without any slot.
        uint64 counted = handover == 0 ? 1 : (handover < length ? handover : length);
        uint64 first = window.lastSlot - counted + 1;
        if (proof.slot < first || proof.slot > window.lastSlot) {
            revert SlotNotAmongTheLast(proof.slot, first, window.lastSlot);
        }
        if (presence.wasMissed(proof)) revert SlotWasMissed(proof.slot);
    }

    /// First block that was missing when the window ended. A batch that is void by now counts as posted: it has its own, dearer
    /// fault.
    function _missingFrom(Trial memory trial, uint64 blockNumber) private view returns (uint64) {
        IInbox inbox = IInbox(trial.rollup);
        uint32 last = inbox.lastPostedBy(trial.window);
        uint64 lastBlock = last == 0 ? 0 : inbox.record(last).lastBlock;
        if (blockNumber <= lastBlock) revert PostedInTime(blockNumber, lastBlock);
        return lastBlock + 1;
    }

    /// The coverer is owed its measured cost times `coverBps`, for its share of blocks from this window, and at most half of the
    /// fault: it sets its own gas price, and tips can come back to itself (R6: self-dealing loses half).
    ///
    /// Without a cover the fault is heard only when nobody has covered for two epochs: else whoever is quick would report in the
    /// window's next slot and leave the coverer without its money.
    function _cover(Trial memory trial, LateEvidence memory e, Window memory window, uint64 missing, Fault memory fault)
        private
        view
    {
        IInbox inbox = IInbox(trial.rollup);
        if (e.coverBatchId == 0) {
            uint64 from = trial.window + 2 * slotsPerEpoch;
            uint32 newest = inbox.newest();
            uint64 reached = newest == 0 ? 0 : inbox.record(newest).lastBlock;
            if (currentSlot() <= from || reached >= e.frag.blockNumber) revert NameTheCover(from + 1, reached);
            return;
        }
        BatchRecord memory cover = inbox.record(e.coverBatchId);
        BatchStatus status = inbox.statusOf(e.coverBatchId);
        bool covers = cover.postedSlot > trial.window && cover.firstBlock <= e.frag.blockNumber
            && e.frag.blockNumber <= cover.lastBlock
            && (status == BatchStatus.Posted || status == BatchStatus.Confirmed);
        if (!covers) revert NotACover(e.coverBatchId);
        // Who was late gets nothing for posting its own blocks after all.
        if (cover.gateway == trial.gateway) return;
        (, uint64 turnEnd) = inbox.blocksOf(window.firstSlot, window.lastSlot);
        uint256 share = _overlap(cover, missing, turnEnd);
        uint256 blocks = uint256(cover.lastBlock) - cover.firstBlock + 1;
        uint256 owed = uint256(cover.costWei) * trial.terms.coverBps * share / (10_000 * blocks);
        uint256 most = fault.amountWei / 2;
        fault.payee = cover.poster;
        fault.payeeWei = owed < most ? owed : most;
    }

    /// Blocks of the batch that lie in [first, last].
    function _overlap(BatchRecord memory batch, uint64 first, uint64 last) private pure returns (uint256) {
        uint64 from = batch.firstBlock > first ? batch.firstBlock : first;
        uint64 to = batch.lastBlock < last ? batch.lastBlock : last;
        return from > to ? 0 : uint256(to) - from + 1;
    }
}
